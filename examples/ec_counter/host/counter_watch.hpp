// SPDX-License-Identifier: Apache-2.0
/// What the servers' counters were, over time.
#pragma once

#include <map>

#include "examples/emulation/observer.hpp"

namespace grafos::ec_counter_host {

class CounterWatch final : public emulation::Observer {
public:
    /// The largest value that any server ever held.
    [[nodiscard]] uint64_t largest() const { return largest_; }
    /// From the moment the largest value was first held until the last counter changed.
    [[nodiscard]] uint64_t spread_ms() const {
        return changed_at_ > largest_at_ ? (changed_at_ - largest_at_).ms : 0;
    }

    void on_shown(Instant now, const emulation::ActorView& actor, std::string_view name,
                  uint64_t value) noexcept override {
        uint64_t& held = held_[actor.number];
        if (name != "counter" || value == held) {
            return;
        }
        held = value;
        changed_at_ = now;
        if (value > largest_) {
            largest_ = value;
            largest_at_ = now;
        }
    }

private:
    std::map<emulation::ActorNumber, uint64_t> held_{};
    uint64_t largest_ = 0;
    Instant largest_at_{};
    Instant changed_at_{};
};

} // namespace grafos::ec_counter_host
