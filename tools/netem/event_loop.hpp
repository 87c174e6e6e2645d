// SPDX-License-Identifier: Apache-2.0
/// One thread, one epoll: who can be read is called, and time is a timerfd.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "tools/netem/address.hpp"
#include "tools/netem/lane.hpp"

namespace grafos::netem {

class EventLoop {
public:
    using OnReadable = std::function<void()>;

    EventLoop(); ///< throws SystemProblem
    void add(int descriptor, OnReadable on_readable);
    void remove(int descriptor);

    /// Runs until SIGTERM, SIGINT or `stop`. Before each wait `before_wait` does what is due and
    /// answers when it next wants to be called.
    void run(const std::function<Nanoseconds(Nanoseconds now)>& before_wait);
    void stop() { is_stopped_ = true; }

    [[nodiscard]] static Nanoseconds now();

private:
    void arm(Nanoseconds due);

    Descriptor epoll_, timer_, signals_;
    std::unordered_map<int, std::shared_ptr<OnReadable>> readers_;
    Nanoseconds armed_ = never;
    bool is_stopped_ = false;
};

} // namespace grafos::netem
