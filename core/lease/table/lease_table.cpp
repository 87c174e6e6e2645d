// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/lease_table.hpp"

#include <algorithm>

namespace grafos::lease {
namespace {

struct IdTail {
    uint64_t first;
    uint32_t second;
};

IdTail tail_of(const LeaseId& id) noexcept {
    return {load_big_endian<uint64_t>(id.bytes.data() + 4),
            load_big_endian<uint32_t>(id.bytes.data() + 12)};
}

/// No branch depends on which bits differ.
bool has_id(const HotSlot& slot, const IdTail& tail) noexcept {
    uint64_t difference = (slot.id_first ^ tail.first) | (slot.id_second ^ tail.second);
    asm volatile("" : "+r"(difference)); // keeps the two comparisons from being split
    return difference == 0;
}

uint32_t hash_of(const LeaseRef& ref) noexcept {
    return load_big_endian<uint32_t>(ref.bytes.data()); // SHA-256 of a random id: as good as random
}

Result<Instant> end_after(Instant now, Duration ttl) noexcept {
    if (ttl < limits::lease_ttl_min) {
        return Error{ErrorCode::invalid_argument, Field::ttl, ttl.ms, limits::lease_ttl_min.ms};
    }
    if (ttl > limits::lease_ttl_max) {
        return Error{ErrorCode::invalid_argument, Field::ttl, ttl.ms, limits::lease_ttl_max.ms};
    }
    return checked_add(now, ttl);
}

bool is_valid_ttl(Duration ttl, Instant now) noexcept {
    return ttl >= limits::lease_ttl_min && ttl <= limits::lease_ttl_max &&
           ttl.ms < Instant::never().ms - now.ms;
}

/// The one place that says whether a slot gives access (protocol §1): phase, then time.
bool gives_access(const HotSlot& slot, Instant now) noexcept {
    return is_live(slot.phase) && is_before_deadline(now, {slot.timer.due});
}

/// The generation of now and the one before it: sharers and reordered frames are not cut off.
bool accepts(const HotSlot& slot, Generation generation) noexcept {
    const bool is_previous = slot.generation > 0 && generation.value == slot.generation - 1;
    return generation.value == slot.generation || is_previous;
}

/// What a lease answers that is over, or whose deadline has come unswept.
Error end_error(const HotSlot& slot) noexcept {
    const bool is_latched = slot.end_code != 0;
    return {is_latched ? static_cast<ErrorCode>(slot.end_code) : ErrorCode::lease_expired,
            Field::lease};
}

constexpr uint64_t never = Instant::never().ms;

} // namespace

void LeaseTable::start(Instant now, const HashKey& key) noexcept {
    const auto count = static_cast<uint32_t>(spans_.hot.size());
    GRAFOS_ASSERT(count > 0 && spans_.cold.size() == count);
    GRAFOS_ASSERT(spans_.by_ref.size() >= HashIndex::entries_for(count));
    GRAFOS_ASSERT(spans_.by_key.size() >= HashIndex::entries_for(count));
    std::ranges::fill(spans_.hot, HotSlot{});
    ColdSlot unused{};
    unused.grace_ends_at = unused.ended_at = unused.teardown_deadline = never;
    std::ranges::fill(spans_.cold, unused);
    by_ref_.start(spans_.by_ref);
    by_key_.start(spans_.by_key);
    in_use_.start(spans_.in_use, count);
    wheel_.start(TimerView::of(spans_.hot, &HotSlot::timer), spans_.wheel_heads, spans_.wheel_words,
                 spans_.shape, now);
    hash_key_ = key;
    free_ = {};
    std::ranges::fill(teardown_, Queue{});
    std::ranges::fill(phase_counts_, 0u);
    phase_counts_[static_cast<size_t>(Phase::free)] = count;
    for (uint32_t slot = 0; slot < count; ++slot) {
        push_back(free_, slot);
    }
}

// --- grant and renew ---

Result<SlotIndex> LeaseTable::next_free() const noexcept {
    if (free_.first == 0) {
        return Error{ErrorCode::capacity_exceeded, Field::lease, uint64_t{capacity()} + 1,
                     capacity()};
    }
    return SlotIndex{free_.first - 1};
}

Result<> LeaseTable::check_grant(Bytes identity, Duration ttl, Instant now) const noexcept {
    GRAFOS_TRY(next_free());
    if (identity.size() > limits::identity_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::identity, identity.size(),
                     limits::identity_bytes_max};
    }
    GRAFOS_TRY(end_after(now, ttl));
    return ok();
}

