// SPDX-License-Identifier: Apache-2.0
/// What the files of this board share: addresses of the virt machine, its console and its network.
#pragma once

#include "boards/parts/memory_map/memory_map.hpp"
#include "boards/parts/uart/pl011/pl011.hpp"
#include "boards/parts/virtio/net.hpp"
#include "boards/parts/virtio/slots.hpp"
#include "boards/qemu_aarch64/interrupts.hpp"

namespace grafos::board {

inline constexpr uintptr_t distributor_base = 0x08000000;
inline constexpr uintptr_t cpu_interface_base = 0x08010000;
inline constexpr uintptr_t pl011_base = 0x09000000;
inline constexpr uintptr_t fw_cfg_base = 0x09020000;
inline constexpr VirtioSlots virtio_slots{0x0a000000, 0x200, 32};

/// The memory this board maps.
inline constexpr MemoryRange mapped_memory{0x40000000, 0x100000000};

extern Pl011 console;
extern VirtioNet network;

} // namespace grafos::board
