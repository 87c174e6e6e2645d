// SPDX-License-Identifier: Apache-2.0
/// The phases of a registration: only the `enter_` functions here assign one, and each keeps the
/// heap, the list of questions that are out, and the counters in step with it.
#include "core/lease/renewal/renewal_manager.hpp"

namespace grafos::lease {

Instant RenewalManager::wake_of(const RenewalSlot& slot) const noexcept {
    Instant wake = slot.terms.expiry;
    if (!slot.is_near) {
        wake = earlier_of(wake, slot.near_at);
    }
    return slot.phase == Phase::waiting ? earlier_of(wake, slot.due) : wake;
}

void RenewalManager::set_near(RenewalSlot& slot, bool is_near) noexcept {
    GRAFOS_ASSERT(!slot.is_near || near_count_ > 0);
    near_count_ = near_count_ - (slot.is_near ? 1u : 0u) + (is_near ? 1u : 0u);
    slot.is_near = is_near;
}

void RenewalManager::set_retrying(RenewalSlot& slot, bool is_retrying) noexcept {
    GRAFOS_ASSERT(!slot.is_retrying || retry_count_ > 0);
    retry_count_ = retry_count_ - (slot.is_retrying ? 1u : 0u) + (is_retrying ? 1u : 0u);
    slot.is_retrying = is_retrying;
}

/// A life from `from` to the expiry begins; answers when it is to be renewed.
Instant RenewalManager::set_term(RenewalSlot& slot, Instant from) noexcept {
    const RenewalPolicy& policy = slot.policy;
    const Duration life = left_until(slot.terms.expiry, from);
    GRAFOS_ASSERT(policy.renew_at_permille + policy.jitter_permille < 1000);
    const uint32_t tail_permille = 1000 - policy.renew_at_permille - policy.jitter_permille;
    slot.near_at = {slot.terms.expiry.ms - share_of(life, tail_permille).ms};
    slot.failures = 0;
    slot.backoff = {};
    set_near(slot, false);
    const uint64_t seed = jitter_seed(slot.terms.id);
    const Instant due = renewal_deadline(from, slot.terms.expiry, seed, policy);
    return slot.terms.token_expiry == Instant::never()
               ? due
               : earlier_of(due, renewal_deadline(from, slot.terms.token_expiry, seed, policy));
}

void RenewalManager::append_out(uint32_t index) noexcept {
    RenewalSlot& slot = slots_[index];
    slot.previous = out_last_;
    slot.next = none;
    (out_last_ == none ? out_first_ : slots_[out_last_].next) = index;
    out_last_ = index;
    ++out_count_;
}

void RenewalManager::remove_out(uint32_t index) noexcept {
    const RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(out_count_ > 0);
    (slot.previous == none ? out_first_ : slots_[slot.previous].next) = slot.next;
    (slot.next == none ? out_last_ : slots_[slot.next].previous) = slot.previous;
    --out_count_;
}

void RenewalManager::enter_waiting(uint32_t index, Instant due) noexcept {
    RenewalSlot& slot = slots_[index];
    const Phase from = slot.phase;
    GRAFOS_ASSERT(from == Phase::free || from == Phase::waiting || from == Phase::asking);
    if (from == Phase::asking) {
        remove_out(index);
        --asking_count_;
    }
    slot.phase = Phase::waiting;
    slot.ticket = {};
    slot.due = due;
    set_retrying(slot, slot.failures > 0);
    if (from == Phase::free) {
        heap_.insert(index, wake_of(slot));
    } else {
        heap_.move(index, wake_of(slot));
    }
}

void RenewalManager::enter_asking(uint32_t index, Ticket ticket) noexcept {
    RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(slot.phase == Phase::waiting);
    set_retrying(slot, false);
    slot.phase = Phase::asking;
    slot.ticket = ticket;
    append_out(index);
    ++asking_count_;
    heap_.move(index, wake_of(slot));
}

void RenewalManager::enter_draining(uint32_t index) noexcept {
    RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(slot.phase == Phase::asking);
    set_near(slot, false);
    slot.phase = Phase::draining;
    --asking_count_;
    heap_.erase(index);
}

void RenewalManager::enter_ended(uint32_t index, const Error& code) noexcept {
    RenewalSlot& slot = slots_[index];
    const Phase from = slot.phase;
    GRAFOS_ASSERT(from == Phase::waiting || from == Phase::asking || from == Phase::draining);
    GRAFOS_ASSERT(!slot.is_cancelled);
    if (from != Phase::waiting) {
        remove_out(index);
    }
    if (from == Phase::asking) {
        --asking_count_;
    }
    if (from != Phase::draining) {
        heap_.erase(index);
    }
    set_near(slot, false);
    set_retrying(slot, false);
    slot.ticket = {};
    slot.end = code;
    slot.phase = Phase::ended;
}

void RenewalManager::enter_free(uint32_t index) noexcept {
    RenewalSlot& slot = slots_[index];
    const Phase from = slot.phase;
    GRAFOS_ASSERT(from == Phase::waiting || from == Phase::ended || from == Phase::draining);
    GRAFOS_ASSERT(slot.is_cancelled);
    if (from == Phase::draining) {
        remove_out(index);
    }
    if (from == Phase::waiting) {
        heap_.erase(index);
    }
    set_near(slot, false);
    set_retrying(slot, false);
    slot.phase = Phase::free;
    slot.terms.id = {}; // it is the power to free the lease: not kept longer than needed
    slot.next = free_first_;
    free_first_ = index;
    --count_;
}

bool RenewalManager::check_invariants() const noexcept {
    uint32_t counts[5] = {};
    uint32_t near = 0;
    uint32_t retrying = 0;
    for (uint32_t i = 0; i < used_end_; ++i) {
        const RenewalSlot& slot = slots_[i];
        ++counts[static_cast<size_t>(slot.phase)];
        near += slot.is_near ? 1 : 0;
        retrying += slot.is_retrying ? 1 : 0;
    }
    const uint32_t waiting = counts[static_cast<size_t>(Phase::waiting)];
    const uint32_t asking = counts[static_cast<size_t>(Phase::asking)];
    const uint32_t draining = counts[static_cast<size_t>(Phase::draining)];
    return count_ + counts[static_cast<size_t>(Phase::free)] == used_end_ &&
           heap_.size() == waiting + asking && asking_count_ == asking &&
           out_count_ == asking + draining && near_count_ == near && retry_count_ == retrying &&
           index_.count() <= count_ && heap_.is_consistent();
}

} // namespace grafos::lease
