// SPDX-License-Identifier: Apache-2.0
/// Device registers in memory: volatile words at an address. Always inlined, so that interrupt
/// handlers built for general registers stay so.
#pragma once

#include <cstdint>

namespace grafos::board {

[[gnu::always_inline]] inline uint32_t mmio_read32(uintptr_t address) noexcept {
    return *reinterpret_cast<volatile const uint32_t*>(address);
}
[[gnu::always_inline]] inline void mmio_write32(uintptr_t address, uint32_t value) noexcept {
    *reinterpret_cast<volatile uint32_t*>(address) = value;
}
[[gnu::always_inline]] inline uint8_t mmio_read8(uintptr_t address) noexcept {
    return *reinterpret_cast<volatile const uint8_t*>(address);
}
[[gnu::always_inline]] inline void mmio_write16(uintptr_t address, uint16_t value) noexcept {
    *reinterpret_cast<volatile uint16_t*>(address) = value;
}

} // namespace grafos::board
