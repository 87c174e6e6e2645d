// SPDX-License-Identifier: Apache-2.0
#include "core/lease/renewal/renewal_manager.hpp"

#include <algorithm>

namespace grafos::lease {
namespace {

/// Whether a refusal settles the matter; all others are worth another try.
[[nodiscard]] bool is_final(ErrorCode code) noexcept {
    switch (code) {
    case ErrorCode::lease_expired:
    case ErrorCode::revoked:
    case ErrorCode::released:
    case ErrorCode::fenced:
    case ErrorCode::stale_epoch:
    case ErrorCode::not_found:
    case ErrorCode::invalid_argument:
    case ErrorCode::denied:
    case ErrorCode::unsupported:
    case ErrorCode::unsupported_version:
    case ErrorCode::foreign:
    case ErrorCode::exhausted: return true;
    case ErrorCode::disconnected:
    case ErrorCode::capacity_exceeded:
    case ErrorCode::busy:
    case ErrorCode::rate_limited:
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::out_of_fuel:
    case ErrorCode::not_ready:
    case ErrorCode::degraded: return false;
    }
    GRAFOS_UNREACHABLE();
}

[[nodiscard]] uint32_t hash_of(const LeaseId& id) noexcept {
    return static_cast<uint32_t>(mix(jitter_seed(id)));
}

} // namespace

void RenewalManager::start() noexcept {
    GRAFOS_ASSERT(count_ == 0 && used_end_ == 0);
    index_.start(index_entries_);
}

// --- slots
// ------------------------------------------------------------------------------------------

uint32_t RenewalManager::find(const LeaseId& id) const noexcept {
    HashIndex::Probe probe = index_.probe(hash_of(id));
    while (const std::optional<SlotIndex> slot = index_.next(probe)) { // at most count_ candidates
        if (is_same_secret(slots_[slot->value].terms.id, id)) {
            return slot->value;
        }
    }
    return none;
}

uint32_t RenewalManager::find(RenewalHandle handle) const noexcept {
    if (handle.slot >= used_end_ || handle.generation == 0) {
        return none;
    }
    const RenewalSlot& slot = slots_[handle.slot];
    // Cancelling raises the generation, so a match is neither free nor cancelled.
    return slot.generation == handle.generation ? handle.slot : none;
}

uint32_t RenewalManager::take_slot() noexcept {
    if (free_first_ != none) {
        const uint32_t slot = free_first_;
        GRAFOS_ASSERT(slots_[slot].phase == Phase::free);
        free_first_ = slots_[slot].next;
        return slot;
    }
    return used_end_ < slots_.size() ? used_end_++ : none;
}

Result<RenewalHandle> RenewalManager::register_lease(const RenewalTerms& terms,
                                                     const RenewalPolicy& policy,
                                                     Instant now) noexcept {
    now_ = std::max(now_, now);
    GRAFOS_TRY(check_policy(policy));
    if (terms.id.is_zero()) {
        return Error{ErrorCode::invalid_argument, Field::lease, 0, 1};
    }
    if (!is_before_deadline(now_, terms.expiry)) {
        return Error{ErrorCode::lease_expired, Field::ttl, terms.expiry.ms, now_.ms};
    }
    if (find(terms.id) != none) {
        return Error{ErrorCode::invalid_argument, Field::lease, 1, 0};
    }
    const uint32_t index = take_slot();
    if (index == none) {
        return Error{ErrorCode::capacity_exceeded, Field::slot, slots_.size() + 1, slots_.size()};
    }
    RenewalSlot& slot = slots_[index];
    const uint32_t generation = std::max(slot.generation, 1u);
    slot = {};
    slot.generation = generation;
    slot.terms = terms;
    slot.policy = policy;
    slot.confirmed_mark = suspicions_;
    if (slot.terms.ttl.ms == 0) {
        slot.terms.ttl = terms.expiry - now_;
    }
    index_.insert(hash_of(terms.id), {index});
    ++count_;
    enter_waiting(index, set_term(slot, now_));
    return RenewalHandle{index, generation};
}

Result<> RenewalManager::cancel_slot(uint32_t index, Field field) noexcept {
    if (index == none) {
        return Error{ErrorCode::not_found, field};
    }
    RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(slot.phase != Phase::free && !slot.is_cancelled);
    index_.erase(hash_of(slot.terms.id), {index});
    slot.generation = std::max(slot.generation + 1, 1u); // 0 names none
    slot.is_cancelled = true;
    if (slot.phase == Phase::asking) {
        enter_draining(index);
    } else if (slot.phase != Phase::draining) {
        enter_free(index);
    }
    return ok();
}

Result<> RenewalManager::cancel(RenewalHandle handle) noexcept {
    return cancel_slot(find(handle), Field::slot);
}

Result<> RenewalManager::cancel(const LeaseId& id) noexcept {
    return cancel_slot(find(id), Field::lease);
}

Result<RenewalStatus> RenewalManager::status_of(uint32_t index) const noexcept {
    const RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(slot.phase != Phase::free && !slot.is_cancelled);
    if (slot.phase == Phase::ended || slot.phase == Phase::draining) {
        return slot.end;
    }
    return RenewalStatus{slot.terms.expiry, slot.terms.generation, slot.failures, is_suspect(slot),
                         slot.phase == Phase::asking};
}

Result<RenewalStatus> RenewalManager::status(RenewalHandle handle) const noexcept {
    const uint32_t index = find(handle);
    if (index == none) {
        return Error{ErrorCode::not_found, Field::slot};
    }
    return status_of(index);
}

Result<RenewalStatus> RenewalManager::status(const LeaseId& id) const noexcept {
    const uint32_t index = find(id);
    if (index == none) {
        return Error{ErrorCode::not_found, Field::lease};
    }
    return status_of(index);
}

// --- a tick
// -----------------------------------------------------------------------------------------

void RenewalManager::retry_later(uint32_t index, RenewalSummary& summary) noexcept {
    RenewalSlot& slot = slots_[index];
    ++summary.failed;
    slot.failures = std::max(slot.failures + 1, 1u);
    const Duration left = left_until(slot.terms.expiry, now_);
    slot.backoff = backoff_after(slot.failures, slot.backoff, left, slot.policy);
    enter_waiting(index, saturating_add(now_, slot.backoff));
}

void RenewalManager::ask(uint32_t index, RenewalSummary& summary) noexcept {
    RenewalSlot& slot = slots_[index];
    const Duration ttl = slot.policy.ttl_min > slot.terms.ttl ? slot.policy.ttl_min : Duration{};
    slot.sent_at =
        now_; // at or before the first transmission, so the deadline errs on the safe side
    slot.sent_mark = suspicions_;
    const Result<Ticket> ticket = door_.start_renewal(slot.terms.id, slot.terms.generation, ttl);
    if (ticket.is_ok()) {
        enter_asking(index, ticket.value());
    } else if (is_final(ticket.error().code)) {
        ++summary.failed;
        enter_ended(index, ticket.error());
    } else {
        retry_later(index, summary);
    }
}

void RenewalManager::take_answer(uint32_t index, const Answer& answer,
                                 RenewalSummary& summary) noexcept {
    RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(slot.phase == Phase::asking);
    const Duration margin = door_.margin_of(answer.left);
    const Duration life{answer.left > margin ? answer.left.ms - margin.ms : 0};
    const Result<Instant> expiry = checked_add(slot.sent_at, life);
    if (answer.generation < slot.terms.generation || !expiry.is_ok()) {
        retry_later(index, summary); // not an answer to what was asked
        return;
    }
    slot.terms.generation = answer.generation;
    if (slot.sent_mark != suspicions_) {
        enter_waiting(index, now_); // asked before the suspicion: proves nothing, ask again
        return;
    }
    const bool was_suspect = is_suspect(slot);
    slot.confirmed_mark = suspicions_;
    slot.terms.expiry = was_suspect ? expiry.value() : std::max(slot.terms.expiry, expiry.value());
    slot.terms.token_expiry = Instant::never(); // the new token lives as long as the lease
    ++summary.renewed;
    enter_waiting(index, set_term(slot, slot.sent_at));
}

void RenewalManager::poll_one(uint32_t index, RenewalSummary& summary) noexcept {
    RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(slot.phase == Phase::asking || slot.phase == Phase::draining);
    const Result<Answer> answer = door_.poll_renewal(slot.ticket);
    if (!answer.is_ok() && answer.error().code == ErrorCode::busy) {
        remove_out(index); // behind the others
        append_out(index);
    } else if (slot.phase == Phase::draining) {
        if (slot.is_cancelled) {
            enter_free(index);
        } else {
            enter_ended(index, slot.end);
        }
    } else if (answer.is_ok()) {
        take_answer(index, answer.value(), summary);
    } else if (is_final(answer.error().code)) {
        ++summary.failed;
        enter_ended(index, answer.error());
    } else {
        retry_later(index, summary);
    }
}

void RenewalManager::poll_answers(uint32_t budget, RenewalSummary& summary) noexcept {
    const uint32_t count = std::min(budget, out_count_);
    summary.has_more = out_count_ > count;
    for (uint32_t i = 0; i < count; ++i) {
        GRAFOS_ASSERT(out_first_ != none);
        poll_one(out_first_, summary);
    }
}

void RenewalManager::look_for_suspects(uint32_t budget) noexcept {
    for (uint32_t i = 0; i < budget && suspects_from_ < used_end_; ++i, ++suspects_from_) {
        RenewalSlot& slot = slots_[suspects_from_];
        if (slot.phase != Phase::waiting || !is_suspect(slot)) {
            continue; // one that is asking is asked again when its answer comes
        }
        const Duration left = left_until(slot.terms.expiry, now_);
        const Duration spread{
            std::min(share_of(slot.terms.ttl, slot.policy.jitter_permille).ms, left.ms / 8)};
        const Duration wait{mix(jitter_seed(slot.terms.id)) % (spread.ms + 1)};
        slot.due = earlier_of(slot.due, saturating_add(now_, wait));
        heap_.move(suspects_from_, wake_of(slot));
    }
    if (suspects_from_ >= used_end_) {
        suspects_from_ = none; // seen all; slots used later are registered later
    }
}

void RenewalManager::handle_due(uint32_t index, RenewalSummary& summary) noexcept {
    RenewalSlot& slot = slots_[index];
    GRAFOS_ASSERT(slot.phase == Phase::waiting || slot.phase == Phase::asking);
    if (!is_before_deadline(now_, slot.terms.expiry)) {
        ++summary.expired;
        slot.end = {ErrorCode::lease_expired, Field::ttl, slot.terms.expiry.ms, now_.ms};
        if (slot.phase == Phase::asking) {
            enter_draining(index);
        } else {
            enter_ended(index, slot.end);
        }
    } else if (slot.phase == Phase::waiting && now_ >= slot.due) {
        ask(index, summary);
    } else {
        GRAFOS_ASSERT(!slot.is_near && now_ >= slot.near_at);
        set_near(slot, true);
        heap_.move(index, wake_of(slot));
    }
}

RenewalSummary RenewalManager::tick(Instant now, uint32_t budget) noexcept {
    GRAFOS_ASSERT(budget > 0);
    now_ = std::max(now_, now);
    RenewalSummary summary;
    poll_answers(budget, summary);
    look_for_suspects(budget);
    for (uint32_t i = 0; i < budget && !heap_.is_empty() && heap_.top().wake <= now_; ++i) {
        handle_due(heap_.top().item, summary);
    }
    const bool has_due = !heap_.is_empty() && heap_.top().wake <= now_;
    summary.has_more = summary.has_more || has_due || suspects_from_ < used_end_;
    summary.near_expiry = near_count_;
    summary.pending = asking_count_ + retry_count_;
    has_more_ = summary.has_more;
    GRAFOS_CHECK_SLOW(check_invariants());
    return summary;
}

void RenewalManager::mark_suspect() noexcept {
    ++suspicions_;
    suspects_from_ = 0;
}

Instant RenewalManager::next_deadline() const noexcept {
    if (has_more_ || suspects_from_ < used_end_) {
        return now_;
    }
    const Instant wake = heap_.is_empty() ? Instant::never() : std::max(heap_.top().wake, now_);
    if (out_count_ == 0) {
        return wake;
    }
    // The shorter the time until something happens, the sooner an answer must be seen.
    const Duration eighth{left_until(wake, now_).ms / 8};
    const uint64_t pause = std::clamp<uint64_t>(eighth.ms, 1, poll_interval_max.ms);
    return earlier_of(wake, saturating_add(now_, {pause}));
}

} // namespace grafos::lease
