// SPDX-License-Identifier: Apache-2.0
#include "boards/linux/event_loop.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "boards/parts/epitaph/last_words.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;
constexpr int events_max = 8;

timespec timespec_of(uint64_t ns) noexcept {
    return {static_cast<time_t>(ns / ns_per_second), static_cast<long>(ns % ns_per_second)};
}

bool control(int epoll, int operation, int descriptor, uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    return epoll_ctl(epoll, operation, descriptor, &event) == 0;
}

// What a signal handler may touch.
constinit std::atomic<bool> is_end_asked{false};
constinit std::atomic<int> end_event{-1};

void on_end_signal(int) noexcept {
    const int error = errno;
    is_end_asked.store(true);
    const uint64_t one = 1;
    (void)!write(end_event.load(), &one, sizeof(one));
    errno = error;
}

} // namespace

uint64_t read_boot_time_ns() noexcept {
    timespec now{};
    const int result = clock_gettime(CLOCK_BOOTTIME, &now);
    GRAFOS_ASSERT(result == 0);
    return static_cast<uint64_t>(now.tv_sec) * ns_per_second + static_cast<uint64_t>(now.tv_nsec);
}

bool EventLoop::start() noexcept {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    timer_ = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    return epoll_ >= 0 && timer_ >= 0 && watch_input(timer_);
}

bool EventLoop::watch_input(int descriptor) noexcept {
    return control(epoll_, EPOLL_CTL_ADD, descriptor, EPOLLIN);
}

bool EventLoop::watch_event(int descriptor) noexcept {
    return control(epoll_, EPOLL_CTL_ADD, descriptor, EPOLLIN | EPOLLET);
}

bool EventLoop::watch_output_once(int descriptor) noexcept {
    constexpr uint32_t events = EPOLLOUT | EPOLLONESHOT;
    return control(epoll_, EPOLL_CTL_MOD, descriptor, events) ||
           control(epoll_, EPOLL_CTL_ADD, descriptor, events);
}

void EventLoop::forget(int descriptor) noexcept {
    (void)control(epoll_, EPOLL_CTL_DEL, descriptor, 0);
}

/// Left as it is if it fires no later: a deadline moves with nearly every turn, and mostly away.
void EventLoop::arm(uint64_t at_ns) noexcept {
    if (at_ns >= armed_ns_) {
        return;
    }
    itimerspec when{};
    when.it_value = timespec_of(at_ns);
    (void)timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
    armed_ns_ = at_ns;
}

// Input stays ready until it is read and an event until it was told, so what came before the call
// still ends the rest.
void EventLoop::idle_until(Instant deadline) noexcept {
    rest_count_ += 1;
    const uint64_t at = clock_.ticks_at(deadline);
    const bool is_waiting = is_waiting_ != nullptr && *is_waiting_;
    // Asked only where it matters: a timer that fires no later ends the rest by itself.
    const bool is_due = at < armed_ns_ && at <= clock_.ticks_now();
    if (completions_ > 0 || is_waiting || is_due) {
        completions_ = 0;
        return;
    }
    bool is_early = true;
    while (is_early) { // the timer may fire once for a deadline that has moved away since
        arm(at);
        epoll_event events[events_max];
        const int count = epoll_wait(epoll_, events, events_max, -1);
        GRAFOS_ASSERT(count >= 0 || errno == EINTR);
        is_early = false;
        for (int i = 0; i < count; ++i) {
            if (events[i].data.fd == timer_) {
                uint64_t expirations = 0;
                (void)!read(timer_, &expirations, sizeof(expirations));
                armed_ns_ = never_ns;
                is_early = count == 1 && clock_.ticks_now() < at;
            }
        }
    }
}

bool EventLoop::is_end_requested() noexcept {
    if (!takes_end_requests_) {
        takes_end_requests_ = true;
        const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (event >= 0 && watch_event(event)) { // otherwise the signals end the process, as ever
            end_event.store(event);
            struct sigaction action{};
            action.sa_handler = on_end_signal;
            action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
            (void)sigaction(SIGTERM, &action, nullptr);
            (void)sigaction(SIGINT, &action, nullptr);
        }
    }
    return is_end_asked.load();
}

void EventLoop::announce(hal::Announcement announcement) noexcept {
    switch (announcement) {
    case hal::Announcement::ready: manager_.tell("READY=1\nSTATUS=ready"); break;
    case hal::Announcement::degraded:
        manager_.tell("READY=1\nSTATUS=degraded: grafos readiness names the reason");
        break;
    case hal::Announcement::stopping: manager_.tell("STOPPING=1\nSTATUS=stopping"); break;
    }
}

void EventLoop::power_off(hal::ExitStatus status) noexcept {
    emergency_power_off(status);
}

} // namespace grafos::board
