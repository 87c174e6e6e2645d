// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/fiber.hpp"

#include <utility>

#include <sys/mman.h>

#include "tests/testkit/fabric/outcome.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define GRAFOS_TESTKIT_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GRAFOS_TESTKIT_ASAN
#endif
#endif

#ifdef GRAFOS_TESTKIT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

namespace grafos::testkit {
namespace {

constexpr size_t page_bytes = 4096;

Fiber* running = nullptr;

// The sanitizer follows a switch of stacks only if it is told before and after. What a program
// that is killed leaves on the heap is no leak of the test's.
void say_switch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom,
                [[maybe_unused]] size_t bytes) {
#ifdef GRAFOS_TESTKIT_ASAN
    __sanitizer_start_switch_fiber(fake, bottom, bytes);
#endif
}

void say_switched([[maybe_unused]] void* fake, [[maybe_unused]] const void** bottom,
                  [[maybe_unused]] size_t* bytes) {
#ifdef GRAFOS_TESTKIT_ASAN
    __sanitizer_finish_switch_fiber(fake, bottom, bytes);
#endif
}

void ignore_leaks([[maybe_unused]] bool is_on) {
#ifdef GRAFOS_TESTKIT_ASAN
    is_on ? __lsan_disable() : __lsan_enable();
#endif
}

void clean_shadow([[maybe_unused]] void* stack) {
#ifdef GRAFOS_TESTKIT_ASAN
    __asan_unpoison_memory_region(stack, Fiber::stack_bytes);
#endif
}

} // namespace

Fiber::Fiber(std::function<void()> body) : body_{std::move(body)} {
    void* const area = mmap(nullptr, page_bytes + stack_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED || mprotect(area, page_bytes, PROT_NONE) != 0 ||
        getcontext(&inside_) != 0) {
        misused("no memory for the stack of another program");
    }
    stack_ = static_cast<char*>(area) + page_bytes;
    inside_.uc_stack.ss_sp = stack_;
    inside_.uc_stack.ss_size = stack_bytes;
    inside_.uc_link = nullptr; // it leaves by itself
    makecontext(&inside_, &Fiber::enter, 0);
}

Fiber::~Fiber() {
    clean_shadow(stack_);
    munmap(static_cast<char*>(stack_) - page_bytes, page_bytes + stack_bytes);
}

Fiber* Fiber::current() noexcept {
    return running;
}

void Fiber::resume() {
    if (is_over_ || running != nullptr) {
        misused("a program is taken up that is over, or from inside another one");
    }
    running = this;
    ignore_leaks(true);
    void* fake = nullptr;
    say_switch(&fake, stack_, stack_bytes);
    swapcontext(&outside_, &inside_);
    say_switched(fake, nullptr, nullptr);
    ignore_leaks(false);
    running = nullptr;
}

void Fiber::enter() {
    Fiber& self = *running;
    say_switched(nullptr, &self.outer_bottom_, &self.outer_bytes_);
    self.body_();
    self.leave(true);
}

void Fiber::yield() {
    if (running == nullptr) {
        misused("only a program can wait for its next turn");
    }
    running->leave(false);
}

void Fiber::leave(bool is_for_good) {
    is_over_ = is_for_good;
    say_switch(is_for_good ? nullptr : &fake_stack_, outer_bottom_, outer_bytes_);
    swapcontext(&inside_, &outside_);
    say_switched(fake_stack_, &outer_bottom_, &outer_bytes_);
}

} // namespace grafos::testkit
