// SPDX-License-Identifier: Apache-2.0
/// Rest and end of the virt machine: WFI until an interrupt, a one-shot of the virtual timer for
/// the deadline, semihosting for the end.
#pragma once

#include "boards/parts/clock/counter_clock.hpp"
#include "hal/power.hpp"

namespace grafos::board {

class VirtPower final : public hal::Power {
public:
    constexpr explicit VirtPower(CounterClock& clock) noexcept : clock_{clock} {}
    VirtPower(const VirtPower&) = delete;
    VirtPower& operator=(const VirtPower&) = delete;

    void idle_until(Instant deadline) noexcept override;
    [[noreturn]] void power_off(hal::ExitStatus status) noexcept override;

private:
    CounterClock& clock_;
};

} // namespace grafos::board
