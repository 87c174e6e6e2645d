// SPDX-License-Identifier: Apache-2.0
/// Optional. Datagrams between machines: UDP over IPv4 on every board, a simulated net in tests.
///
/// A link is unreliable by contract: what is sent may be lost, doubled, delayed or reordered, and
/// what is received may come from anybody. It carries bytes and nothing else; who sent them is
/// decided by the session that seals them, never by an address.
#pragma once

#include <compare>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::hal {

/// Longest payload of one datagram: fits an Ethernet frame with room for tunnels.
inline constexpr size_t datagram_bytes_max = 1400;

/// Host byte order; 0.0.0.0:0 is nobody.
struct DatagramAddress {
    uint32_t ipv4 = 0;
    uint16_t port = 0;
    friend constexpr auto operator<=>(const DatagramAddress&, const DatagramAddress&) = default;
};

struct ReceivedDatagram {
    DatagramAddress from{};
    size_t size = 0; ///< bytes written to the front of the buffer
};

class DatagramLink {
public:
    /// Takes a copy; it leaves now or at `flush`. Failures: busy (the send queue is full: flush,
    /// or try in a later turn), invalid_argument (length: empty or beyond datagram_bytes_max;
    /// address: nobody), io. An unreachable peer is not a failure. Context: turn.
    [[nodiscard]] virtual Result<> send(const DatagramAddress& to, Bytes payload) noexcept = 0;

    /// The oldest waiting datagram. `into` holds at least datagram_bytes_max; a longer datagram is
    /// dropped and counted, never cut. Failures: busy (none waiting), io. Context: turn.
    [[nodiscard]] virtual Result<ReceivedDatagram> receive(MutableBytes into) noexcept = 0;

    /// What was queued leaves: once, at the end of a turn. Context: turn.
    virtual void flush() noexcept = 0;

    /// Where datagrams of this machine come from, as far as it knows itself. Context: any.
    [[nodiscard]] virtual DatagramAddress local_address() const noexcept = 0;

protected:
    ~DatagramLink() = default;
};

} // namespace grafos::hal
