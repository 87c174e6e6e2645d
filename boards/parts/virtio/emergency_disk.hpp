// SPDX-License-Identifier: Apache-2.0
/// Writes one sector to a virtio disk with nothing but its registers: for last words.
///
/// It does not trust the driver, whose state may be what broke: it resets the device, brings it up
/// with a queue of its own, writes, flushes, and polls for the answers with a bound.
#pragma once

#include "core/base/bytes.hpp"

namespace grafos::board {

/// `bytes` is one sector. True: it is on the medium. Interrupts must be masked. Context: any, once.
[[nodiscard]] bool write_sector_in_emergency(uintptr_t base, uint64_t sector, Bytes bytes) noexcept;

} // namespace grafos::board
