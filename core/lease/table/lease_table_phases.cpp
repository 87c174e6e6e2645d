// SPDX-License-Identifier: Apache-2.0
/// The phase edges of a table, its queues, and what lists show.
#include "core/lease/table/lease_table.hpp"

namespace grafos::lease {
namespace {

constexpr uint64_t never = Instant::never().ms;

} // namespace

// --- phase edges ---

void LeaseTable::change_phase(SlotIndex slot, Phase to) noexcept {
    HotSlot& lease = hot(slot);
    --phase_counts_[static_cast<size_t>(lease.phase)];
    ++phase_counts_[static_cast<size_t>(to)];
    lease.phase = to;
}

/// What first leaves `active` decides how the lease ended, whatever happens to it later.
void LeaseTable::latch_end(SlotIndex slot, LeaseEnd end) noexcept {
    HotSlot& lease = hot(slot);
    if (lease.phase != Phase::active) {
        GRAFOS_ASSERT(lease.end_code != 0);
        return;
    }
    const bool is_own_end = end.code == ErrorCode::lease_expired || end.code == ErrorCode::released;
    GRAFOS_ASSERT(is_own_end || end.code == ErrorCode::revoked);
    GRAFOS_ASSERT(lease.end_code == 0);
    lease.end_code = static_cast<uint16_t>(end.code);
    ColdSlot& rest = spans_.cold[slot.value];
    rest.reason = end.reason;
}

void LeaseTable::enter_revoke_warning(SlotIndex slot, Reason reason) noexcept {
    GRAFOS_ASSERT(hot(slot).phase == Phase::active);
    latch_end(slot, {ErrorCode::revoked, reason});
    spans_.cold[slot.value].expires_at = hot(slot).timer.due;
    change_phase(slot, Phase::revoke_warning);
}

void LeaseTable::enter_grace_running(SlotIndex slot, Duration grace, Instant now) noexcept {
    GRAFOS_ASSERT(hot(slot).phase == Phase::revoke_warning);
    ColdSlot& rest = spans_.cold[slot.value];
    const Instant ends_at = earlier_of(saturating_add(now, grace), {rest.expires_at});
    GRAFOS_ASSERT(ends_at.ms <= hot(slot).timer.due);
    rest.grace_ends_at = ends_at.ms;
    wheel_.schedule(slot.value, ends_at);
    change_phase(slot, Phase::grace_running);
}

void LeaseTable::enter_checkpoint_reported(SlotIndex slot) noexcept {
    GRAFOS_ASSERT(hot(slot).phase == Phase::grace_running);
    change_phase(slot, Phase::checkpoint_reported);
}

void LeaseTable::enter_tearing_down(SlotIndex slot, LeaseEnd end, Instant now,
                                    Instant teardown_deadline) noexcept {
    HotSlot& lease = hot(slot);
    GRAFOS_ASSERT(is_live(lease.phase));
    ColdSlot& rest = spans_.cold[slot.value];
    if (lease.phase == Phase::active) {
        rest.expires_at = lease.timer.due;
    }
    latch_end(slot, end);
    rest.ended_at = now.ms;
    rest.teardown_deadline = teardown_deadline.ms;
    wheel_.cancel(slot.value);
    if (rest.has_alloc_key) {
        by_key_.erase(rest.key_hash, slot);
    }
    change_phase(slot, Phase::tearing_down);
    push_back(teardown_[lease.resource], slot.value);
}

/// What freeing has in common, clean or fenced.
void LeaseTable::leave_teardown(SlotIndex slot) noexcept {
    Queue& queue = teardown_[hot(slot).resource];
    GRAFOS_ASSERT(queue.first == slot.value + 1);
    GRAFOS_ASSERT(!spans_.cold[slot.value].has_pending_record);
    static_cast<void>(pop_front(queue));
    spans_.cold[slot.value].teardown_deadline = never;
    in_use_.clear(slot.value);
    change_phase(slot, Phase::free);
    push_back(free_, slot.value);
}

void LeaseTable::enter_free(SlotIndex slot) noexcept {
    GRAFOS_ASSERT(hot(slot).phase == Phase::tearing_down);
    leave_teardown(slot);
}

void LeaseTable::enter_fenced(SlotIndex slot) noexcept {
    GRAFOS_ASSERT(hot(slot).phase == Phase::tearing_down);
    GRAFOS_ASSERT(teardown_[hot(slot).resource].first == slot.value + 1);
    spans_.cold[slot.value].was_fenced = true;
    spans_.cold[slot.value].teardown_deadline = never;
    change_phase(slot, Phase::fenced);
}

void LeaseTable::enter_free_from_fenced(SlotIndex slot) noexcept {
    GRAFOS_ASSERT(hot(slot).phase == Phase::fenced);
    GRAFOS_ASSERT(spans_.cold[slot.value].was_fenced);
    leave_teardown(slot);
}

void LeaseTable::set_pending_record(SlotIndex slot, bool is_pending) noexcept {
    GRAFOS_ASSERT(hot(slot).phase != Phase::free && hot(slot).phase != Phase::fenced);
    spans_.cold[slot.value].has_pending_record = is_pending;
}

void LeaseTable::set_teardown_deadline(SlotIndex slot, Instant deadline) noexcept {
    GRAFOS_ASSERT(hot(slot).phase == Phase::tearing_down);
    spans_.cold[slot.value].teardown_deadline = deadline.ms;
}

// --- time, queues, lists ---

std::optional<SlotIndex> LeaseTable::due_slot(uint32_t index, Instant now) noexcept {
    const SlotIndex slot{index};
    // The timer behind it in the list is most likely the next to end.
    const uint32_t next = hot(slot).timer.next;
    if (next < spans_.cold.size()) {
        __builtin_prefetch(&spans_.cold[next], 1);
    }
    GRAFOS_ASSERT(is_live(hot(slot).phase)); // ended leases are cancelled in the wheel
    GRAFOS_ASSERT(!is_before_deadline(now, deadline(slot)));
    return slot;
}

std::optional<SlotIndex> LeaseTable::teardown_front(uint8_t resource) const noexcept {
    GRAFOS_ASSERT(resource < resources_max);
    const Queue& queue = teardown_[resource];
    return queue.first == 0 ? std::nullopt : std::optional<SlotIndex>{{queue.first - 1}};
}

void LeaseTable::rotate_teardown(uint8_t resource) noexcept {
    GRAFOS_ASSERT(resource < resources_max);
    Queue& queue = teardown_[resource];
    if (queue.first != queue.last) {
        push_back(queue, pop_front(queue));
    }
}

void LeaseTable::push_back(Queue& queue, uint32_t slot) noexcept {
    spans_.cold[slot].link = 0;
    if (queue.last != 0) {
        spans_.cold[queue.last - 1].link = slot + 1;
    } else {
        queue.first = slot + 1;
    }
    queue.last = slot + 1;
}

uint32_t LeaseTable::pop_front(Queue& queue) noexcept {
    GRAFOS_ASSERT(queue.first != 0);
    const uint32_t slot = queue.first - 1;
    queue.first = spans_.cold[slot].link;
    if (queue.first == 0) {
        queue.last = 0;
    }
    return slot;
}

std::optional<SlotIndex> LeaseTable::next_in_use(SlotIndex from) const noexcept {
    const uint32_t slot = in_use_.next(from.value);
    if (slot == SlotBitmap::none) {
        return std::nullopt;
    }
    GRAFOS_ASSERT(hot({slot}).phase != Phase::free);
    return SlotIndex{slot};
}

uint32_t LeaseTable::live_count() const noexcept {
    return count_in(Phase::active) + count_in(Phase::revoke_warning) +
           count_in(Phase::grace_running) + count_in(Phase::checkpoint_reported);
}

LeaseId LeaseTable::id(SlotIndex slot) const noexcept {
    const HotSlot& lease = hot(slot);
    LeaseId id{};
    store_big_endian<uint32_t>(id.bytes.data(), slot.value);
    store_big_endian<uint64_t>(id.bytes.data() + 4, lease.id_first);
    store_big_endian<uint32_t>(id.bytes.data() + 12, lease.id_second);
    return id;
}

uint64_t LeaseTable::amount(SlotIndex slot) const noexcept {
    GRAFOS_ASSERT(slot.value < spans_.cold.size());
    return spans_.cold[slot.value].amount_bytes;
}

LeaseInfo LeaseTable::info(SlotIndex slot) const noexcept {
    const HotSlot& lease = hot(slot);
    const ColdSlot& rest = spans_.cold[slot.value];
    LeaseInfo info{};
    info.slot = slot;
    info.ref = rest.ref;
    info.phase = lease.phase;
    if (lease.end_code != 0) {
        info.end = static_cast<ErrorCode>(lease.end_code);
    }
    info.revoke_state = revoke_state_of(lease.phase, info.end, rest.was_fenced);
    info.tenant = {lease.tenant};
    info.identity = Bytes{rest.identity}.first(rest.identity_size);
    info.resource = lease.resource;
    info.rights = rest.rights;
    info.extent = extent(slot);
    info.amount_bytes = rest.amount_bytes;
    info.epoch = {lease.epoch};
    info.generation = {lease.generation};
    info.ttl = {lease.timer.tag};
    info.granted_at = {rest.granted_at};
    info.expires_at = {lease.phase == Phase::active ? lease.timer.due : rest.expires_at};
    info.grace_ends_at = {rest.grace_ends_at};
    info.ended_at = {rest.ended_at};
    info.teardown_deadline = {rest.teardown_deadline};
    info.reason = rest.reason;
    info.has_pending_record = rest.has_pending_record;
    return info;
}

} // namespace grafos::lease
