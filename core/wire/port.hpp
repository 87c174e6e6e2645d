// SPDX-License-Identifier: Apache-2.0
/// One link, two users: packets to a node's server side and to a program's client side arrive at
/// the same address, so one place reads the link and sorts them by their header alone.
#pragma once

#include "core/wire/packet.hpp"

namespace grafos::wire {

class Port {
public:
    /// Counts of one port; they only rise.
    struct Figures {
        uint64_t received = 0;
        uint64_t dropped_header = 0; ///< no valid packet header
        uint64_t dropped_nobody = 0; ///< no sink for that direction
        uint64_t sent = 0;
        uint64_t send_refused = 0; ///< the link was full: as if lost
        uint64_t bytes_received = 0;
        uint64_t bytes_sent = 0;
    };

    /// Either sink may be null. All outlive the port.
    Port(hal::DatagramLink& link, PacketSink* server, PacketSink* client) noexcept
        : link_{link}, server_{server}, client_{client} {}
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    /// Reads at most `packets_max` datagrams and hands them over. Whether more may be waiting.
    /// Context: turn.
    bool receive(uint32_t packets_max, Instant now) noexcept;

    /// As DatagramLink::send, but a full link only counts: the net may lose anything anyway.
    void send(const hal::DatagramAddress& to, Bytes packet) noexcept;
    void flush() noexcept { link_.flush(); }

    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

private:
    hal::DatagramLink& link_;
    PacketSink* server_;
    PacketSink* client_;
    Figures figures_{};
    std::array<uint8_t, packet_bytes_max> buffer_{};
};

} // namespace grafos::wire
