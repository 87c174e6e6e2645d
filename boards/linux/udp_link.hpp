// SPDX-License-Identifier: Apache-2.0
/// A UDP socket as link.
///
/// A system call costs more than a datagram, so they are crossed in batches: one recvmmsg fills a
/// tray that `receive` empties, one sendmmsg takes what the turn queued. What waits in the tray
/// keeps the machine awake like input that waits in the kernel.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "boards/linux/event_loop.hpp"
#include "hal/datagram_link.hpp"

namespace grafos::board {

/// Since start; nothing decides on them.
struct UdpLinkCounters {
    uint64_t received = 0;
    uint64_t sent = 0;
    uint64_t wrong_size = 0; ///< received and dropped: empty, or longer than a datagram may be
    uint64_t unsent = 0;     ///< the system would not take it
};

class UdpLink final : public hal::DatagramLink {
public:
    static constexpr size_t batch_max = 64; ///< datagrams in the tray, and in the send queue

    constexpr explicit UdpLink(EventLoop& loop) noexcept : loop_{loop} {}
    UdpLink(const UdpLink&) = delete;
    UdpLink& operator=(const UdpLink&) = delete;

    /// Binds `own`; port 0 takes a free one, which `local_address` tells. Failures: io (value =
    /// errno). Context: boot, once.
    [[nodiscard]] Result<> start(const hal::DatagramAddress& own) noexcept;

    /// A full queue is sent at once, so this is never busy.
    [[nodiscard]] Result<> send(const hal::DatagramAddress& to, Bytes payload) noexcept override;
    [[nodiscard]] Result<hal::ReceivedDatagram> receive(MutableBytes into) noexcept override;
    void flush() noexcept override;
    [[nodiscard]] hal::DatagramAddress local_address() const noexcept override { return local_; }

    [[nodiscard]] const UdpLinkCounters& counters() const noexcept { return counters_; }

private:
    /// One datagram and what the system wants to know about it.
    template <size_t Size>
    struct Slot {
        sockaddr_in peer{};
        iovec bytes{};
        std::array<uint8_t, Size> payload{};
    };

    [[nodiscard]] Result<> refill() noexcept;
    void note_waiting() noexcept { is_waiting_ = next_ < filled_; }

    EventLoop& loop_;
    int socket_ = -1;
    hal::DatagramAddress local_{};
    UdpLinkCounters counters_{};

    // The tray: filled_ datagrams came, next_ is the oldest not yet taken. A byte more than a
    // datagram may have tells those that are too long.
    Slot<hal::datagram_bytes_max + 1> tray_[batch_max] = {};
    mmsghdr tray_headers_[batch_max] = {};
    size_t filled_ = 0;
    size_t next_ = 0;
    bool is_waiting_ = false;

    Slot<hal::datagram_bytes_max> queue_[batch_max] = {};
    mmsghdr queue_headers_[batch_max] = {};
    unsigned queued_ = 0;
};

} // namespace grafos::board
