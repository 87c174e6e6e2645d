// SPDX-License-Identifier: Apache-2.0
/// Rest and end of the microvm machine: HLT until an interrupt, a one-shot of the local APIC for
/// the deadline, isa-debug-exit for the end.
#pragma once

#include "boards/parts/clock/counter_clock.hpp"
#include "hal/power.hpp"

namespace grafos::board {

class MicrovmPower final : public hal::Power {
public:
    constexpr explicit MicrovmPower(CounterClock& clock) noexcept : clock_{clock} {}
    MicrovmPower(const MicrovmPower&) = delete;
    MicrovmPower& operator=(const MicrovmPower&) = delete;

    /// The rate of the local APIC's timer as found by calibration. Context: boot, once.
    void start(uint64_t timer_ticks_per_ms) noexcept;

    void idle_until(Instant deadline) noexcept override;
    [[noreturn]] void power_off(hal::ExitStatus status) noexcept override;

private:
    [[nodiscard]] uint32_t timer_ticks_until(Instant deadline) const noexcept;

    CounterClock& clock_;
    uint64_t timer_ticks_per_ms_ = 0;
};

} // namespace grafos::board
