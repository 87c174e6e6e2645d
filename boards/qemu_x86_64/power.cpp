// SPDX-License-Identifier: Apache-2.0
#include "boards/qemu_x86_64/power.hpp"

#include "arch/x86_64/words.hpp"
#include "boards/parts/epitaph/last_words.hpp"
#include "boards/qemu_x86_64/board.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

namespace {
/// A longer rest is cut here; the loop comes round once and rests again.
constexpr uint64_t rest_ms_max = 30'000;

/// Nothing came since the last rest, and no input waits to be read: bytes and frames that a turn
/// left behind are as good as new ones.
bool is_quiet() noexcept {
    return __atomic_load_n(&is_woken, __ATOMIC_RELAXED) == 0 && console_line.ring.is_empty() &&
           !network.has_leftover();
}

} // namespace

void MicrovmPower::start(uint64_t timer_ticks_per_ms) noexcept {
    GRAFOS_ASSERT(timer_ticks_per_ms != 0 && timer_ticks_per_ms < UINT32_MAX / rest_ms_max);
    timer_ticks_per_ms_ = timer_ticks_per_ms;
}

/// 0: the deadline is reached.
uint32_t MicrovmPower::timer_ticks_until(Instant deadline) const noexcept {
    const uint64_t at = clock_.ticks_at(deadline);
    const uint64_t now = clock_.ticks_now();
    if (at <= now) {
        return 0;
    }
    const uint64_t left = at - now;
    const uint64_t per_ms = clock_.ticks_per_ms();
    if (left / per_ms >= rest_ms_max) {
        return static_cast<uint32_t>(rest_ms_max * timer_ticks_per_ms_);
    }
    // Up to 0.25 per mille late rather than early, which would cost a second rest of next to
    // nothing: the timer's rate is known no better than that.
    const uint64_t ticks = left * timer_ticks_per_ms_ / per_ms;
    return static_cast<uint32_t>(ticks + ticks / 4096 + 1);
}

void MicrovmPower::idle_until(Instant deadline) noexcept {
    const uint64_t state = hal::mask_interrupts();
    // What came since the last rest is seen here, what comes from here on wakes the halt: between
    // the two nothing can be lost, because interrupts are let in by the instruction before the
    // halt.
    if (is_quiet()) {
        const uint32_t ticks = timer_ticks_until(deadline);
        if (ticks != 0) {
            local_apic.arm(ticks);
            arch::halt_until_interrupt();
            local_apic.disarm();
        }
    }
    __atomic_store_n(&is_woken, 0u, __ATOMIC_RELAXED);
    hal::restore_interrupts(state);
}

void MicrovmPower::power_off(hal::ExitStatus status) noexcept {
    emergency_power_off(status);
}

} // namespace grafos::board
