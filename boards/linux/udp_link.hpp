// SPDX-License-Identifier: Apache-2.0
/// A UDP socket as link.
///
/// A system call, and the way of one datagram through the system, cost more than what is in it. So
/// what one peer sent in a row of equal lengths crosses as one train (UDP segmentation, udp(7)) and
/// is taken apart here; trains and single ones cross in batches; and while requests come one at a
/// time, one plain call takes each. What waits in the tray keeps the machine awake like input that
/// waits in the kernel.
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
    uint64_t calls = 0;      ///< into the system, to send or to receive
};

class UdpLink final : public hal::DatagramLink {
public:
    static constexpr unsigned batch_max = 64; ///< datagrams in the send queue
    static constexpr unsigned tray_max = 8;   ///< datagrams or trains in the tray

    constexpr explicit UdpLink(EventLoop& loop) noexcept : loop_{loop} {}
    UdpLink(const UdpLink&) = delete;
    UdpLink& operator=(const UdpLink&) = delete;

    /// Binds `own`; port 0 takes a free one, which `local_address` tells. Failures: io (value =
    /// errno). Context: boot, once.
    [[nodiscard]] Result<> start(const hal::DatagramAddress& own) noexcept;

    /// A full queue is sent at once, so this is never busy.
    [[nodiscard]] Result<> send(const hal::DatagramAddress& to, Bytes payload) noexcept override;
    /// Once between two rests, the socket being empty is believed of the last look at it.
    [[nodiscard]] Result<hal::ReceivedDatagram> receive(MutableBytes into) noexcept override;
    void flush() noexcept override;
    [[nodiscard]] hal::DatagramAddress local_address() const noexcept override { return local_; }

    /// Trains are not sent from here on: also found out when the way to a peer cannot take them.
    /// Context: any.
    void send_singly() noexcept { sends_trains_ = false; }
    [[nodiscard]] bool sends_trains() const noexcept { return sends_trains_; }

    [[nodiscard]] const UdpLinkCounters& counters() const noexcept { return counters_; }

private:
    /// Longest UDP payload there is, and so the longest train.
    static constexpr size_t train_bytes_max = size_t{1} << 16;
    static constexpr size_t control_bytes = CMSG_SPACE(sizeof(int));

    struct alignas(cmsghdr) Control {
        std::array<uint8_t, control_bytes> bytes{};
    };
    /// What came in one piece, and what the system says of it.
    struct Arrival {
        sockaddr_in peer{};
        iovec bytes{};
        Control control{};
        std::array<uint8_t, train_bytes_max> payload{};
    };
    struct Departure {
        sockaddr_in peer{};
        std::array<uint8_t, hal::datagram_bytes_max> payload{};
    };

    [[nodiscard]] Result<> refill() noexcept;
    [[nodiscard]] int take(unsigned most) noexcept;
    [[nodiscard]] Bytes cut() noexcept;
    void note_waiting() noexcept { is_waiting_ = next_ < filled_; }
    [[nodiscard]] unsigned train_from(unsigned first) const noexcept;
    [[nodiscard]] unsigned load(unsigned piece, unsigned first) noexcept;
    [[nodiscard]] bool send_piece(unsigned first) noexcept;
    [[nodiscard]] unsigned send_from(unsigned first) noexcept;

    EventLoop& loop_;
    int socket_ = -1;
    hal::DatagramAddress local_{};
    UdpLinkCounters counters_{};

    // The tray: filled_ arrivals, next_ is the oldest not yet taken whole; of it, at_ bytes are
    // taken, and its datagrams are segment_bytes_ long, the last one perhaps shorter.
    Arrival tray_[tray_max] = {};
    mmsghdr tray_headers_[tray_max] = {};
    unsigned filled_ = 0;
    unsigned next_ = 0;
    size_t at_ = 0;
    size_t segment_bytes_ = 0;
    bool is_waiting_ = false;

    bool is_believed_empty_ = false; ///< until the next look or rest
    uint64_t looked_at_rest_ = 0;
    unsigned singles_left_ = 0; ///< looks that take one arrival each

    Departure queue_[batch_max] = {};
    iovec queue_bytes_[batch_max] = {};
    Control controls_[batch_max] = {};
    mmsghdr queue_headers_[batch_max] = {};
    unsigned queued_ = 0;
    bool sends_trains_ = true;
};

} // namespace grafos::board
