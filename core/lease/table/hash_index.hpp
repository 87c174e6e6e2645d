// SPDX-License-Identifier: Apache-2.0
/// From a hash to the slots that may have it, in about one cache line.
///
/// Open addressing with linear probing over {hash, slot}; erasing shifts the followers back, so
/// there are no tombstones and probes never get longer with age. At most a quarter full, with
/// hashes nobody can choose (SHA-256 of a random id, or `keyed_hash`), so a probe nearly always
/// ends where it starts. The index does not know keys: whoever asks compares the candidates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"

namespace grafos::lease {

class HashIndex {
public:
    struct Entry {
        uint32_t hash = 0;
        uint32_t slot_plus_one = 0; ///< 0 = empty
    };
    /// Where a search stands.
    struct Probe {
        uint32_t hash = 0;
        size_t place = 0;
    };

    /// Entries for `slot_count` slots, each in the index at most once. A quarter full, not half: a
    /// branch that is nearly always predicted lets the CPU work on while the cache misses (-30 %).
    [[nodiscard]] static constexpr size_t entries_for(size_t slot_count) noexcept {
        size_t count = 2;
        while (count < 4 * slot_count) {
            count *= 2;
        }
        return count;
    }

    constexpr HashIndex() noexcept = default;
    /// `entries` is a power of two of zeroed entries and outlives the index.
    void start(std::span<Entry> entries) noexcept;

    void insert(uint32_t hash, SlotIndex slot) noexcept;
    /// The pair must be there.
    void erase(uint32_t hash, SlotIndex slot) noexcept;

    /// Says that `hash` will be looked at soon.
    void prefetch(uint32_t hash) const noexcept { __builtin_prefetch(&entries_[hash & mask_], 1); }

    [[nodiscard]] Probe probe(uint32_t hash) const noexcept { return {hash, hash & mask_}; }
    /// The next slot with the probe's hash; none at the end of its run.
    [[nodiscard]] std::optional<SlotIndex> next(Probe& probe) const noexcept;

    [[nodiscard]] size_t count() const noexcept { return count_; }
    [[nodiscard]] bool check_invariants() const noexcept;

private:
    std::span<Entry> entries_{};
    size_t mask_ = 0;
    size_t count_ = 0;
};

/// 128 secret bits, drawn once a boot.
struct HashKey {
    uint64_t first = 0;
    uint64_t second = 0;
};

/// SipHash-1-3 of 16 bytes and then `rest` (≤ 128 bytes): callers choose alloc keys, and must not
/// be able to choose where they land.
[[nodiscard]] uint32_t keyed_hash(const HashKey& key, Bytes bytes16, Bytes rest) noexcept;

} // namespace grafos::lease
