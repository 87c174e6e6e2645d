// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/holdings.hpp"

#include <algorithm>

#include "core/lease/renewal/policy.hpp"

namespace grafos::fabric {
namespace {

/// Lease ids are 96 random bits from the node: nobody chooses where they land here.
[[nodiscard]] uint32_t hash_of(const LeaseId& lease) noexcept {
    return static_cast<uint32_t>(lease::mix(lease::jitter_seed(lease)));
}

} // namespace

void Holdings::start() noexcept {
    const size_t size = storage_.slots.size();
    GRAFOS_ASSERT(storage_.free.size() == size && storage_.work.size() == size);
    GRAFOS_ASSERT(free_count_ == 0 && work_count_ == 0);
    index_.start(storage_.index);
    for (size_t i = 0; i < size; ++i) { // the lowest slot is taken first
        storage_.free[i] = static_cast<uint32_t>(size - 1 - i);
    }
    free_count_ = static_cast<uint32_t>(size);
}

Result<HoldingHandle> Holdings::take() noexcept {
    if (free_count_ == 0) {
        const size_t size = storage_.slots.size();
        return Error{ErrorCode::capacity_exceeded, Field::slot, size + 1, size};
    }
    free_count_ -= 1;
    Holding& holding = storage_.slots[storage_.free[free_count_]];
    GRAFOS_ASSERT(holding.phase == Holding::Phase::free);
    holding.phase = Holding::Phase::acquiring;
    return handle_of(holding);
}

void Holdings::give_back(Holding& holding) noexcept {
    GRAFOS_ASSERT(holding.phase != Holding::Phase::free && !holding.is_working);
    GRAFOS_ASSERT(free_count_ < storage_.free.size());
    const uint32_t next = std::max(holding.generation + 1, 1u); // 0 names none
    holding.remote.reset();
    holding.local.reset();
    holding.state = {};
    holding.terms = {};
    holding.phase = Holding::Phase::free;
    holding.generation = next;
    storage_.free[free_count_] = slot_of(holding);
    free_count_ += 1;
}

uint32_t Holdings::slot_of(const Holding& holding) const noexcept {
    const auto slot = static_cast<uint32_t>(&holding - storage_.slots.data());
    GRAFOS_ASSERT(slot < storage_.slots.size());
    return slot;
}

Holding* Holdings::find(HoldingHandle handle) noexcept {
    if (handle.slot >= storage_.slots.size() || handle.generation == 0) {
        return nullptr;
    }
    Holding& holding = storage_.slots[handle.slot];
    const bool is_same =
        holding.generation == handle.generation && holding.phase != Holding::Phase::free;
    return is_same ? &holding : nullptr;
}

HoldingHandle Holdings::handle_of(const Holding& holding) const noexcept {
    return {slot_of(holding), holding.generation};
}

uint32_t Holdings::find_slot(const LeaseId& lease) const noexcept {
    lease::HashIndex::Probe probe = index_.probe(hash_of(lease));
    while (const std::optional<SlotIndex> slot = index_.next(probe)) { // at most all slots
        if (is_same_secret(storage_.slots[slot->value].state.lease.lease, lease)) {
            return slot->value;
        }
    }
    return none;
}

Holding* Holdings::find(const LeaseId& lease) noexcept {
    const uint32_t slot = find_slot(lease);
    return slot == none ? nullptr : &storage_.slots[slot];
}

const lease::Token* Holdings::token_of(const LeaseId& lease) const noexcept {
    const uint32_t slot = find_slot(lease);
    return slot == none ? nullptr : &storage_.slots[slot].terms.token;
}

void Holdings::add_lease(Holding& holding) noexcept {
    GRAFOS_ASSERT(!holding.state.lease.lease.is_zero());
    GRAFOS_ASSERT(find_slot(holding.state.lease.lease) == none);
    index_.insert(hash_of(holding.state.lease.lease), {slot_of(holding)});
}

void Holdings::remove_lease(Holding& holding) noexcept {
    GRAFOS_ASSERT(find_slot(holding.state.lease.lease) == slot_of(holding));
    index_.erase(hash_of(holding.state.lease.lease), {slot_of(holding)});
}

void Holdings::add_work(Holding& holding) noexcept {
    if (holding.is_working) {
        return;
    }
    const size_t size = storage_.work.size();
    GRAFOS_ASSERT(work_count_ < size);
    storage_.work[(work_first_ + work_count_) % size] = slot_of(holding);
    work_count_ += 1;
    holding.is_working = true;
}

Holding* Holdings::take_work() noexcept {
    if (work_count_ == 0) {
        return nullptr;
    }
    Holding& holding = storage_.slots[storage_.work[work_first_]];
    GRAFOS_ASSERT(holding.is_working);
    work_first_ = static_cast<uint32_t>((work_first_ + 1) % storage_.work.size());
    work_count_ -= 1;
    holding.is_working = false;
    return &holding;
}

} // namespace grafos::fabric
