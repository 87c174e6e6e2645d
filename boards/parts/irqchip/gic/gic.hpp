// SPDX-License-Identifier: Apache-2.0
/// ARM's interrupt controller, version 2, for one CPU and group 0 only.
/// Source: ARM IHI 0048B.
#pragma once

#include "boards/parts/mmio/mmio.hpp"

namespace grafos::board {

class Gic {
public:
    constexpr Gic(uintptr_t distributor, uintptr_t cpu_interface) noexcept
        : distributor_{distributor}, cpu_interface_{cpu_interface} {}

    /// Lets all priorities through; every interrupt is still off. Context: boot.
    void start() noexcept;
    /// Lets interrupt `id` (16 … 1019) in, to this CPU, level triggered. Context: boot.
    void enable(uint32_t id) noexcept;

    static constexpr uint32_t spurious_first = 1020;

    /// What has come, to be given back to `end`; its low 10 bits are the id. Context: interrupt.
    [[nodiscard, gnu::always_inline]] uint32_t begin() const noexcept {
        return mmio_read32(cpu_interface_ + 0x0c);
    }
    [[gnu::always_inline]] void end(uint32_t word) const noexcept {
        mmio_write32(cpu_interface_ + 0x10, word);
    }

private:
    uintptr_t distributor_;
    uintptr_t cpu_interface_;
};

} // namespace grafos::board
