// SPDX-License-Identifier: Apache-2.0
/// The bytes of one lease slot, and the storage of a whole table.
///
/// Hot: what an access, a renewal and the wheel touch, exactly one cache line. Cold: what grants,
/// ends and lists touch. All zeroes is a valid state before `LeaseTable::start`, so that tables lie
/// in .bss.
#pragma once

#include <array>
#include <span>

#include "core/base/ids.hpp"
#include "core/base/limits.hpp"
#include "core/lease/audit/event.hpp"
#include "core/lease/table/hash_index.hpp"
#include "core/lease/table/phase.hpp"
#include "core/lease/table/timing_wheel.hpp"

namespace grafos::lease {

struct alignas(64) HotSlot {
    Timer timer{};         ///< due = the end of access while live; tag = ttl first granted, ms
    uint64_t id_first = 0; ///< the 96 random bits, in two words: compared without a branch
    uint64_t epoch = 0;
    uint32_t id_second = 0;
    uint32_t generation = 0;
    uint32_t first_unit = 0;
    uint32_t unit_count = 0;
    uint32_t tenant = 0;
    Phase phase = Phase::free;
    uint8_t resource = 0;
    uint16_t end_code = 0; ///< ErrorCode of the current or last lease's end; 0 = none
};
static_assert(sizeof(HotSlot) == 64);

struct alignas(64) ColdSlot {
    // First line: what an end touches.
    LeaseRef ref{};
    uint64_t expires_at = 0; ///< only since `active` was left; before, it is the timer's
    uint64_t grace_ends_at = 0;
    uint64_t ended_at = 0;
    uint64_t teardown_deadline = 0;
    uint32_t link = 0; ///< of the free or a teardown queue: slot + 1
    Reason reason = Reason::none;
    uint8_t identity_size = 0;
    bool has_alloc_key = false;
    bool has_pending_record = false;
    bool was_fenced = false;
    uint8_t rights = 0;
    uint32_t key_hash =
        0; ///< of the alloc key and the identity, so that an end need not look at them
    // Second line: what only grants and lists touch.
    alignas(64) AllocKey alloc_key{};
    uint64_t granted_at = 0;
    uint64_t amount_bytes = 0;
    std::array<uint8_t, limits::identity_bytes_max> identity{};
};
static_assert(sizeof(ColdSlot) == 128);

/// What a table works on. `hot` and `cold` have one entry a lease; the indexes have
/// `HashIndex::entries_for`, `in_use` has `SlotBitmap::words_for` of that.
struct LeaseTableSpans {
    std::span<HotSlot> hot{};
    std::span<ColdSlot> cold{};
    std::span<HashIndex::Entry> by_ref{};
    std::span<HashIndex::Entry> by_key{};
    std::span<uint64_t> in_use{};
    std::span<uint32_t> wheel_heads{};
    std::span<uint64_t> wheel_words{};
    WheelShape shape{};
};

template <uint32_t slot_count, WheelShape shape>
struct LeaseTableStorage {
    static_assert(slot_count > 0 && slot_count <= SlotBitmap::slot_count_max);

    std::array<HotSlot, slot_count> hot{};
    std::array<ColdSlot, slot_count> cold{};
    std::array<HashIndex::Entry, HashIndex::entries_for(slot_count)> by_ref{};
    std::array<HashIndex::Entry, HashIndex::entries_for(slot_count)> by_key{};
    std::array<uint64_t, SlotBitmap::words_for(slot_count)> in_use{};
    WheelStorage<shape> wheel{};

    [[nodiscard]] constexpr LeaseTableSpans spans() noexcept {
        return {hot, cold, by_ref, by_key, in_use, wheel.heads, wheel.words, shape};
    }
};

} // namespace grafos::lease
