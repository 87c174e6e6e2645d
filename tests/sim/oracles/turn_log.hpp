// SPDX-License-Identifier: Apache-2.0
/// A node's own clock, modelled from what its raw clock showed at each turn: it adds
/// max(0, raw − last raw), and starts at 0 with each boot (protocol §1). And the turns of late, so
/// that what a record says of its time can be held against one of them.
#pragma once

#include <array>

#include "core/base/time.hpp"

namespace grafos::test {

class TurnLog {
public:
    /// Turns at the same time of the node, taken together.
    struct Turn {
        Instant node{};
        Instant first{}; ///< true time of the first of them
        uint64_t count = 0;
    };

    void restart() noexcept {
        now_ = {};
        has_raw_ = false;
        end_ = 0;
    }
    /// Whether the clock went back.
    bool add(Instant raw, Instant at) noexcept {
        const bool is_back = has_raw_ && raw < raw_;
        if (has_raw_) {
            now_ = saturating_add(now_, left_until(raw, raw_));
        }
        has_raw_ = true;
        raw_ = raw;
        if (end_ > 0 && turns_[(end_ - 1) % turns_.size()].node == now_) {
            turns_[(end_ - 1) % turns_.size()].count += 1;
            return is_back;
        }
        turns_[end_ % turns_.size()] = {now_, at, 1};
        end_ += 1;
        return is_back;
    }
    [[nodiscard]] Instant now() const noexcept { return now_; }
    [[nodiscard]] Instant raw() const noexcept { return raw_; }
    /// Whether the turns of that time are still known, if there were any.
    [[nodiscard]] bool reaches(Instant node) const noexcept {
        return end_ <= turns_.size() || turns_[end_ % turns_.size()].node <= node;
    }
    /// The first turns at or after `node`; nullptr: there were none yet.
    [[nodiscard]] const Turn* find(Instant node) const noexcept {
        uint64_t low = end_ > turns_.size() ? end_ - turns_.size() : 0;
        uint64_t high = end_;
        while (low < high) {
            const uint64_t middle = low + (high - low) / 2;
            if (turns_[middle % turns_.size()].node < node) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < end_ ? &turns_[low % turns_.size()] : nullptr;
    }

private:
    Instant now_{};
    Instant raw_{};
    bool has_raw_ = false;
    std::array<Turn, 2'048> turns_{};
    uint64_t end_ = 0; ///< turns ever added
};

} // namespace grafos::test
