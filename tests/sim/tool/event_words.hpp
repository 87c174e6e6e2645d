// SPDX-License-Identifier: Apache-2.0
/// What an event is called, and what happened, in words for people.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/world/sim_machine.hpp"

namespace grafos::sim_tool {

/// As they stand in a trace file, and nowhere else.
[[nodiscard]] std::string_view name_of(test::SimEvent::What what) noexcept;
[[nodiscard]] std::string_view name_of(test::ProgramEvent::What what) noexcept;
[[nodiscard]] std::string_view name_of(test::ProgramEvent::Operation operation) noexcept;
[[nodiscard]] std::string_view name_of(test::MachineFault fault) noexcept;
[[nodiscard]] std::string_view name_of(test::DiskFault fault) noexcept;

/// Of a hostile peer.
[[nodiscard]] std::string trick_name(uint8_t code);

/// The first 8 digits: enough to tell the leases and records of one run apart by eye.
[[nodiscard]] std::string short_hex(Bytes bytes);
[[nodiscard]] std::string text_of(const Error& error);

/// Machines by their numbers.
using Names = std::vector<std::string>;
[[nodiscard]] const std::string& name_at(const Names& names, uint64_t number);

/// One line without its time: `east stops for 3200 ms`.
[[nodiscard]] std::string text_of(const test::SimEvent& event, const Names& names);

} // namespace grafos::sim_tool