Result<SlotIndex> LeaseTable::grant(const GrantSpec& spec, Instant now) noexcept {
    const bool is_acceptable = free_.first != 0 && is_valid_ttl(spec.ttl, now) &&
                               spec.identity.size() <= limits::identity_bytes_max;
    if (!is_acceptable) {
        return check_grant(spec.identity, spec.ttl, now).error();
    }
    const SlotIndex slot = slot_of(spec.id);
    GRAFOS_ASSERT(slot.value + 1 == free_.first); // the id was made for the slot it gets
    GRAFOS_ASSERT(spec.extent.unit_count > 0 && spec.extent.unit_count <= 0xffff'ffffu);
    GRAFOS_ASSERT(spec.extent.first_unit <= 0xffff'ffffu);
    GRAFOS_ASSERT(spec.resource < resources_max);
    GRAFOS_ASSERT(hot(slot).phase == Phase::free && hot(slot).timer.due == never);
    const Instant due{now.ms + spec.ttl.ms}; // checked above

    // In a large table each of these is a cache miss: let them overlap with what comes first.
    wheel_.prefetch(due);
    by_ref_.prefetch(hash_of(spec.ref));
    forget_last(slot);
    static_cast<void>(pop_front(free_));
    prefetch_next_free();

    fill_hot(slot, spec);
    fill_cold(slot, spec, now);
    if (ColdSlot& rest = spans_.cold[slot.value]; rest.has_alloc_key) {
        rest.key_hash = keyed_hash(hash_key_, spec.alloc_key.view(), spec.identity);
        by_key_.insert(rest.key_hash, slot);
    }
    in_use_.set(slot.value);
    wheel_.schedule(slot.value, due);
    change_phase(slot, Phase::active);
    by_ref_.insert(hash_of(spec.ref), slot);
    return slot;
}

void LeaseTable::fill_hot(SlotIndex slot, const GrantSpec& spec) noexcept {
    HotSlot& lease = hot(slot);
    const IdTail tail = tail_of(spec.id);
    lease.id_first = tail.first;
    lease.id_second = tail.second;
    lease.epoch = spec.epoch.value;
    lease.generation = 0;
    lease.first_unit = static_cast<uint32_t>(spec.extent.first_unit);
    lease.unit_count = static_cast<uint32_t>(spec.extent.unit_count);
    lease.tenant = spec.tenant.value;
    lease.resource = spec.resource;
    lease.end_code = 0;
    lease.timer.tag = static_cast<uint32_t>(spec.ttl.ms);
}

void LeaseTable::fill_cold(SlotIndex slot, const GrantSpec& spec, Instant now) noexcept {
    ColdSlot& rest = spans_.cold[slot.value];
    rest.ref = spec.ref;
    rest.grace_ends_at = never;
    rest.ended_at = never;
    rest.teardown_deadline = never;
    rest.reason = Reason::none;
    rest.identity_size = static_cast<uint8_t>(spec.identity.size());
    rest.has_alloc_key = spec.alloc_key != AllocKey{};
    rest.has_pending_record = false;
    rest.was_fenced = false;
    rest.rights = spec.rights;
    rest.alloc_key = spec.alloc_key;
    rest.granted_at = now.ms;
    rest.amount_bytes = spec.amount_bytes;
    copy_bytes(rest.identity, spec.identity);
}

/// The next grants take the slots that have been free for longest, which no cache remembers. What
/// the next one erases is asked for now, since the slot itself was asked for one grant ago.
void LeaseTable::prefetch_next_free() const noexcept {
    if (free_.first == 0) {
        return;
    }
    const ColdSlot& next = spans_.cold[free_.first - 1];
    by_ref_.prefetch(hash_of(next.ref));
    if (next.link != 0) {
        const uint32_t after = next.link - 1;
        __builtin_prefetch(&spans_.hot[after], 1);
        __builtin_prefetch(&spans_.cold[after], 1);
        __builtin_prefetch(&spans_.cold[after].alloc_key, 1);
    }
}

/// The slot is about to be reused: its last lease is not found any more.
void LeaseTable::forget_last(SlotIndex slot) noexcept {
    if (hot(slot).end_code != 0) {
        by_ref_.erase(hash_of(spans_.cold[slot.value].ref), slot);
    }
}

Result<RenewPlan> LeaseTable::plan_renew(SlotIndex slot, Generation generation, Instant now,
                                         Duration ttl) const noexcept {
    const HotSlot& lease = hot(slot);
    if (lease.phase != Phase::active || !gives_access(lease, now)) {
        return end_error(lease); // in grace: the revocation's own code
    }
    const Generation ours{lease.generation};
    if (ours.value > 0 && generation.value == ours.value - 1) {
        return RenewPlan{true, ours, {lease.timer.due}};
    }
    if (generation != ours) {
        return Error{ErrorCode::stale_epoch, Field::generation, generation.value, ours.value};
    }
    if (ours.value == 0xffff'ffffu) {
        return Error{ErrorCode::exhausted, Field::generation, ours.value, ours.value};
    }
    const Duration length = ttl == Duration{0} ? Duration{lease.timer.tag} : ttl;
    if (!is_valid_ttl(length, now)) {
        return end_after(now, length).error();
    }
    const uint64_t latest = std::max(now.ms + length.ms, lease.timer.due);
    return RenewPlan{false, {ours.value + 1}, {latest}};
}

void LeaseTable::renew(SlotIndex slot, const RenewPlan& plan) noexcept {
    HotSlot& lease = hot(slot);
    GRAFOS_ASSERT(lease.phase == Phase::active);
    if (plan.is_repeat) {
        GRAFOS_ASSERT(plan.generation.value == lease.generation);
        return;
    }
    GRAFOS_ASSERT(plan.generation.value == lease.generation + 1);
    GRAFOS_ASSERT(plan.expires_at.ms >= lease.timer.due);
    lease.generation = plan.generation.value;
    wheel_.schedule(slot.value, plan.expires_at);
}

// --- finding and checking ---

Result<> LeaseTable::check_live(SlotIndex slot, Instant now) const noexcept {
    const HotSlot& lease = hot(slot);
    if (gives_access(lease, now)) {
        return ok();
    }
    if (lease.phase == Phase::free && lease.end_code == 0) {
        return Error{ErrorCode::not_found, Field::lease}; // never used
    }
    return end_error(lease);
}

void LeaseTable::prefetch(const LeaseId& id) const noexcept {
    const SlotIndex slot = slot_of(id);
    if (slot.value < spans_.hot.size()) {
        __builtin_prefetch(&spans_.hot[slot.value], 1);
        __builtin_prefetch(&spans_.cold[slot.value], 1);
    }
}

void LeaseTable::prefetch(const LeaseRef& ref) const noexcept {
    by_ref_.prefetch(hash_of(ref));
}

Result<SlotIndex> LeaseTable::find(const LeaseId& id, Instant now) const noexcept {
    const SlotIndex slot = slot_of(id);
    if (slot.value >= spans_.hot.size() || !has_id(spans_.hot[slot.value], tail_of(id))) {
        return Error{ErrorCode::not_found, Field::lease};
    }
    if (gives_access(spans_.hot[slot.value], now)) {
        return slot;
    }
    return check_live(slot, now).error();
}

std::optional<SlotIndex> LeaseTable::slot_of_ref(const LeaseRef& ref) const noexcept {
    HashIndex::Probe probe = by_ref_.probe(hash_of(ref));
    std::optional<SlotIndex> slot = by_ref_.next(probe);
    while (slot.has_value() && spans_.cold[slot->value].ref != ref) { // ends with the probe
        slot = by_ref_.next(probe);
    }
    return slot;
}

Result<SlotIndex> LeaseTable::find(const LeaseRef& ref, Instant now) const noexcept {
    const std::optional<SlotIndex> slot = slot_of_ref(ref);
    if (!slot.has_value()) {
        return Error{ErrorCode::not_found, Field::lease_ref};
    }
    GRAFOS_TRY(check_live(*slot, now));
    return *slot;
}

std::optional<SlotIndex> LeaseTable::find(Bytes identity, const AllocKey& key,
                                          Instant now) const noexcept {
    GRAFOS_ASSERT(!key.is_zero());
    HashIndex::Probe probe = by_key_.probe(keyed_hash(hash_key_, key.view(), identity));
    std::optional<SlotIndex> slot = by_key_.next(probe);
    while (slot.has_value()) { // ends with the probe
        const ColdSlot& rest = spans_.cold[slot->value];
        const Bytes holder = Bytes{rest.identity}.first(rest.identity_size);
        if (rest.alloc_key == key && is_equal(holder, identity) && check_live(*slot, now).is_ok()) {
            return slot;
        }
        slot = by_key_.next(probe);
    }
    return std::nullopt;
}

Result<SlotIndex> LeaseTable::check_access(const LeaseId& id, Epoch epoch, Generation generation,
                                           Instant now) const noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, find(id, now));
    return check_holder(slot, epoch, generation);
}

