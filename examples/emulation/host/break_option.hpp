// SPDX-License-Identifier: Apache-2.0
/// `--break WORD`: one of the mistakes that a system can plant in itself.
#pragma once

#include "examples/emulation/host/command_line.hpp"

namespace grafos::emulation_host {

/// `words` are what the system can break: each with a name and a text.
template <typename Words>
void add_break_option(CommandLine& line, const Words& words, std::string& planted) {
    std::vector<std::string> names;
    std::string help = "plant a mistake and say which property falls:";
    for (const auto& word : words) {
        help += names.empty() ? " " : "; ";
        names.emplace_back(word.name);
        help += names.back() + " (" + std::string{word.text} + ")";
    }
    line.choice("--break", help, names, planted);
}

} // namespace grafos::emulation_host
