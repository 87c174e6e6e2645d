// SPDX-License-Identifier: Apache-2.0
/// The command line of an emulated system's program: options that say what they accept.
///
/// Whatever is wrong is said in one line on stderr with the option, what was given and what is
/// accepted; the exit code is then 2 and nothing was started.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "examples/emulation/host/settings_file.hpp"

namespace grafos::emulation_host {

/// Exit codes of the programs.
enum class Exit : int { converged = 0, not_converged = 1, bad_input = 2 };

class CommandLine {
public:
    CommandLine(const std::string& program, const std::string& about, const std::string& footer);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    // Each `to` keeps what it holds unless the option is given, and outlives `parse`.
    void flag(const std::string& name, const std::string& help, bool& to);
    void number(const std::string& name, const std::string& help, Range range,
                std::optional<uint64_t>& to);
    /// `what` stands in the help: FILE.
    void text(const std::string& name, const std::string& what, const std::string& help,
              std::string& to);
    void choice(const std::string& name, const std::string& help,
                const std::vector<std::string>& accepted, std::string& to);
    /// A word without an option's name, not needed.
    void word(const std::string& name, const std::string& help, std::optional<std::string>& to);

    /// Nothing: go on. Else the exit code: help was asked for and printed, or a mistake was said.
    [[nodiscard]] std::optional<Exit> parse(int count, char** words);
    /// Says a mistake that the program finds in the options; answers the exit code.
    [[nodiscard]] Exit refuse(const std::string& mistake) const;

private:
    struct Contents;
    std::unique_ptr<Contents> contents_;
};

} // namespace grafos::emulation_host
