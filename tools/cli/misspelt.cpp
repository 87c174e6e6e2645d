// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/misspelt.hpp"

#include <algorithm>

#include "tools/cli/distance.hpp"

namespace grafos::cli {
namespace {

using Groups = std::vector<const CLI::App*>;

Groups commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); });
}

/// The option that `word` names, of this command or of one above it.
const CLI::Option* option_named(const CLI::App* app, const std::string& word) {
    for (; app != nullptr; app = app->get_parent()) {
        if (const CLI::Option* const option = app->get_option_no_throw(word)) {
            return option;
        }
    }
    return nullptr;
}

/// Of all commands below `app`, as they are typed from there: "inventory", "lease alloc".
std::vector<std::string> names_below(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* const command : commands_of(app)) {
        names.push_back(command->get_name());
        for (const CLI::App* const inner : commands_of(*command)) {
            names.push_back(command->get_name() + " " + inner->get_name());
        }
    }
    return names;
}

std::string last_word_of(const std::string& name) {
    return name.substr(name.find_last_of(' ') + 1);
}

/// Empty if none is near: more than a third of the letters differ.
std::string nearest(const CLI::App& app, const std::string& word) {
    std::string found;
    size_t least = word.size() / 3 + 2;
    for (const std::string& name : names_below(app)) {
        const size_t distance = distance_of(last_word_of(name), word);
        if (distance < least) {
            least = distance;
            found = name;
        }
    }
    return found;
}

std::string about(const CLI::App& app, const std::string& word) {
    std::string accepted;
    for (const CLI::App* const command : commands_of(app)) {
        accepted += (accepted.empty() ? "" : ", ") + command->get_name();
    }
    const std::string near = nearest(app, word);
    const std::string of = app.get_parent() == nullptr ? "" : " of `" + app.get_name() + "`";
    return word + " is no command" + of + "; " +
           (near.empty() ? ""
                         : "nearest: " + (of.empty() ? "" : app.get_name() + " ") + near + "; ") +
           "accepted: " + accepted;
}

} // namespace

std::optional<std::string> misspelt_command(const CLI::App& app,
                                            const std::vector<std::string>& words) {
    const CLI::App* group = &app;
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word.starts_with("-")) {
            const CLI::Option* const option = option_named(group, word);
            i += option != nullptr && option->get_expected_min() > 0 ? 1u : 0u;
            continue;
        }
        const Groups commands = commands_of(*group);
        if (commands.empty()) {
            return std::nullopt; // a word of the command itself
        }
        const auto found =
            std::find_if(commands.begin(), commands.end(),
                         [&](const CLI::App* each) { return each->get_name() == word; });
        if (found == commands.end()) {
            return about(*group, word);
        }
        group = *found;
    }
    return std::nullopt;
}

} // namespace grafos::cli
