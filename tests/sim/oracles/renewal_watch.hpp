// SPDX-License-Identifier: Apache-2.0
/// Leases that were granted together are not renewed together (protocol §8): the first renewal
/// comes at a share of the life that differs from lease to lease by up to a fifth. Over a run with
/// enough of them the shares must not lie close to one another; faults only spread them further.
#pragma once

#include <algorithm>

#include "tests/sim/oracles/findings.hpp"

namespace grafos::test {

class RenewalWatch {
public:
    static constexpr size_t programs_max = 128;
    /// So many before it is asked: twelve of a fair fifth lie within a fifth of it once in 4
    /// million runs.
    static constexpr uint64_t renewals_least = 12;
    static constexpr uint64_t spread_least_permille = 40;

    explicit constexpr RenewalWatch(Findings& findings) noexcept : findings_{findings} {}

    void on_program(const ProgramEvent& event, Instant now) noexcept {
        if (event.program >= programs_max) {
            return;
        }
        Life& life = lives_[event.program];
        if (event.what == ProgramEvent::What::granted) {
            life = {event.ref, now, event.ttl};
        } else if (event.what == ProgramEvent::What::renewed && life.ref == event.ref &&
                   life.ttl.ms > 0) {
            take(left_until(now, life.since).ms * 1'000 / life.ttl.ms);
            life = {};
        }
    }

    void finish() noexcept {
        findings_.expect_if(Oracle::turn, count_ >= renewals_least,
                            most_ - least_ >= spread_least_permille,
                            "leases are not all renewed at the same share of their lives");
    }

private:
    struct Life {
        LeaseRef ref{};
        Instant since{};
        Duration ttl{};
    };

    void take(uint64_t permille) noexcept {
        least_ = count_ == 0 ? permille : std::min(least_, permille);
        most_ = std::max(most_, permille);
        count_ += 1;
    }

    Findings& findings_;
    std::array<Life, programs_max> lives_{};
    uint64_t count_ = 0;
    uint64_t least_ = 0;
    uint64_t most_ = 0;
};

} // namespace grafos::test
