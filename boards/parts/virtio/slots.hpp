// SPDX-License-Identifier: Apache-2.0
/// Where a machine has its virtio-mmio transports, and which device sits in which.
///
/// A machine has a row of slots, most of them empty, and nobody promises which device lands where
/// (QEMU fills the last slot first), so the whole row is scanned.
/// Source: Virtual I/O Device 1.1, section 4.2.
#pragma once

#include <optional>

#include "boards/parts/mmio/mmio.hpp"

namespace grafos::board {

enum class VirtioDeviceKind : uint32_t { network = 1, block = 2, entropy = 4 };

struct VirtioSlots {
    uintptr_t base;
    uintptr_t stride;
    uint32_t count;
};

/// A device that was found.
struct VirtioSlot {
    uint32_t index; ///< in the row: decides its interrupt line
    uintptr_t base; ///< its registers
};

/// The first slot (from index 0) that holds a modern device of `kind`. Context: boot.
[[nodiscard]] std::optional<VirtioSlot> find_virtio(const VirtioSlots& slots,
                                                    VirtioDeviceKind kind) noexcept;

} // namespace grafos::board
