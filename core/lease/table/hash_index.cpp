// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/hash_index.hpp"

#include <algorithm>
#include <bit>

namespace grafos::lease {

void HashIndex::start(std::span<Entry> entries) noexcept {
    GRAFOS_ASSERT(entries.size() >= 2 && std::has_single_bit(entries.size()));
    entries_ = entries;
    mask_ = entries.size() - 1;
    count_ = 0;
    std::ranges::fill(entries, Entry{});
}

void HashIndex::insert(uint32_t hash, SlotIndex slot) noexcept {
    GRAFOS_ASSERT(2 * count_ < entries_.size());
    size_t place = hash & mask_;
    while (entries_[place].slot_plus_one != 0) { // ends: at most half full
        place = (place + 1) & mask_;
    }
    entries_[place] = {hash, slot.value + 1};
    ++count_;
}

void HashIndex::erase(uint32_t hash, SlotIndex slot) noexcept {
    size_t hole = hash & mask_;
    while (entries_[hole].slot_plus_one != slot.value + 1) {
        GRAFOS_ASSERT(entries_[hole].slot_plus_one != 0); // the pair must be there
        hole = (hole + 1) & mask_;
    }
    GRAFOS_ASSERT(entries_[hole].hash == hash);
    // Each follower that may move into the hole without passing its own home does.
    size_t place = hole;
    while (true) { // ends: at most half full
        place = (place + 1) & mask_;
        const Entry follower = entries_[place];
        if (follower.slot_plus_one == 0) {
            break;
        }
        const size_t from_home = (place - follower.hash) & mask_;
        const size_t from_hole = (place - hole) & mask_;
        if (from_home >= from_hole) {
            entries_[hole] = follower;
            hole = place;
        }
    }
    entries_[hole] = {};
    --count_;
}

std::optional<SlotIndex> HashIndex::next(Probe& probe) const noexcept {
    while (true) { // ends: at most half full
        const Entry entry = entries_[probe.place];
        if (entry.slot_plus_one == 0) {
            return std::nullopt;
        }
        probe.place = (probe.place + 1) & mask_;
        if (entry.hash == probe.hash) {
            return SlotIndex{entry.slot_plus_one - 1};
        }
    }
}

bool HashIndex::check_invariants() const noexcept {
    size_t count = 0;
    for (size_t place = 0; place < entries_.size(); ++place) {
        const Entry entry = entries_[place];
        if (entry.slot_plus_one == 0) {
            continue;
        }
        ++count;
        // No hole between an entry's home and its place.
        const size_t from_home = (place - entry.hash) & mask_;
        for (size_t back = 1; back <= from_home; ++back) {
            if (entries_[(place - back) & mask_].slot_plus_one == 0) {
                return false;
            }
        }
    }
    return count == count_ && 2 * count <= entries_.size();
}

namespace {

struct SipState {
    uint64_t a, b, c, d;

    void round() noexcept {
        a += b;
        b = std::rotl(b, 13) ^ a;
        a = std::rotl(a, 32);
        c += d;
        d = std::rotl(d, 16) ^ c;
        a += d;
        d = std::rotl(d, 21) ^ a;
        c += b;
        b = std::rotl(b, 17) ^ c;
        c = std::rotl(c, 32);
    }
    void absorb(uint64_t word) noexcept {
        d ^= word;
        round();
        a ^= word;
    }
};

} // namespace

uint32_t keyed_hash(const HashKey& key, Bytes bytes16, Bytes rest) noexcept {
    GRAFOS_ASSERT(bytes16.size() == 16 && rest.size() <= 128);
    SipState state{key.first ^ 0x736f6d6570736575u, key.second ^ 0x646f72616e646f6du,
                   key.first ^ 0x6c7967656e657261u, key.second ^ 0x7465646279746573u};
    state.absorb(load_little_endian<uint64_t>(bytes16.data()));
    state.absorb(load_little_endian<uint64_t>(bytes16.data() + 8));
    size_t at = 0;
    for (; at + 8 <= rest.size(); at += 8) {
        state.absorb(load_little_endian<uint64_t>(rest.data() + at));
    }
    uint64_t last = uint64_t{16 + rest.size()} << 56;
    for (size_t i = 0; at + i < rest.size(); ++i) {
        last |= uint64_t{rest[at + i]} << (8 * i);
    }
    state.absorb(last);
    state.c ^= 0xff;
    state.round();
    state.round();
    state.round();
    return static_cast<uint32_t>(state.a ^ state.b ^ state.c ^ state.d);
}

} // namespace grafos::lease
