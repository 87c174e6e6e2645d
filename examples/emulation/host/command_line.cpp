// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

#include <CLI/CLI.hpp>

#include "examples/emulation/host/nearest.hpp"

namespace grafos::emulation_host {
namespace {

std::optional<uint64_t> number_in(const std::string& text, Range range) {
    uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    const bool is_number = error == std::errc{} && at == end && !text.empty();
    return is_number && value >= range.least && value <= range.most ? std::optional{value}
                                                                    : std::nullopt;
}

std::string got(const std::string& given, const std::string& accepted) {
    return "got " + given + ", accepted: " + accepted;
}

} // namespace

struct CommandLine::Contents {
    std::string program;
    CLI::App app;

    /// What to say of words that no option takes.
    [[nodiscard]] std::string about_extras() const {
        std::vector<std::string> names;
        for (const CLI::Option* const option : app.get_options()) {
            if (!option->get_lnames().empty()) {
                names.push_back("--" + option->get_lnames().front());
            }
        }
        const std::string word = app.remaining().front();
        const std::string near = nearest(names, word.substr(0, word.find('=')));
        return word + ": no option" + (near.empty() ? "" : "; nearest: " + near) +
               "; --help lists all";
    }
};

CommandLine::CommandLine(const std::string& program, const std::string& about,
                         const std::string& footer)
    : contents_{std::make_unique<Contents>()} {
    contents_->program = program;
    contents_->app.name(program);
    contents_->app.description(about);
    contents_->app.footer(footer);
    contents_->app.get_formatter()->column_width(30);
}

CommandLine::~CommandLine() = default;

void CommandLine::flag(const std::string& name, const std::string& help, bool& to) {
    contents_->app.add_flag(name, to, help);
}

void CommandLine::number(const std::string& name, const std::string& help, Range range,
                         std::optional<uint64_t>& to) {
    const std::string accepted =
        "an integer, " + std::to_string(range.least) + " to " + std::to_string(range.most);
    const auto take = [&to, range](const std::string& given) { to = number_in(given, range); };
    const auto check = [range, accepted](const std::string& given) {
        return number_in(given, range) ? std::string{} : got(given, accepted);
    };
    contents_->app.add_option_function<std::string>(name, take, help)->check(check)->type_name("N");
}

void CommandLine::text(const std::string& name, const std::string& what, const std::string& help,
                       std::string& to) {
    const auto check = [what](const std::string& given) {
        return given.empty() ? got("nothing", what) : std::string{};
    };
    contents_->app.add_option(name, to, help)->check(check)->type_name(what);
}

void CommandLine::choice(const std::string& name, const std::string& help,
                         const std::vector<std::string>& accepted, std::string& to) {
    const auto check = [accepted](const std::string& given) {
        const bool is_known = std::find(accepted.begin(), accepted.end(), given) != accepted.end();
        return is_known ? std::string{} : got(given, one_of(accepted, given));
    };
    contents_->app.add_option(name, to, help)->check(check)->type_name("WORD");
}

void CommandLine::word(const std::string& name, const std::string& help,
                       std::optional<std::string>& to) {
    contents_->app.add_option(name, to, help)->type_name("");
}

std::optional<Exit> CommandLine::parse(int count, char** words) {
    try {
        contents_->app.parse(count, words);
    } catch (const CLI::ExtrasError&) {
        return refuse(contents_->about_extras());
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            (void)contents_->app.exit(error); // help was asked for
            return Exit::converged;
        }
        return refuse(error.what());
    }
    return std::nullopt;
}

Exit CommandLine::refuse(const std::string& mistake) const {
    std::cerr << contents_->program << ": " << mistake << '\n';
    return Exit::bad_input;
}

} // namespace grafos::emulation_host
