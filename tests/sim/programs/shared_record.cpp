// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/programs/shared_record.hpp"

#include "core/base/assert.hpp"

namespace grafos::test {

void SharedRecord::clear() noexcept {
    history_.clear();
    ends_ = {};
    home_ms_ = 0;
    has_raw_ = false;
}

bool SharedRecord::has_room() const noexcept {
    uint32_t free = 0;
    for (const End& end : ends_) {
        free += end.is_used ? 0u : 1u;
    }
    return free > 0 && history_.operations().size() + slack <= operations_max_;
}

/// As the home's node does: a step back is lost.
void SharedRecord::on_home_turn(uint64_t raw_ms, Instant now) noexcept {
    home_ms_ += has_raw_ && raw_ms > raw_ms_ ? raw_ms - raw_ms_ : 0;
    raw_ms_ = raw_ms;
    has_raw_ = true;
    for (uint8_t slot = 0; slot < ends_max; ++slot) {
        End& end = ends_[slot];
        if (!end.is_used || end.is_of_nonce) {
            continue;
        }
        if (!end.is_called && home_ms_ >= end.due_ms) {
            call_end(slot, now);
        }
        if (end.is_called && home_ms_ >= end.over_ms) {
            history_.answer(end.operation, {}, now);
            end = {};
        }
    }
}

uint8_t SharedRecord::take_end() noexcept {
    for (uint8_t slot = 0; slot < ends_max; ++slot) {
        if (!ends_[slot].is_used) {
            ends_[slot] = {.is_used = true};
            return slot;
        }
    }
    return none;
}

void SharedRecord::call_end(uint8_t slot, Instant now) noexcept {
    End& end = ends_[slot];
    GRAFOS_ASSERT(end.is_used && !end.is_called);
    const Call call{.client = clients_max + slot,
                    .verb = Verb::expire,
                    .object = end.object,
                    .nonce = end.is_of_nonce ? end.nonce : 0,
                    .generation = end.generation};
    const Result<OperationIndex> called = history_.call(call, now);
    GRAFOS_ASSERT(called.is_ok()); // has_room
    end.operation = called.value();
    end.is_called = true;
}

/// It is certain that no grant ends that way.
void SharedRecord::drop_end(uint8_t slot) noexcept {
    End& end = ends_[slot];
    if (end.is_called) {
        history_.refuse(end.operation);
    }
    end = {};
}

SharedRecord::Running SharedRecord::call(const Call& call, Instant now) noexcept {
    GRAFOS_ASSERT(call.client < clients_max);
    const Result<OperationIndex> called = history_.call(call, now);
    GRAFOS_ASSERT(called.is_ok()); // has_room
    Running running{.operation = called.value(), .home_ms = home_ms_};
    if (call.verb == Verb::lock) {
        running.end = take_end();
        GRAFOS_ASSERT(running.end != none);
        End& end = ends_[running.end];
        end.is_of_nonce = true;
        end.object = call.object;
        end.nonce = call.nonce;
        call_end(running.end, now);
    }
    return running;
}

void SharedRecord::answer(const Running& running, const Answer& answer, Duration left,
                          Instant now) noexcept {
    const Call call = history_[running.operation].call;
    history_.answer(running.operation, answer, now);
    if (call.verb == Verb::lock && answer.is_done) {
        note_grant(running, answer.generation, left, now);
    } else if (call.verb == Verb::lock) {
        drop_end(running.end);
    } else if (call.verb == Verb::commit && answer.is_done && call.is_release) {
        note_release(call);
    }
}

/// An answer that took longer than the grant lasted: it may be over, and somebody else's, already.
void SharedRecord::note_grant(const Running& running, uint64_t generation, Duration left,
                              Instant now) noexcept {
    const End unknown = ends_[running.end];
    const bool may_be_over = home_ms_ >= running.home_ms + left.ms;
    if (may_be_over) {
        history_.lose(unknown.operation);
        ends_[running.end] = {};
    } else {
        drop_end(running.end);
    }
    for (const End& end : ends_) { // told before: the same grant again
        if (end.is_used && !end.is_of_nonce && end.object == unknown.object &&
            end.generation == generation) {
            return;
        }
    }
    const uint8_t slot = take_end();
    GRAFOS_ASSERT(slot != none); // the one of the unknown grant is free again
    ends_[slot] = {.is_used = true,
                   .object = unknown.object,
                   .nonce = unknown.nonce,
                   .generation = generation,
                   .due_ms = running.home_ms + left.ms,
                   .over_ms = home_ms_ + left.ms};
    if (may_be_over) {
        call_end(slot, now);
    }
}

/// A grant that was released does not end by its deadline.
void SharedRecord::note_release(const Call& call) noexcept {
    for (uint8_t slot = 0; slot < ends_max; ++slot) {
        const End& end = ends_[slot];
        if (end.is_used && !end.is_of_nonce && end.object == call.object &&
            end.generation == call.generation) {
            drop_end(slot);
        }
    }
}

void SharedRecord::lose(const Running& running) noexcept {
    history_.lose(running.operation);
    if (running.end != none) {
        history_.lose(ends_[running.end].operation);
        ends_[running.end] = {};
    }
}

void SharedRecord::refuse(const Running& running) noexcept {
    history_.refuse(running.operation);
    if (running.end != none) {
        drop_end(running.end);
    }
}

} // namespace grafos::test
