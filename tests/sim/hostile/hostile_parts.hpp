// SPDX-License-Identifier: Apache-2.0
/// What a hostile peer keeps: requests on their way, leases as their holder knows them, tokens and
/// sealed packets that are good for nothing any more, and what is to be sent at which moment.
#pragma once

#include "core/wire/messages.hpp"
#include "tests/sim/hostile/forge.hpp"
#include "tests/sim/hostile/hostile_session.hpp"
#include "tests/sim/hostile/trick_judge.hpp"

namespace grafos::test {

struct HostileParts {
    enum class Who : uint8_t { ann, bob, cas, ann_again };
    static constexpr size_t who_count = 4;
    static constexpr TenantId tenant{90};
    static constexpr TenantId other_tenant{91};
    static constexpr uint32_t quota_leases = 3;
    static constexpr uint64_t unit_bytes = 4'096;
    static constexpr uint64_t quota_bytes = 5 * unit_bytes;
    static constexpr Duration ttl_most{3'000};    ///< of the tokens that bob hands out
    static constexpr Duration ttl_allowed{2'500}; ///< of who is no such principal

    static constexpr size_t machines_max = 8;
    static constexpr size_t held_max = 5;
    static constexpr size_t none = 255;
    static constexpr uint64_t cell_bytes = 16;     ///< no access of its own is longer
    static constexpr uint64_t mark_offset = 1'024; ///< where tricks write; honest words are before
    enum class Job : uint8_t {
        none,
        trick,
        cap,
        alloc,
        renew,
        free,
        revoke,
        add,
        fences,
        refresh,
        burst,
        tail
    };

    /// One request on its way.
    struct Asked {
        Job job = Job::none;
        Trick trick{};
        Who who{};
        bool is_silent = false;    ///< no answer is to come
        bool is_orphan = false;    ///< its lease is over, and was not when it was sent
        bool is_delivered = false; ///< reached its home, in `not_before`
        uint8_t tries = 0;
        bool carries_mark = false;
        uint16_t type = 0;
        uint16_t size = 0;
        size_t held = none;
        uint64_t request = 0;
        uint64_t value = 0; ///< what an addition adds
        uint32_t kept = 0;  ///< checksum of the answer that must come again
        Instant not_before{};
        uint32_t generation = 0; ///< of the lease, when it was asked
        Instant end{};           ///< of its token
        Instant meant{};         ///< the home's time that it was sent for; 0: any
        Instant retry_at = Instant::never();
        Instant give_up_at{};
        std::array<uint64_t, 16> counters{};
        std::array<uint8_t, 512> payload{};
    };
    /// A lease, as its holder knows it.
    struct Held {
        bool is_used = false;
        bool is_ending = false;    ///< a free or a revocation is under way
        bool is_busy = false;      ///< a renewal or an addition is under way
        bool is_sum_known = false; ///< of the word at its front
        bool is_narrow = false;    ///< its tokens allow accesses of a cell alone
        bool is_doubtful = false;  ///< had again by its key: who knows what else is under way
        Who who = Who::ann;
        uint8_t renewals_left = 0;
        uint64_t number = 0; ///< of its own
        LeaseId id{};
        LeaseRef ref{};
        AllocKey key{};
        ResourceId resource{};
        Instant expires_at{};
        Duration ttl{};
        uint64_t size_bytes = 0;
        uint64_t sum = 0;
        Trick marked = Trick::garbage;        ///< that would have put the mark there
        std::array<lease::Token, 3> tokens{}; ///< of generation g, g − 1, g − 2
        size_t token_count = 0;
    };
    /// A token that is good for nothing any more.
    struct Dead {
        bool is_used = false;
        Trick how{};
        size_t home = 0;
        uint64_t boot = 0;
        lease::Token token{};
    };
    /// What is to be sent at a moment of the home's clock.
    struct Timed {
        bool is_used = false;
        Trick trick{};
        size_t held = 0;
        uint64_t number = 0; ///< of the lease
        Duration shorter{};  ///< the token's life, by its holder
        Instant at{};        ///< of the home
        Instant due{};       ///< the same, of the world
    };
    /// Sealed for a session that is over.
    struct Old {
        bool is_used = false;
        bool is_sent = false;
        bool is_for_later = false; ///< for when its home was restarted
        Who who{};
        wire::SessionNumber session{};
        size_t home = 0;
        uint64_t boot = 0;
        SealedPacket packet{};
    };

    struct Heard {
        wire::SessionNumber session{};
        uint64_t counter = 0;
        Instant now{};         ///< of the home, when it left
        uint64_t turn = 0;     ///< of the home, in which it left
        uint64_t anchored = 0; ///< records that were durable after that turn
    };
    struct Seen {
        bool is_used = false;
        size_t home = 0;
        LeaseRef ref{};
    };
};

} // namespace grafos::test
