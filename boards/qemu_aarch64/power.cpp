// SPDX-License-Identifier: Apache-2.0
#include "boards/qemu_aarch64/power.hpp"

#include "arch/aarch64/words.hpp"
#include "boards/parts/epitaph/last_words.hpp"
#include "boards/qemu_aarch64/board.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

namespace {

/// Nothing came since the last rest, and no input waits to be read: bytes and frames that a turn
/// left behind are as good as new ones.
bool is_quiet() noexcept {
    return __atomic_load_n(&is_woken, __ATOMIC_RELAXED) == 0 && console_line.ring.is_empty() &&
           !network.has_leftover();
}

} // namespace

void VirtPower::idle_until(Instant deadline) noexcept {
    const uint64_t state = hal::mask_interrupts();
    // A pending interrupt ends WFI although it is masked, so nothing is lost between look and rest;
    // it is served when the mask is lifted below.
    const uint64_t at = clock_.ticks_at(deadline);
    if (is_quiet() && at > clock_.ticks_now()) {
        if (at != UINT64_MAX) {
            arch::arm_timer(at);
        }
        arch::wait_for_interrupt();
        arch::disarm_timer();
    }
    __atomic_store_n(&is_woken, 0u, __ATOMIC_RELAXED);
    hal::restore_interrupts(state);
}

void VirtPower::power_off(hal::ExitStatus status) noexcept {
    emergency_power_off(status);
}

} // namespace grafos::board
