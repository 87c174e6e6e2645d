// SPDX-License-Identifier: Apache-2.0
/// Registers and numbers of virtio-mmio, version 2. Source: Virtual I/O Device 1.1, section 4.2.2.
#pragma once

#include <cstdint>

namespace grafos::board {

inline constexpr uint32_t virtio_magic = 0x74726976; ///< "virt"
inline constexpr uint32_t virtio_version_modern = 2;

namespace virtio_register {
inline constexpr uintptr_t magic = 0x000;
inline constexpr uintptr_t version = 0x004;
inline constexpr uintptr_t device_id = 0x008;
inline constexpr uintptr_t device_features = 0x010;
inline constexpr uintptr_t device_features_select = 0x014;
inline constexpr uintptr_t driver_features = 0x020;
inline constexpr uintptr_t driver_features_select = 0x024;
inline constexpr uintptr_t queue_select = 0x030;
inline constexpr uintptr_t queue_size_max = 0x034;
inline constexpr uintptr_t queue_size = 0x038;
inline constexpr uintptr_t queue_ready = 0x044;
inline constexpr uintptr_t queue_notify = 0x050;
inline constexpr uintptr_t status = 0x070;
inline constexpr uintptr_t queue_descriptors_low = 0x080;
inline constexpr uintptr_t queue_descriptors_high = 0x084;
inline constexpr uintptr_t queue_driver_low = 0x090;
inline constexpr uintptr_t queue_driver_high = 0x094;
inline constexpr uintptr_t queue_device_low = 0x0a0;
inline constexpr uintptr_t queue_device_high = 0x0a4;
inline constexpr uintptr_t config = 0x100;
} // namespace virtio_register

namespace virtio_status {
inline constexpr uint32_t acknowledge = 1;
inline constexpr uint32_t driver = 2;
inline constexpr uint32_t driver_ok = 4;
inline constexpr uint32_t features_ok = 8;
inline constexpr uint32_t needs_reset = 64;
inline constexpr uint32_t failed = 128;
} // namespace virtio_status

inline constexpr uint64_t virtio_feature_version_1 = 1ull << 32;

} // namespace grafos::board
