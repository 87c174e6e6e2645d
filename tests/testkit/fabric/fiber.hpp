// SPDX-License-Identifier: Apache-2.0
/// A program that can be left in the middle and taken up again, on the same thread.
///
/// Problem: a program that pumps waits inside a call, and a simulated world has several such
/// programs. Idea: each has a stack of its own. Rule: one runs at a time, and only `yield` leaves
/// it. One that is dropped before its end stays where it was: none of its destructors run, as when
/// a process is killed.
#pragma once

#include <cstddef>
#include <functional>

#include <ucontext.h>

namespace grafos::testkit {

class Fiber {
public:
    static constexpr size_t stack_bytes = 256 * 1024;

    explicit Fiber(std::function<void()> body);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber();

    /// Runs until it yields or ends. Context: not over; outside all fibers.
    void resume();
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

    /// The one that runs just now; null: none.
    [[nodiscard]] static Fiber* current() noexcept;
    /// Back to whoever resumed. Context: inside a fiber.
    static void yield();

private:
    static void enter();
    void leave(bool is_for_good);

    std::function<void()> body_;
    void* stack_; ///< behind a page that nobody may touch
    ucontext_t inside_{};
    ucontext_t outside_{};
    bool is_over_ = false;
    // What the address sanitizer is told of stacks.
    void* fake_stack_ = nullptr;
    const void* outer_bottom_ = nullptr;
    size_t outer_bytes_ = 0;
};

} // namespace grafos::testkit
