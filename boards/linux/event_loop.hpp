// SPDX-License-Identifier: Apache-2.0
/// Rest of a process: one epoll over everything that can wake it, one timerfd for the deadline.
#pragma once

#include "boards/linux/service_manager.hpp"
#include "boards/parts/clock/counter_clock.hpp"
#include "hal/power.hpp"

namespace grafos::board {

class EventLoop final : public hal::Power {
public:
    constexpr explicit EventLoop(CounterClock& clock) noexcept : clock_{clock} {}
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// False: the system refused; errno says why. Context: boot, once.
    [[nodiscard]] bool start() noexcept;

    /// Input on `descriptor` ends a rest, until `forget`. False: it cannot be waited for (a regular
    /// file), so it is always ready. Context: boot.
    [[nodiscard]] bool watch_input(int descriptor) noexcept;
    /// Each write to the eventfd `descriptor` ends one rest; nobody has to read it. Context: boot.
    [[nodiscard]] bool watch_event(int descriptor) noexcept;
    /// Room for output on `descriptor` ends one rest. False: as above. Context: turn.
    [[nodiscard]] bool watch_output_once(int descriptor) noexcept;
    void forget(int descriptor) noexcept;
    /// While `is_waiting` is true no rest begins: for input that was taken from the system and not
    /// yet from us. At most one. Context: boot.
    void watch_flag(const bool& is_waiting) noexcept { is_waiting_ = &is_waiting; }
    /// Something finished within this turn: the next rest ends at once, unless it is taken note of
    /// before. Context: turn.
    void note_completion() noexcept { completions_ += 1; }
    void take_completion() noexcept { completions_ -= completions_ > 0 ? 1u : 0u; }
    /// `place`: the value of NOTIFY_SOCKET, or null. Context: boot.
    void announce_to(const char* place) noexcept { manager_.start(place); }

    void idle_until(Instant deadline) noexcept override;
    /// How often `idle_until` was called: whoever looked at a source knows whether it rested since.
    [[nodiscard]] uint64_t rest_count() const noexcept { return rest_count_; }
    /// SIGTERM or SIGINT; a second one ends the process at once.
    [[nodiscard]] bool is_end_requested() noexcept override;
    /// To the service manager, if there is one.
    void announce(hal::Announcement announcement) noexcept override;
    [[noreturn]] void power_off(hal::ExitStatus status) noexcept override;

private:
    static constexpr uint64_t never_ns = UINT64_MAX;

    void arm(uint64_t at_ns) noexcept;

    CounterClock& clock_;
    ServiceManager manager_;
    int epoll_ = -1;
    int timer_ = -1;
    uint64_t armed_ns_ = never_ns; ///< when the timer fires
    uint64_t rest_count_ = 0;
    const bool* is_waiting_ = nullptr;
    uint32_t completions_ = 0; ///< since the last rest, that nobody has asked for yet
    bool takes_end_requests_ = false;
};

/// CLOCK_BOOTTIME in nanoseconds: it counts time asleep. Context: any.
[[nodiscard]] uint64_t read_boot_time_ns() noexcept;

} // namespace grafos::board
