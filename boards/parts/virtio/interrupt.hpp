// SPDX-License-Identifier: Apache-2.0
/// Virtio devices share one handler: it acknowledges whoever asks, and that the machine is awake is
/// all a turn needs to know; the rings say what is done.
#pragma once

#include "boards/parts/mmio/mmio.hpp"

namespace grafos::board {

inline constexpr uint32_t virtio_watched_max = 8;

/// Register bases of the devices that may interrupt; 0 = none. Filled at boot, before interrupts.
struct VirtioWatch {
    uintptr_t bases[virtio_watched_max] = {};
};
extern VirtioWatch virtio_watch;

/// From now on `base` may interrupt. Context: boot. False: no room.
[[nodiscard]] bool watch_virtio(uintptr_t base) noexcept;

/// Context: interrupt.
[[gnu::always_inline]] inline void acknowledge_virtio() noexcept {
    constexpr uintptr_t interrupt_status = 0x060;
    constexpr uintptr_t interrupt_acknowledge = 0x064;
    for (uint32_t i = 0; i < virtio_watched_max; ++i) {
        const uintptr_t base = __atomic_load_n(&virtio_watch.bases[i], __ATOMIC_RELAXED);
        if (base == 0) {
            return;
        }
        const uint32_t status = mmio_read32(base + interrupt_status);
        if (status != 0) {
            mmio_write32(base + interrupt_acknowledge, status);
        }
    }
}

} // namespace grafos::board
