// SPDX-License-Identifier: Apache-2.0
/// A program's side of a port: sorts what nodes answer to the sessions it belongs to.
#pragma once

#include "core/wire/session/client.hpp"

namespace grafos::wire {

class ClientPort final : public PacketSink {
public:
    constexpr ClientPort() noexcept = default;
    ClientPort(const ClientPort&) = delete;
    ClientPort& operator=(const ClientPort&) = delete;

    /// The session outlives the port, or is removed. Failures: capacity_exceeded (record_count: as
    /// many as a peer list holds). Context: turn.
    [[nodiscard]] Result<> add(ClientSession& session) noexcept;
    void remove(const ClientSession& session) noexcept;

    void on_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                   MutableBytes packet, Instant now) noexcept override;

    /// `tick` of each session, of which one at most makes a public-key operation, in turn.
    /// Whether another could be made in the next turn. Context: turn.
    bool tick(Instant now) noexcept;
    /// `flush` of each session; the port is the caller's to flush. Context: turn.
    void flush(Instant now) noexcept;
    [[nodiscard]] Instant next_deadline() const noexcept;

    /// Packets that no session knows: late, forged, or of a session given up.
    [[nodiscard]] uint64_t dropped_nobody() const noexcept { return dropped_nobody_; }

private:
    std::array<ClientSession*, peers_max> sessions_{};
    size_t size_ = 0;
    size_t first_ = 0; ///< whose turn it is to begin
    uint64_t dropped_nobody_ = 0;
};

} // namespace grafos::wire
