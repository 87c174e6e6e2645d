// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/event_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace grafos::netem {
namespace {

constexpr uint64_t ns_per_s = 1'000'000'000;
constexpr int events_max = 64;

} // namespace

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    sigset_t ends{};
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    signals_ = Descriptor{signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!epoll_.is_open() || !timer_.is_open() || !signals_.is_open()) {
        throw SystemProblem{"an event loop", errno};
    }
    add(signals_.number(), [this] { stop(); });
    add(timer_.number(), [this] {
        uint64_t count = 0;
        if (read(timer_.number(), &count, sizeof count) > 0) {
            armed_ = never;
        }
    });
}

void EventLoop::add(int descriptor, OnReadable on_readable) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    if (epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
        throw SystemProblem{"epoll", errno};
    }
    readers_[descriptor] = std::make_shared<OnReadable>(std::move(on_readable));
}

void EventLoop::remove(int descriptor) {
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
    readers_.erase(descriptor);
}

Nanoseconds EventLoop::now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<uint64_t>(time.tv_sec) * ns_per_s + static_cast<uint64_t>(time.tv_nsec);
}

void EventLoop::arm(Nanoseconds due) {
    if (due == armed_) {
        return;
    }
    armed_ = due;
    itimerspec setting{};
    if (due != never) {
        const Nanoseconds at = std::max<Nanoseconds>(due, 1); // zero would disarm
        setting.it_value.tv_sec = static_cast<time_t>(at / ns_per_s);
        setting.it_value.tv_nsec = static_cast<long>(at % ns_per_s);
    }
    timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &setting, nullptr);
}

void EventLoop::run(const std::function<Nanoseconds(Nanoseconds)>& before_wait) {
    std::array<epoll_event, events_max> events{};
    while (!is_stopped_) {
        arm(before_wait(now()));
        const int count = epoll_wait(epoll_.number(), events.data(), events_max, -1);
        for (int i = 0; i < count; ++i) {
            const auto found = readers_.find(events[static_cast<size_t>(i)].data.fd);
            if (found != readers_.end()) {
                const std::shared_ptr<OnReadable> keep = found->second; // it may remove itself
                (*keep)();
            }
        }
    }
}

} // namespace grafos::netem
