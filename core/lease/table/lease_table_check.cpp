// SPDX-License-Identifier: Apache-2.0
/// What must hold between all parts of a table at once; O(slots), for tests and the simulator.
#include "core/lease/table/lease_table.hpp"

namespace grafos::lease {
namespace {

constexpr uint64_t never = Instant::never().ms;

/// The fields of one slot against its phase.
bool is_consistent(const HotSlot& lease, const ColdSlot& rest) noexcept {
    const bool has_end = lease.end_code != 0;
    switch (lease.phase) {
    case Phase::free:
        return lease.timer.due == never && !rest.has_pending_record &&
               rest.teardown_deadline == never;
    case Phase::active: return !has_end && lease.timer.due != never && rest.ended_at == never;
    case Phase::revoke_warning: return has_end && lease.timer.due == rest.expires_at;
    case Phase::grace_running:
    case Phase::checkpoint_reported:
        return has_end && lease.timer.due == rest.grace_ends_at &&
               lease.timer.due <= rest.expires_at;
    case Phase::tearing_down:
        return has_end && lease.timer.due == never && rest.ended_at != never && !rest.was_fenced;
    case Phase::fenced:
        return has_end && lease.timer.due == never && rest.was_fenced && !rest.has_pending_record;
    }
    return false;
}

} // namespace

uint32_t LeaseTable::count_queue(const Queue& queue) const noexcept {
    uint32_t length = 0;
    uint32_t last = 0;
    for (uint32_t link = queue.first; link != 0; link = spans_.cold[link - 1].link) {
        if (length == capacity()) {
            return SlotBitmap::none; // a ring
        }
        ++length;
        last = link;
    }
    return last == queue.last ? length : SlotBitmap::none;
}

/// Each queue holds the slots it should, and no other is in one: the counts would not add up.
bool LeaseTable::check_queues() const noexcept {
    for (uint32_t link = free_.first; link != 0; link = spans_.cold[link - 1].link) {
        if (spans_.hot[link - 1].phase != Phase::free) {
            return false;
        }
    }
    uint32_t ended = 0;
    for (uint8_t resource = 0; resource < resources_max; ++resource) {
        const uint32_t length = count_queue(teardown_[resource]);
        if (length == SlotBitmap::none) {
            return false;
        }
        ended += length;
        for (uint32_t link = teardown_[resource].first; link != 0;
             link = spans_.cold[link - 1].link) {
            const HotSlot& lease = spans_.hot[link - 1];
            const bool is_ended =
                lease.phase == Phase::tearing_down || lease.phase == Phase::fenced;
            if (!is_ended || lease.resource != resource) {
                return false;
            }
        }
    }
    return ended == count_in(Phase::tearing_down) + count_in(Phase::fenced);
}

bool LeaseTable::check_invariants() const noexcept {
    uint32_t counts[phase_count] = {};
    size_t refs = 0;
    size_t keys = 0;
    for (uint32_t slot = 0; slot < capacity(); ++slot) {
        const HotSlot& lease = spans_.hot[slot];
        const ColdSlot& rest = spans_.cold[slot];
        ++counts[static_cast<size_t>(lease.phase)];
        if (!is_consistent(lease, rest) || in_use_.contains(slot) != (lease.phase != Phase::free)) {
            return false;
        }
        if (lease.phase != Phase::free || lease.end_code != 0) {
            ++refs;
            if (slot_of_ref(rest.ref) != SlotIndex{slot}) {
                return false;
            }
        }
        keys += is_live(lease.phase) && rest.has_alloc_key ? 1u : 0u;
    }
    for (size_t phase = 0; phase < phase_count; ++phase) {
        if (counts[phase] != phase_counts_[phase]) {
            return false;
        }
    }
    const bool queues_agree = count_queue(free_) == count_in(Phase::free) && check_queues();
    return queues_agree && by_ref_.count() == refs && by_key_.count() == keys &&
           by_ref_.check_invariants() && by_key_.check_invariants() && wheel_.check_invariants();
}

} // namespace grafos::lease
