// SPDX-License-Identifier: Apache-2.0
/// A command of the tool: declares its options, and runs.
#pragma once

#include <functional>
#include <optional>

#include <CLI/CLI.hpp>

#include "tools/cli/config.hpp"
#include "tools/cli/output.hpp"

namespace grafos::cli {

/// What every command knows.
struct Context {
    std::filesystem::path config_file = "fabric.toml"; ///< --config, or $GRAFOS_CONFIG
    std::string node;                                  ///< --node; empty: the only one, or all
    uint64_t timeout_ms = 5'000;                       ///< --timeout-ms: one operation
    bool is_json = false;
    bool has_no_colour = false;

    [[nodiscard]] Output output() const;
    /// Whether what goes to `descriptor` may have colours.
    [[nodiscard]] bool has_colour(int descriptor) const;
    /// The configuration, or what is wrong with it, said already.
    [[nodiscard]] std::optional<Config> config() const;
};

/// Chosen while parsing, run afterwards.
using Action = std::function<Exit()>;

/// The group `name`, made by whoever asks first: `fence`, `audit`.
[[nodiscard]] inline CLI::App* group_of(CLI::App& app, const std::string& name,
                                        const std::string& about) {
    const auto found =
        app.get_subcommands([&name](const CLI::App* group) { return group->get_name() == name; });
    return found.empty() ? app.add_subcommand(name, about)->require_subcommand(1) : found.front();
}

/// Each adds its command, or group of commands, to the tool. `chosen` is set by the one given.
void add_keygen(CLI::App& app, Context& context, Action& chosen);
void add_config(CLI::App& app, Context& context, Action& chosen);
void add_looks(CLI::App& app, Context& context, Action& chosen);
void add_lease(CLI::App& app, Context& context, Action& chosen);
void add_bytes(CLI::App& app, Context& context, Action& chosen);
void add_operate(CLI::App& app, Context& context, Action& chosen);
void add_audit(CLI::App& app, Context& context, Action& chosen);
void add_hold(CLI::App& app, Context& context, Action& chosen);
void add_top(CLI::App& app, Context& context, Action& chosen);

} // namespace grafos::cli
