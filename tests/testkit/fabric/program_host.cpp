// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/program_host.hpp"

#include "tests/testkit/fabric/outcome.hpp"

namespace grafos::testkit {

const Program& ProgramHost::run(std::function<void()> body) {
    if (Fiber::current() != nullptr) {
        misused("a program begins another one: let the test do that");
    }
    programs_.push_back(std::make_unique<Program>(std::move(body)));
    return *programs_.back();
}

void ProgramHost::wait(Instant wake_at) {
    if (current_ == nullptr) {
        misused("a program waits for a turn of " + name_ + ", but runs on another machine");
    }
    current_->wake_at_ = wake_at;
    Fiber::yield();
}

void ProgramHost::on_power_on(fabric::Fabric& fabric) noexcept {
    fabric_ = &fabric;
    killed_.clear();
}

void ProgramHost::on_power_off() noexcept {
    GRAFOS_ASSERT(fabric_ != nullptr && current_ == nullptr);
    for (const std::unique_ptr<Program>& program : programs_) {
        program->wake_at_ = {};
        if (program->fiber_ != nullptr) {
            killed_.push_back(std::move(program->fiber_));
        }
    }
    if (is_used_by_test_ && fabric_->count() > 0) {
        misused(name_ + " loses power while the test itself may hold leases through it; drop them "
                        "and settle() first, or let run() start what uses them");
    }
    fabric_ = nullptr;
    wanted_at_ = Instant::never();
}

void ProgramHost::step(Instant) noexcept {
    turns_ += 1;
    wanted_at_ = Instant::never();
    is_used_by_test_ = is_used_by_test_ && fabric_->count() > 0;
    for (const std::unique_ptr<Program>& program : programs_) {
        if (program->is_over_) {
            continue;
        }
        if (program->fiber_ == nullptr) {
            if (!is_ready_()) {
                continue; // its boot has turns enough
            }
            program->starts_ += 1;
            program->fiber_ = std::make_unique<Fiber>(program->body_);
        }
        current_ = program.get();
        program->fiber_->resume();
        current_ = nullptr;
        program->is_over_ = program->fiber_->is_over();
        if (program->is_over_) {
            program->fiber_.reset();
        }
    }
}

Instant ProgramHost::next_deadline() const noexcept {
    Instant next = wanted_at_;
    for (const std::unique_ptr<Program>& program : programs_) {
        if (!program->is_over_ && (program->fiber_ != nullptr || is_ready_())) {
            next = earlier_of(next, program->wake_at_);
        }
    }
    return next;
}

} // namespace grafos::testkit
