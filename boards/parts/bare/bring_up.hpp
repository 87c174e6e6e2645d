// SPDX-License-Identifier: Apache-2.0
/// The steps of coming up that are the same on every board without an operating system.
///
/// A step either succeeds or refuses to boot with the reason on the console; a device that is
/// missing or does not start is not a reason: the machine comes up without it and says so.
#pragma once

#include "boards/parts/arguments/arguments.hpp"
#include "boards/parts/clock/counter_clock.hpp"
#include "boards/parts/fw_cfg/fw_cfg.hpp"
#include "boards/parts/lwip/lwip_link.hpp"
#include "boards/parts/memory_map/memory_map.hpp"
#include "boards/parts/virtio/block.hpp"
#include "boards/parts/virtio/entropy.hpp"
#include "boards/parts/virtio/net.hpp"
#include "boards/parts/virtio/slots.hpp"

namespace grafos::board {

/// `grafos refuses to boot: <what>` and the exit status `refused`. Context: boot.
[[noreturn]] void refuse(std::string_view what) noexcept;
[[noreturn]] void refuse(std::string_view what, const Error& error) noexcept;

/// Arguments from fw_cfg `opt/grafos/args`; none given means all defaults. Refuses malformed ones.
void read_arguments(const FwCfgPort& port, Arguments& to) noexcept;

/// Lets the clocks start where the arguments say.
void set_clocks(const Arguments& arguments, CounterClock& clock,
                ArgumentWallClock& wall_clock) noexcept;

/// The span that can be leased: RAM outside [`used_begin`, `used_end`).
[[nodiscard]] MutableBytes leasable_memory(std::span<const MemoryRange> ram,
                                           MemoryRange used) noexcept;

/// Brings a virtio device up if there is one; `route` connects its slot's interrupt line. Answers
/// the device, or null with a line on the console.
using RouteSlot = void (*)(uint32_t slot_index) noexcept;
[[nodiscard]] hal::BlockDevice* start_block(const VirtioSlots& slots, RouteSlot route,
                                            VirtioBlock& device) noexcept;
[[nodiscard]] hal::Entropy* start_entropy(const VirtioSlots& slots, RouteSlot route,
                                          VirtioEntropy& device) noexcept;

/// The same for the network: the card, and on it a link as the arguments say. Addresses that cannot
/// be are refused.
[[nodiscard]] hal::DatagramLink* start_link(const VirtioSlots& slots, RouteSlot route,
                                            const Arguments& arguments, hal::Clock& clock,
                                            VirtioNet& device, LwipLink& link) noexcept;

} // namespace grafos::board
