// SPDX-License-Identifier: Apache-2.0
/// The settings of ec-counter as a TOML file says them, and as other files and readers get them.
#pragma once

#include <filesystem>
#include <variant>

#include "examples/ec_counter/settings.hpp"
#include "examples/emulation/host/event_file.hpp"
#include "examples/emulation/host/settings_file.hpp"

namespace grafos::ec_counter_host {

/// The rows of settings.hpp are the keys; those of the net but delays stand in `[network]`, with
/// `drop = ["SyncValue"]` and `[[network.cut]]`: `nodes = ["server-1"]`, `from_ms`, `until_ms`.
[[nodiscard]] std::variant<ec_counter::Settings, emulation_host::Problem> read_settings(
    const std::filesystem::path& file);

/// As a JSON object.
[[nodiscard]] std::string json_of(const ec_counter::Settings& settings);
/// The cuts, in order of time.
[[nodiscard]] std::vector<emulation_host::PlannedFault> faults_of(
    const ec_counter::Settings& settings);

} // namespace grafos::ec_counter_host
