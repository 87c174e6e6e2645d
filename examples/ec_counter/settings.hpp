// SPDX-License-Identifier: Apache-2.0
/// What a run of ec-counter can be told, with defaults and with what is accepted.
///
/// Settings come from a TOML file, from a command line, or from the words of a machine. All three
/// read the same table, so that a setting has one name, one range and one default, and a mistake is
/// told in the same words.
#pragma once

#include <span>

#include "examples/ec_counter/messages.hpp"
#include "examples/emulation/network.hpp"

namespace grafos::ec_counter {

inline constexpr uint64_t clients_max = 1'000;

/// A server or a client, from 1.
struct NodeName {
    bool is_client = false;
    uint16_t number = 0;
};

/// From `from_ms` on, until `until_ms`, these hear one another and nobody else.
struct CutSetting {
    static constexpr size_t nodes_max = emulation::Cut::actors_max;
    uint64_t from_ms = 0;
    uint64_t until_ms = 0;
    std::array<NodeName, nodes_max> nodes{};
    size_t count = 0;
};

struct Settings {
    uint64_t num_servers = 3;
    uint64_t num_clients = 3;
    uint64_t seed = 1;
    uint64_t requests = 100;
    uint64_t sync_period_ms = 100;
    uint64_t value_least = 0;
    uint64_t value_most = 999;
    uint64_t call_timeout_ms = 1'000;
    uint64_t first_wait_ms = 5'000;
    uint64_t second_wait_ms = 1'000;
    // --- the net
    uint64_t latency_ms = 1;
    uint64_t jitter_ms = 0;
    uint64_t loss_permille = 0;
    uint64_t duplicate_permille = 0;
    std::array<std::string_view, emulation::NetworkPlan::drops_max> drops{};
    size_t drop_count = 0;
    std::array<CutSetting, emulation::NetworkPlan::cuts_max> cuts{};
    size_t cut_count = 0;
};

/// A setting that is a number.
struct SettingRow {
    std::string_view name{};
    std::string_view text{};
    uint64_t Settings::* member = nullptr;
    uint64_t least = 0;
    uint64_t most = 0;
};
[[nodiscard]] std::span<const SettingRow> setting_rows() noexcept;
/// Null: no such setting. Context: any.
[[nodiscard]] const SettingRow* setting_row(std::string_view name) noexcept;

/// Messages that the net may be told to drop.
inline constexpr std::array droppable{Get::name, Set::name, SyncValue::name};

/// What is wrong: which setting, what was found, what is accepted.
struct SettingProblem {
    enum class Kind : uint8_t {
        out_of_range,  ///< found, least, most
        not_a_number,  ///< text; least, most
        unknown,       ///< setting is no setting
        not_droppable, ///< text is no message that can be dropped
        not_a_cut,     ///< text; accepted is FROM-UNTIL:NODE+NODE…
        no_such_node,  ///< text, or found: not started by these settings
        too_many,      ///< most
    };
    Kind kind{};
    std::string_view setting{};
    std::string_view text{};
    int64_t found = 0;
    uint64_t least = 0;
    uint64_t most = 0;
};
/// `num_servers: found 0, accepted: 1 to 100`. Context: any.
void put_problem(TextWriter& to, const SettingProblem& problem) noexcept;

/// Nothing: the settings are sound. Context: any.
[[nodiscard]] std::optional<SettingProblem> check(const Settings& settings) noexcept;

/// A number of whatever origin, negative ones too, into its setting. Context: any.
[[nodiscard]] std::optional<SettingProblem> set_number(Settings& settings, std::string_view name,
                                                       int64_t value) noexcept;
[[nodiscard]] std::optional<SettingProblem> add_drop(Settings& settings,
                                                     std::string_view message) noexcept;
/// `900-1500:server-1+client-1`, milliseconds. Context: any.
[[nodiscard]] std::optional<SettingProblem> add_cut(Settings& settings,
                                                    std::string_view text) noexcept;
/// `server-3`. Context: any.
[[nodiscard]] std::optional<NodeName> node_named(std::string_view text) noexcept;

/// `num_servers=3,num_clients=5,drop=SyncValue,cut=900-1500:server-1`, on top of what is there,
/// then `check`. The text outlives a problem. Context: any.
[[nodiscard]] std::optional<SettingProblem> read_words(Settings& settings,
                                                       std::string_view text) noexcept;

} // namespace grafos::ec_counter