Result<SlotIndex> LeaseTable::check_access(const LeaseRef& ref, Epoch epoch, Generation generation,
                                           Instant now) const noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, find(ref, now));
    return check_holder(slot, epoch, generation);
}

Result<SlotIndex> LeaseTable::check_holder(SlotIndex slot, Epoch epoch,
                                           Generation generation) const noexcept {
    const HotSlot& lease = hot(slot);
    if (epoch.value != lease.epoch) {
        return Error{ErrorCode::stale_epoch, Field::epoch, epoch.value, lease.epoch};
    }
    if (!accepts(lease, generation)) {
        return Error{ErrorCode::stale_epoch, Field::generation, generation.value, lease.generation};
    }
    return slot;
}

Result<> LeaseTable::check_access(SlotIndex slot, Epoch epoch, Generation generation,
                                  Instant now) const noexcept {
    GRAFOS_TRY(check_lease(slot, epoch, now));
    if (!accepts(hot(slot), generation)) {
        return Error{ErrorCode::stale_epoch, Field::generation, generation.value,
                     hot(slot).generation};
    }
    return ok();
}

Result<> LeaseTable::check_lease(SlotIndex slot, Epoch epoch, Instant now) const noexcept {
    if (slot.value >= spans_.hot.size() || spans_.hot[slot.value].epoch != epoch.value) {
        return Error{ErrorCode::not_found, Field::lease};
    }
    return check_live(slot, now);
}

} // namespace grafos::lease
