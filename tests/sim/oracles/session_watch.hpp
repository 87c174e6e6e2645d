// SPDX-License-Identifier: Apache-2.0
/// Packets of one session are numbered upward, in each direction, and a session's number is never
/// drawn twice (protocol §2): so no (session, direction, number) is ever sent twice. Read from the
/// headers of what leaves, which nothing hides.
#pragma once

#include "tests/sim/oracles/findings.hpp"
#include "tests/support/simulated_net.hpp"

namespace grafos::test {

class SessionWatch {
public:
    /// Told apart at a time; when there are more, some are forgotten.
    static constexpr size_t sessions_max = 512;

    explicit constexpr SessionWatch(Findings& findings) noexcept : findings_{findings} {}

    /// A machine's own datagram, as it leaves.
    void on_sent(uint32_t sender, const Datagram& datagram) noexcept {
        constexpr size_t header_bytes = 24;
        constexpr uint8_t kind_sealed = 5; // 6: unsealed
        const Bytes bytes = datagram.view();
        if (bytes.size() < header_bytes || bytes[3] < kind_sealed) {
            return;
        }
        const bool is_to_client = (bytes[5] & 1u) != 0;
        const auto session = load_big_endian<uint64_t>(bytes.data() + 8);
        const auto number = load_big_endian<uint64_t>(bytes.data() + 16);
        Seen& seen = place_of(session, sender, is_to_client);
        findings_.expect(Oracle::at_most_once, !seen.is_used || number > seen.number,
                         "no two packets of a session carry one number");
        seen = {true, is_to_client, sender, session, number};
    }

private:
    struct Seen {
        bool is_used = false;
        bool is_to_client = false;
        uint32_t sender = 0;
        uint64_t session = 0;
        uint64_t number = 0;
    };
    static constexpr size_t tries = 8;

    /// Its own, else a free one, else the next in turn; what it finds there is of another session.
    Seen& place_of(uint64_t session, uint32_t sender, bool is_to_client) noexcept {
        const uint64_t mixed = (session ^ (session >> 32) ^ sender) * 2 + (is_to_client ? 1u : 0u);
        Seen* free = nullptr;
        for (size_t i = 0; i < tries; ++i) {
            Seen& seen = seen_[(mixed + i) % sessions_max];
            if (seen.is_used && seen.session == session && seen.sender == sender &&
                seen.is_to_client == is_to_client) {
                return seen;
            }
            free = free == nullptr && !seen.is_used ? &seen : free;
        }
        next_ += 1;
        Seen& place = free != nullptr ? *free : seen_[(mixed + next_ % tries) % sessions_max];
        place = {};
        return place;
    }

    Findings& findings_;
    uint64_t next_ = 0;
    std::array<Seen, sessions_max> seen_{};
};

} // namespace grafos::test
