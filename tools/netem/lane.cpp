// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/lane.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace grafos::netem {

Lane::Lane(std::string from, std::string to, uint64_t seed)
    : from_(std::move(from)), to_(std::move(to)), dice_(seed, from_, to_) {}

void Lane::set_seed(uint64_t seed) {
    dice_ = Dice{seed, from_, to_};
    next_number_ = 0;
}

void Lane::set_faults(const Faults& faults, Nanoseconds clogged_until) {
    faults_ = faults;
    clogged_until_ = faults.clog ? clogged_until : never;
}

void Lane::take(uint32_t flow, Payload bytes, Nanoseconds now, LaneExit& exit) {
    const uint64_t number = next_number_++;
    ++counters.arrived;
    counters.arrived_bytes += bytes.size();
    if (faults_.cut) {
        ++counters.cut;
        return;
    }
    if (dice_.hits(number, Purpose::drop, faults_.drop)) {
        ++counters.dropped;
        return;
    }
    if (faults_ == Faults{} && waiting() == 0) { // a clean lane copies nothing
        ++counters.left;
        counters.left_bytes += bytes.size();
        exit.leave(flow, number, bytes);
        return;
    }
    const bool is_doubled = dice_.hits(number, Purpose::duplicate, faults_.duplicate);
    for (uint32_t copy = 0; copy < (is_doubled ? 2u : 1u); ++copy) {
        if (waiting() >= parcels_max) {
            ++counters.overflowed;
            return;
        }
        counters.duplicated += copy;
        go({flow, number, {bytes.begin(), bytes.end()}}, now, exit, copy);
    }
}

void Lane::go(Parcel parcel, Nanoseconds now, LaneExit& exit, uint32_t copy) {
    const bool is_flipped = dice_.hits(parcel.number, Purpose::flip, faults_.flip, copy);
    if (is_flipped && !parcel.bytes.empty()) {
        flip(parcel, copy);
    }
    hold_or_delay(std::move(parcel), now, exit, copy);
}

void Lane::flip(Parcel& parcel, uint32_t copy) {
    const uint64_t bits = parcel.bytes.size() * 8;
    const uint64_t count = std::min<uint64_t>(faults_.flip_bits, bits);
    std::set<uint64_t> chosen; // a bit inverted twice would be whole again
    for (uint32_t i = 0; i < count; ++i) {
        uint64_t at = dice_.draw(parcel.number, Purpose::flip_bit, copy << 16 | i) % bits;
        while (!chosen.insert(at).second) {
            at = (at + 1) % bits;
        }
        parcel.bytes[at / 8] ^= static_cast<uint8_t>(1u << at % 8);
    }
    ++counters.flipped;
}

void Lane::hold_or_delay(Parcel parcel, Nanoseconds now, LaneExit& exit, uint32_t copy) {
    if (dice_.hits(parcel.number, Purpose::reorder, faults_.reorder, copy)) {
        ++counters.reordered;
        held_.push_back({std::move(parcel), faults_.reorder_depth, now + hold_ns_max});
        return;
    }
    delay(std::move(parcel), now, exit, copy);
    let_pass(now, exit);
}

/// A packet has passed those held back.
void Lane::let_pass(Nanoseconds now, LaneExit& exit) {
    for (Held& held : held_) {
        held.still_to_pass -= held.still_to_pass > 0 ? 1u : 0u;
    }
    while (!held_.empty() && held_.front().still_to_pass == 0) {
        Parcel parcel = std::move(held_.front().parcel);
        held_.pop_front();
        delay(std::move(parcel), now, exit, 0);
    }
}

void Lane::delay(Parcel parcel, Nanoseconds now, LaneExit& exit, uint32_t copy) {
    if (faults_.delay_max_ms <= 0 && late_.empty()) {
        depart(std::move(parcel), exit);
        return;
    }
    const double share =
        static_cast<double>(dice_.draw(parcel.number, Purpose::delay, copy) >> 11) * 0x1p-53;
    const double ms = faults_.delay_min_ms + share * (faults_.delay_max_ms - faults_.delay_min_ms);
    const auto leaves_at = now + static_cast<Nanoseconds>(ms * static_cast<double>(ns_per_ms));
    counters.delayed += ms > 0 ? 1u : 0u;
    late_.push_back({std::move(parcel), leaves_at});
}

void Lane::depart(Parcel parcel, LaneExit& exit) {
    if (faults_.clog || !clogged_.empty()) {
        ++counters.clogged;
        clogged_.push_back(std::move(parcel));
        return;
    }
    ++counters.left;
    counters.left_bytes += parcel.bytes.size();
    exit.leave(parcel.flow, parcel.number, parcel.bytes);
}

void Lane::advance(Nanoseconds now, LaneExit& exit) {
    if (faults_.clog && now >= clogged_until_) {
        faults_.clog = false;
        clogged_until_ = never;
    }
    if (!faults_.clog) {
        for (std::deque<Parcel> freed = std::exchange(clogged_, {}); Parcel & parcel : freed) {
            depart(std::move(parcel), exit);
        }
    }
    while (!held_.empty() && held_.front().until <= now) {
        Parcel parcel = std::move(held_.front().parcel);
        held_.pop_front();
        delay(std::move(parcel), now, exit, 0);
    }
    while (!late_.empty() && late_.front().leaves_at <= now) {
        Parcel parcel = std::move(late_.front().parcel);
        late_.pop_front();
        depart(std::move(parcel), exit);
    }
}

Nanoseconds Lane::next_due() const {
    Nanoseconds due = faults_.clog ? clogged_until_ : never;
    if (!faults_.clog && !clogged_.empty()) {
        due = 0;
    }
    if (!held_.empty()) {
        due = std::min(due, held_.front().until);
    }
    if (!late_.empty()) {
        due = std::min(due, late_.front().leaves_at);
    }
    return due;
}

Json Lane::json() const {
    const LaneCounters& c = counters;
    return {{"from", from_},
            {"to", to_},
            {"faults", json_of(faults_)},
            {"counters",
             {{"arrived", c.arrived},
              {"arrived_bytes", c.arrived_bytes},
              {"left", c.left},
              {"left_bytes", c.left_bytes},
              {"dropped", c.dropped},
              {"cut", c.cut},
              {"duplicated", c.duplicated},
              {"flipped", c.flipped},
              {"reordered", c.reordered},
              {"delayed", c.delayed},
              {"clogged", c.clogged},
              {"overflowed", c.overflowed},
              {"foreign", c.foreign},
              {"refused", c.refused},
              {"waiting", waiting()}}}};
}

} // namespace grafos::netem
