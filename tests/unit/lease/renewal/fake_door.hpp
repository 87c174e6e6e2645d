// SPDX-License-Identifier: Apache-2.0
/// A grantor's side for tests of the renewal manager: scripted, and with its own account of what it
/// was asked.
#pragma once

#include "core/lease/renewal/renewal_manager.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {

using lease::Answer;
using lease::RenewalDoor;
using lease::RenewalSlot;
using lease::Ticket;

[[nodiscard]] inline LeaseId lease_id(uint64_t number) {
    LeaseId id;
    store_big_endian<uint64_t>(id.bytes.data(), ~number);
    store_big_endian<uint64_t>(id.bytes.data() + 8, number);
    return id;
}
[[nodiscard]] inline uint64_t number_of(const LeaseId& id) {
    return load_big_endian<uint64_t>(id.bytes.data() + 8);
}

/// Answers each question when it is polled; what, the test says. Knows leases numbered below
/// `leases_max`.
template <uint32_t leases_max>
class FakeDoor final : public RenewalDoor {
public:
    // The script.
    bool is_silent = false;             ///< polls answer busy
    uint64_t silent_lease = UINT64_MAX; ///< polls for this one answer busy
    ErrorCode start_error{};            ///< 0: starting works
    ErrorCode answer_error{};           ///< 0: the answer is good
    Duration left{1'000};               ///< what a good answer says is left
    Duration margin{};
    uint32_t stale_by = 0; ///< the answer's generation lies so far behind

    // The account.
    uint32_t starts = 0;
    uint32_t polls = 0;
    uint32_t answers = 0;
    uint32_t out = 0; ///< tickets started and not yet answered
    uint64_t last_number = 0;
    Duration last_ttl{};
    Generation last_generation{};
    uint32_t starts_of[leases_max] = {};
    uint32_t generations[leases_max] = {};

    [[nodiscard]] Result<Ticket> start_renewal(const LeaseId& id, Generation generation,
                                               Duration ttl) noexcept override {
        ++starts;
        last_number = number_of(id);
        EXPECT_LT(last_number, leases_max);
        ++starts_of[last_number];
        last_ttl = ttl;
        last_generation = generation;
        if (start_error != ErrorCode{}) {
            return Error{start_error};
        }
        ++out;
        return Ticket{static_cast<uint32_t>(last_number), 1};
    }
    [[nodiscard]] Result<Answer> poll_renewal(Ticket ticket) noexcept override {
        ++polls;
        EXPECT_EQ(ticket.generation, 1u);
        if (is_silent || ticket.slot == silent_lease) {
            return Error{ErrorCode::busy};
        }
        EXPECT_GT(out, 0u);
        --out;
        ++answers;
        if (answer_error != ErrorCode{}) {
            return Error{answer_error};
        }
        generations[ticket.slot] += 1;
        Answer answer;
        answer.left = left;
        answer.generation = {generations[ticket.slot] - stale_by};
        return answer;
    }
    [[nodiscard]] Duration margin_of(Duration) const noexcept override { return margin; }
};

} // namespace grafos::test
