// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/slots.hpp"

#include "boards/parts/virtio/interrupt.hpp"
#include "boards/parts/virtio/registers.hpp"

namespace grafos::board {

constinit VirtioWatch virtio_watch;

std::optional<VirtioSlot> find_virtio(const VirtioSlots& slots, VirtioDeviceKind kind) noexcept {
    namespace reg = virtio_register;
    for (uint32_t i = 0; i < slots.count; ++i) {
        const uintptr_t base = slots.base + i * slots.stride;
        if (mmio_read32(base + reg::magic) == virtio_magic &&
            mmio_read32(base + reg::version) == virtio_version_modern &&
            mmio_read32(base + reg::device_id) == static_cast<uint32_t>(kind)) {
            return VirtioSlot{i, base};
        }
    }
    return std::nullopt;
}

bool watch_virtio(uintptr_t base) noexcept {
    for (uintptr_t& entry : virtio_watch.bases) {
        if (__atomic_load_n(&entry, __ATOMIC_RELAXED) == 0) {
            __atomic_store_n(&entry, base, __ATOMIC_RELAXED);
            return true;
        }
    }
    return false;
}

} // namespace grafos::board
