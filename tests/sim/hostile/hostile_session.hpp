// SPDX-License-Identifier: Apache-2.0
/// A client's side of one session without any of its care: it seals whatever it is given, as often
/// as it is told, under a key that the node trusts.
#pragma once

#include "core/wire/session/channel.hpp"
#include "core/wire/session/handshake.hpp"
#include "tests/support/simulated_net.hpp"

namespace grafos::test {

/// A datagram as it was or might have been sent.
struct SealedPacket {
    std::array<uint8_t, wire::packet_bytes_max> bytes{};
    size_t size = 0;
    uint64_t counter = 0;

    [[nodiscard]] Bytes view() const noexcept { return Bytes{bytes}.first(size); }
};

class HostileSession {
public:
    struct Home {
        crypto::ExchangeKey key{};
        hal::DatagramAddress address{};
        uint64_t boot = 0; ///< how often its machine was started
    };

    HostileSession(SimulatedNet& net, const hal::DatagramAddress& address,
                   const crypto::Identity& identity, crypto::Drbg& drbg) noexcept
        : net_{net}, address_{address}, identity_{identity}, drbg_{drbg} {}
    HostileSession(const HostileSession&) = delete;
    HostileSession& operator=(const HostileSession&) = delete;

    /// Asks for a session, naming `old`, until there is one.
    void open(const Home& home, wire::SessionNumber old, Instant world) noexcept;
    /// Forgets it; the node is not told.
    void close() noexcept { state_ = State::closed; }
    [[nodiscard]] bool is_closed() const noexcept { return state_ == State::closed; }
    [[nodiscard]] bool is_open() const noexcept { return state_ == State::open; }
    /// The node has said something in it: the one that was named is over.
    [[nodiscard]] bool is_confirmed() const noexcept { return is_open() && is_confirmed_; }
    /// Sends the next packet of its handshake again, if it is time.
    void tick(Instant world) noexcept;
    [[nodiscard]] Instant next_turn() const noexcept;

    /// A datagram that came to its address. True: it was sealed for this session, and `messages`
    /// is what is inside, in `packet`; `counter` is the node's.
    [[nodiscard]] bool take(MutableBytes packet, Bytes& messages, uint64_t& counter) noexcept;

    /// Context: open.
    void seal(Bytes messages, SealedPacket& to) noexcept;
    /// Over the net as it is, or past its faults.
    void send(const SealedPacket& packet) noexcept {
        net_.send(address_, home_.address, packet.view());
    }
    void inject(const SealedPacket& packet) noexcept {
        net_.inject(address_, home_.address, packet.view());
    }

    [[nodiscard]] wire::SessionNumber number() const noexcept { return accepted_.session; }
    [[nodiscard]] const Home& home() const noexcept { return home_; }
    [[nodiscard]] const hal::DatagramAddress& address() const noexcept { return address_; }
    [[nodiscard]] const crypto::Identity& identity() const noexcept { return identity_; }
    [[nodiscard]] uint16_t window() const noexcept { return accepted_.window; }
    [[nodiscard]] uint64_t take_number() noexcept {
        next_request_ += 1;
        return next_request_;
    }
    [[nodiscard]] uint64_t last_number() const noexcept { return next_request_; }

private:
    enum class State : uint8_t { closed, greeting, asking, open };
    void greet() noexcept;
    void ask(const wire::Cookie& cookie) noexcept;
    void enter(Bytes noise) noexcept;

    SimulatedNet& net_;
    hal::DatagramAddress address_;
    const crypto::Identity& identity_;
    crypto::Drbg& drbg_;
    Home home_{};
    State state_ = State::closed;
    wire::SessionNumber old_{};
    wire::ClientRandom random_{};
    crypto::NoiseInitiator noise_{};
    wire::InitPacket init_{};
    wire::AcceptPayload accepted_{};
    wire::Channel channel_{};
    uint64_t next_request_ = 0;
    uint32_t tries_ = 0;
    bool is_confirmed_ = false;
    Instant retry_at_ = Instant::never();
};

} // namespace grafos::test
