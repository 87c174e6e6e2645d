// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/machine/machine.hpp"

#include "hal/cpu.hpp"

namespace grafos::board {

namespace {
/// Refusals in a row until the line is given up; each costs a device access, about a microsecond.
constexpr uint32_t refusals_max = 2'000'000;
} // namespace

std::string_view name_of(BoardKind kind) noexcept {
    switch (kind) {
    case BoardKind::qemu_x86_64: return "qemu_x86_64";
    case BoardKind::qemu_aarch64: return "qemu_aarch64";
    case BoardKind::linux: return "linux";
    }
    GRAFOS_UNREACHABLE();
}

void print(hal::Console& console, std::string_view text) noexcept {
    Bytes left = bytes_of(text);
    for (uint32_t refusals = 0; !left.empty() && refusals < refusals_max;) {
        const size_t taken = console.write(left);
        GRAFOS_ASSERT(taken <= left.size());
        left = left.subspan(taken);
        refusals = taken == 0 ? refusals + 1 : 0;
        if (taken == 0) {
            hal::relax();
        }
    }
}

} // namespace grafos::board
