// SPDX-License-Identifier: Apache-2.0
/// A word where a command belongs, and which is none: said by name, with the nearest one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace grafos::cli {

/// What to say, if the words failed for such a word; nothing if for anything else.
[[nodiscard]] std::optional<std::string> misspelt_command(const CLI::App& app,
                                                          const std::vector<std::string>& words);

} // namespace grafos::cli
