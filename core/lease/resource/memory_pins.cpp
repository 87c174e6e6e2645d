// SPDX-License-Identifier: Apache-2.0
#include "core/lease/resource/memory_pins.hpp"

namespace grafos::lease {
namespace {

bool overlap(Extent a, Extent b) noexcept {
    return a.first_unit < b.first_unit + b.unit_count && b.first_unit < a.first_unit + a.unit_count;
}

uint32_t generation_of(uint64_t word) noexcept {
    return static_cast<uint32_t>(word >> 32);
}

} // namespace

Result<LaneHandle> MemoryPins::open(Extent extent) noexcept {
    GRAFOS_ASSERT(extent.unit_count > 0);
    for (uint32_t index = 0; index < slots_.size(); ++index) {
        Slot& slot = slots_[index];
        if (slot.is_open) {
            continue;
        }
        // A straggler of an earlier lane may be counting itself in and out again: keep its pins.
        const uint64_t before = slot.word.load(std::memory_order_acquire);
        const uint32_t generation = generation_of(before) + 1;
        if ((before & pins_mask) != 0 || generation == 0) {
            continue;
        }
        slot.extent = extent;
        slot.is_open = true;
        slot.is_drained = false;
        // Counted up, not stored: the straggler's own decrement must still find its pin.
        slot.word.fetch_add((uint64_t{1} << 32) + live_bit, std::memory_order_release);
        return LaneHandle{index, generation};
    }
    return Error{ErrorCode::capacity_exceeded, Field::slot, slots_.size() + 1, slots_.size()};
}

void MemoryPins::close(Extent extent) noexcept {
    for (Slot& slot : slots_) {
        if (slot.is_open && overlap(slot.extent, extent)) {
            slot.word.fetch_and(~live_bit, std::memory_order_seq_cst);
        }
    }
}

uint32_t MemoryPins::pin_count(Extent extent) const noexcept {
    uint64_t pins = 0;
    for (Slot& slot : slots_) {
        if (!slot.is_open || slot.is_drained || !overlap(slot.extent, extent)) {
            continue;
        }
        const uint64_t word = slot.word.load(std::memory_order_seq_cst);
        pins += word & pins_mask;
        // Latched: a late try_pin still counts itself in and out again, without ever holding a pin.
        slot.is_drained = (word & (live_bit | pins_mask)) == 0;
    }
    return static_cast<uint32_t>(pins);
}

void MemoryPins::forget(Extent extent) noexcept {
    for (Slot& slot : slots_) {
        if (slot.is_open && overlap(slot.extent, extent)) {
            GRAFOS_ASSERT(slot.is_drained);
            slot.is_open = false;
        }
    }
}

Extent MemoryPins::try_pin(LaneHandle lane) noexcept {
    GRAFOS_ASSERT(lane.slot < slots_.size());
    Slot& slot = slots_[lane.slot];
    const uint64_t before = slot.word.fetch_add(1, std::memory_order_seq_cst);
    GRAFOS_ASSERT((before & pins_mask) < pins_mask);
    if ((before & live_bit) == 0 || generation_of(before) != lane.generation) {
        slot.word.fetch_sub(1, std::memory_order_seq_cst);
        return {};
    }
    return slot.extent;
}

void MemoryPins::unpin(LaneHandle lane) noexcept {
    GRAFOS_ASSERT(lane.slot < slots_.size());
    const uint64_t before = slots_[lane.slot].word.fetch_sub(1, std::memory_order_release);
    GRAFOS_ASSERT((before & pins_mask) > 0);
}

} // namespace grafos::lease
