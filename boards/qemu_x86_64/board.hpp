// SPDX-License-Identifier: Apache-2.0
/// What the files of this board share: addresses of the microvm machine, its console and its
/// network.
#pragma once

#include "boards/parts/memory_map/memory_map.hpp"
#include "boards/parts/uart/ns16550/ns16550.hpp"
#include "boards/parts/virtio/net.hpp"
#include "boards/parts/virtio/slots.hpp"
#include "boards/qemu_x86_64/interrupts.hpp"

namespace grafos::board {

inline constexpr uint16_t com1_port = 0x3f8;
inline constexpr uint32_t com1_pin = 4;
inline constexpr uintptr_t local_apic_base = 0xfee00000;
inline constexpr uintptr_t io_apic_base = 0xfec00000;
inline constexpr uintptr_t virtio_io_apic_base = 0xfec10000; ///< its pin i is virtio slot i
inline constexpr VirtioSlots virtio_slots{0xfeb00000, 0x200, 24};

/// End of the memory this board maps as memory; above it lie devices.
inline constexpr uint64_t memory_end = 0xe0000000;

extern Ns16550 console;
extern VirtioNet network;

} // namespace grafos::board
