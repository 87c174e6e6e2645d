// SPDX-License-Identifier: Apache-2.0
/// Somebody without a key that anybody trusts: garbage, what was overheard, forged cookies, and a
/// handshake under a key of its own. Nobody may answer anything but a cookie, and that only shorter
/// than what was asked.
#pragma once

#include "tests/sim/hostile/hostile_session.hpp"
#include "tests/sim/hostile/trick_judge.hpp"

namespace grafos::test {

class Stranger {
public:
    static constexpr uint32_t first_address = 0x0A00017C; ///< and three behind it
    static constexpr size_t address_count = 4;

    Stranger(SimulatedNet& net, TrickJudge& judge, uint64_t seed) noexcept;
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    /// Any datagram of others: some are kept.
    void overhear(const Datagram& datagram) noexcept;
    /// One that goes to an address of its own is judged.
    void note_sent(const Datagram& datagram, Instant world) noexcept;
    /// False: nothing to do it with.
    [[nodiscard]] bool attempt(Trick trick, const HostileSession::Home& home,
                               Instant world) noexcept;
    /// Hellos and inits, from all its addresses.
    void flood(const HostileSession::Home& home, size_t count) noexcept;

    /// Takes what has come.
    void hear() noexcept;
    void turn(Instant world) noexcept;
    /// What comes brings one anyway.
    [[nodiscard]] Instant next_turn() const noexcept;

private:
    static constexpr size_t of_key = 3; ///< the address of its own handshake
    struct Place {
        uint64_t bytes_out = 0;
        uint64_t bytes_in = 0;
        Trick last = Trick::garbage;
    };

    [[nodiscard]] static hal::DatagramAddress address_of(size_t index) noexcept;
    [[nodiscard]] static size_t index_of(const hal::DatagramAddress& address) noexcept;
    void send(size_t index, Trick trick, const HostileSession::Home& home, Bytes bytes) noexcept;
    void send_garbage(const HostileSession::Home& home) noexcept;
    void send_forged(size_t index, Trick trick, const HostileSession::Home& home) noexcept;
    [[nodiscard]] bool replay(const HostileSession::Home& home) noexcept;

    SimulatedNet& net_;
    TrickJudge& judge_;
    SeededChoice choice_;
    crypto::Drbg drbg_{};
    crypto::Identity identity_{};
    HostileSession session_;
    Instant session_ends_ = Instant::never();
    std::array<Place, address_count> places_{};
    std::array<Datagram, 8> overheard_{};
    size_t next_ = 0;
};

} // namespace grafos::test
