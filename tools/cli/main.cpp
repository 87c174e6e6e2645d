// SPDX-License-Identifier: Apache-2.0
/// grafos, the command line of a fabric: itself a program of it.
#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include "tools/cli/command.hpp"
#include "tools/cli/misspelt.hpp"

namespace grafos::cli {

Output Context::output() const {
    return Output{is_json, has_colour(STDERR_FILENO)};
}

bool Context::has_colour(int descriptor) const {
    const char* const unwanted = std::getenv("NO_COLOR");
    return !has_no_colour && (unwanted == nullptr || *unwanted == '\0') && isatty(descriptor) == 1;
}

std::optional<Config> Context::config() const {
    auto read = read_config(config_file);
    if (const auto* const problem = std::get_if<Problem>(&read)) {
        (void)output().misuse(problem->text());
        return std::nullopt;
    }
    return std::move(std::get<Config>(read));
}

namespace {

/// Also where the words cannot be parsed.
bool asks_for_json(int count, char** words) {
    return std::any_of(words, words + count,
                       [](const char* word) { return std::string_view{word} == "--json"; });
}

int run(int count, char** words) {
    Context context;
    Action chosen;
    CLI::App app{"grafos: leases across machines, from the command line"};
    app.set_help_all_flag("--help-all", "the options of all commands");
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--config", context.config_file, "the fabric's file")
        ->envname("GRAFOS_CONFIG")
        ->capture_default_str();
    app.add_option("--node", context.node, "name of the node to ask")->envname("GRAFOS_NODE");
    app.add_option("--timeout-ms", context.timeout_ms, "patience for one operation")
        ->check(CLI::Range(100, 300'000))
        ->capture_default_str();
    app.add_flag("--json", context.is_json, "one JSON value on stdout, errors as JSON on stderr");
    app.add_flag("--no-color", context.has_no_colour, "no colours, also not on a terminal");
    app.footer("Exit: 0 done, 1 refused (a typed error on stderr, with the next step), 2 bad "
               "usage.");
    add_keygen(app, context, chosen);
    add_config(app, context, chosen);
    add_looks(app, context, chosen);
    add_lease(app, context, chosen);
    add_bytes(app, context, chosen);
    add_operate(app, context, chosen);
    add_audit(app, context, chosen);
    add_hold(app, context, chosen);
    add_top(app, context, chosen);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            return app.exit(error); // help was asked for
        }
        const bool is_json = asks_for_json(count, words);
        const auto misspelt = misspelt_command(app, {words + 1, words + count});
        if (misspelt || is_json) {
            const Output out{is_json, false};
            return static_cast<int>(out.misuse(misspelt ? *misspelt : error.what()));
        }
        (void)app.exit(error);
        return static_cast<int>(Exit::bad_usage);
    }
    try {
        return static_cast<int>(chosen());
    } catch (const std::exception& error) { // what this machine lacks: room, or a place to write
        return static_cast<int>(context.output().misuse(error.what()));
    }
}

} // namespace
} // namespace grafos::cli

int main(int count, char** words) {
    return grafos::cli::run(count, words);
}
