// SPDX-License-Identifier: Apache-2.0
/// The way from one node to another: what happens to each packet on it.
///
///     arrive → cut? drop? → copy? → flip? → hold back? → delay → clogged? → leave
///
/// It knows no socket and no clock; both are the relay's.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tools/netem/faults.hpp"

namespace grafos::netem {

using Payload = std::span<const uint8_t>;
using Nanoseconds = uint64_t; ///< of a clock that only rises
inline constexpr Nanoseconds never = std::numeric_limits<Nanoseconds>::max();
inline constexpr Nanoseconds ns_per_ms = 1'000'000;

/// A packet on its way. `flow` is whose it is, where many clients share a lane.
struct Parcel {
    uint32_t flow = 0;
    uint64_t number = 0; ///< of the arrival, from 0
    std::vector<uint8_t> bytes;
};

/// Where packets go that leave a lane. Takes a copy or sends at once.
class LaneExit {
public:
    virtual void leave(uint32_t flow, uint64_t number, Payload bytes) = 0;

protected:
    ~LaneExit() = default;
};

struct LaneCounters {
    uint64_t arrived = 0, arrived_bytes = 0, left = 0, left_bytes = 0;
    uint64_t dropped = 0; ///< by drop
    uint64_t cut = 0;     ///< by a partition
    uint64_t duplicated = 0, flipped = 0, reordered = 0, delayed = 0, clogged = 0;
    uint64_t overflowed = 0; ///< the lane already held parcels_max
    uint64_t foreign = 0;    ///< not from the node whose lane this is; no part of `arrived`
    uint64_t refused = 0;    ///< the kernel did not take it, or the client is gone
};

class Lane {
public:
    static constexpr size_t parcels_max = 65'536;
    /// A packet held back leaves after this, though nothing passed it.
    static constexpr Nanoseconds hold_ns_max = 100 * ns_per_ms;

    Lane(std::string from, std::string to, uint64_t seed);

    /// One packet has arrived; it, others or none leave now.
    void take(uint32_t flow, Payload bytes, Nanoseconds now, LaneExit& exit);
    /// Lets go of what is due.
    void advance(Nanoseconds now, LaneExit& exit);
    /// When `advance` has something to do; `never` if nothing waits.
    [[nodiscard]] Nanoseconds next_due() const;

    /// Clogging is switched in the faults; `until` ends it by itself.
    void set_faults(const Faults& faults, Nanoseconds clogged_until = never);
    /// From the first number again, with other dice. What is under way stays so.
    void set_seed(uint64_t seed);

    [[nodiscard]] const Faults& faults() const { return faults_; }
    [[nodiscard]] const std::string& from() const { return from_; }
    [[nodiscard]] const std::string& to() const { return to_; }
    [[nodiscard]] size_t waiting() const { return held_.size() + late_.size() + clogged_.size(); }
    [[nodiscard]] Json json() const;

    LaneCounters counters{};

private:
    struct Held {
        Parcel parcel;
        uint32_t still_to_pass;
        Nanoseconds until;
    };
    struct Late {
        Parcel parcel;
        Nanoseconds leaves_at;
    };

    void go(Parcel parcel, Nanoseconds now, LaneExit& exit, uint32_t copy);
    void hold_or_delay(Parcel parcel, Nanoseconds now, LaneExit& exit, uint32_t copy);
    void let_pass(Nanoseconds now, LaneExit& exit);
    void delay(Parcel parcel, Nanoseconds now, LaneExit& exit, uint32_t copy);
    void depart(Parcel parcel, LaneExit& exit);
    void flip(Parcel& parcel, uint32_t copy);

    std::string from_, to_;
    Dice dice_;
    Faults faults_{};
    uint64_t next_number_ = 0;
    Nanoseconds clogged_until_ = never;
    std::deque<Held> held_;      // oldest first
    std::deque<Late> late_;      // in order: one that is due waits for those before it
    std::deque<Parcel> clogged_; // in order
};

} // namespace grafos::netem
