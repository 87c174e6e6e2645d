// SPDX-License-Identifier: Apache-2.0
/// A client in the open: each step by itself, each packet as the test wants it. What an attacker,
/// or a hostile holder of a valid key, can do.
#pragma once

#include "core/wire/session/channel.hpp"
#include "core/wire/session/handshake.hpp"
#include "tests/support/session_rig.hpp"

namespace grafos::test {

/// Where a raw client is: a net, a node, and somebody who moves time.
struct Surroundings {
    SimulatedNet& net;
    crypto::ExchangeKey node_key{};
    hal::DatagramAddress node_address{};
    void (*turn)(void* rig) noexcept; ///< one turn of everybody
    void* rig;
};

class RawClient {
public:
    RawClient(const Surroundings& around, const hal::DatagramAddress& address,
              const crypto::Identity& identity, uint64_t seed) noexcept;
    RawClient(SessionRig& rig, const hal::DatagramAddress& address,
              const crypto::Identity& identity, uint64_t seed) noexcept;
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// Asks for a cookie with a fresh random. False: none came within 100 ms.
    [[nodiscard]] bool fetch_cookie() noexcept;
    /// An init with the cookie at hand, for a session that names `old`.
    [[nodiscard]] wire::InitPacket make_init(wire::SessionNumber old = {}) noexcept;
    /// Reads the accept that came last. False: it is none for the last init.
    [[nodiscard]] bool read_accept() noexcept;
    /// Hello to accept; what is sent then confirms. False: no accept within 2 s.
    [[nodiscard]] bool shake_hands(wire::SessionNumber old = {}) noexcept;
    /// The same, and confirmed by a probe.
    [[nodiscard]] bool open(wire::SessionNumber old = {}) noexcept;

    void send(Bytes datagram) noexcept;
    /// Seals `messages` as one packet and sends it.
    void send_sealed(Bytes messages) noexcept;
    /// One request, sealed.
    void ask(uint64_t request, uint64_t floor, wire::MessageType type, Bytes payload = {}) noexcept;
    /// A turn of everybody; what came is counted and the last packet kept.
    void turn() noexcept;
    void run(uint64_t turns) noexcept;
    /// What the node is to its sink: the session this client opened.
    [[nodiscard]] wire::SessionNumber number() const noexcept { return accepted.session; }

    SimulatedLink link;
    crypto::Drbg drbg{};
    const crypto::Identity& identity;
    wire::ClientRandom random{};
    wire::Cookie cookie{};
    crypto::NoiseInitiator noise{};
    wire::AcceptPayload accepted{};
    wire::Channel channel{};

    uint64_t packets = 0; ///< that came, of any kind
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    uint64_t replies = 0;
    uint64_t signs = 0; ///< sealed packets with nothing inside
    wire::MessageView last_reply{};
    std::array<uint8_t, wire::payload_bytes_max> last_payload{};
    Datagram last{}; ///< as it came

private:
    void take(Bytes packet) noexcept;
    Surroundings around_;
};

/// Another address of the same net for each number.
[[nodiscard]] constexpr hal::DatagramAddress stranger_address(uint32_t index) noexcept {
    return {0x0A000100 + index, 50'000};
}

} // namespace grafos::test
