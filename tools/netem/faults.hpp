// SPDX-License-Identifier: Apache-2.0
/// What is wrong with the way from one node to another, and the dice that decide for each packet.
#pragma once

#include <cstdint>
#include <string_view>

#include "tools/netem/problem.hpp"

namespace grafos::netem {

/// Of one ordered pair. Probabilities are 0 to 1, for each packet.
struct Faults {
    double drop = 0;
    double duplicate = 0;
    double reorder = 0;      ///< held back until `reorder_depth` later ones have passed
    double flip = 0;         ///< `flip_bits` bits of the payload are inverted
    double delay_min_ms = 0; ///< evenly distributed; the order is kept
    double delay_max_ms = 0;
    uint32_t reorder_depth = 3; ///< 1 to 1000
    uint32_t flip_bits = 1;     ///< 1 to 64
    bool cut = false;           ///< a partition, this way: nothing passes
    bool clog = false;          ///< what should leave waits until it is unclogged

    friend bool operator==(const Faults&, const Faults&) = default;
};

/// The keys that `set` takes, with what each one wants.
inline constexpr std::string_view fault_keys =
    "drop, duplicate, reorder, flip (each 0 to 1), delay (MS or MIN..MAX), reorder_depth, "
    "flip_bits, cut, clog (each on or off)";

/// Sets one of `faults`. Throws Problem: an unknown key, a value out of range.
void set_fault(Faults& faults, std::string_view key, std::string_view value);
/// The same, from `key=value`.
void set_fault(Faults& faults, std::string_view word);
[[nodiscard]] Json json_of(const Faults& faults);

/// What a decision is about; each has random numbers of its own, so that turning one fault on
/// leaves the pattern of the others as it was.
enum class Purpose : uint8_t { drop, duplicate, reorder, flip, flip_bit, delay };

/// Random numbers of one ordered pair: a pure function of seed, pair, packet number and purpose.
class Dice {
public:
    Dice(uint64_t seed, std::string_view from, std::string_view to);

    /// `copy`: 0 for the packet itself, 1 for its duplicate; flip_bit counts bits there too.
    [[nodiscard]] uint64_t draw(uint64_t number, Purpose purpose, uint32_t copy = 0) const;
    [[nodiscard]] bool hits(uint64_t number, Purpose purpose, double probability,
                            uint32_t copy = 0) const;

private:
    uint64_t key_;
};

} // namespace grafos::netem
