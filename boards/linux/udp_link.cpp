// SPDX-License-Identifier: Apache-2.0
#include "boards/linux/udp_link.hpp"

#include <cerrno>

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <unistd.h>

namespace grafos::board {

namespace {

/// Room for a burst between two turns; the system may grant less.
constexpr int socket_buffer_bytes = 1 << 20;
/// Calls that only bring an old error to light, before the socket counts as broken.
constexpr unsigned attempts_max = 4;
/// After a look that found one or none, so many take one each: cheaper while they come singly.
/// singly.
constexpr unsigned singles = 16;
/// Of one train: what every system that knows trains takes, and its bytes with room for headers.
constexpr unsigned train_datagrams_max = 64;
constexpr size_t train_send_bytes_max = 65'000;

sockaddr_in system_address(const hal::DatagramAddress& address) noexcept {
    sockaddr_in system{};
    system.sin_family = AF_INET;
    system.sin_port = htons(address.port);
    system.sin_addr.s_addr = htonl(address.ipv4);
    return system;
}

hal::DatagramAddress own_address(const sockaddr_in& system) noexcept {
    return {ntohl(system.sin_addr.s_addr), ntohs(system.sin_port)};
}

Error system_error() noexcept {
    return Error{ErrorCode::io, Field::device, static_cast<uint64_t>(errno), 0};
}

/// What an earlier datagram met on its way (ip(7)): no fault of the socket.
bool is_about_a_peer(int error) noexcept {
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
           error == EHOSTDOWN || error == ENETDOWN || error == EINTR;
}

/// How long the datagrams of an arrival are: all of it, unless it is a train. Never 0 of a train.
size_t segment_bytes_of(const mmsghdr& header) noexcept {
    msghdr message = header.msg_hdr; // the macros want one that may be written to
    for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
         control = CMSG_NXTHDR(&message, control)) {
        if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
            int size = 0;
            __builtin_memcpy(&size, CMSG_DATA(control), sizeof(size));
            return size > 0 ? static_cast<size_t>(size) : header.msg_len;
        }
    }
    return header.msg_len;
}

/// The way to this peer cannot take trains; single datagrams may be fine.
bool is_about_trains(int error) noexcept {
    return error == EINVAL || error == EIO || error == EMSGSIZE || error == ENOPROTOOPT ||
           error == EOPNOTSUPP;
}

} // namespace

Result<> UdpLink::start(const hal::DatagramAddress& own) noexcept {
    GRAFOS_ASSERT(socket_ < 0);
    socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
        return system_error();
    }
    (void)setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &socket_buffer_bytes,
                     sizeof(socket_buffer_bytes));
    (void)setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &socket_buffer_bytes,
                     sizeof(socket_buffer_bytes));
    constexpr int takes_trains = 1; // without it, a train comes as the datagrams it is made of
    (void)setsockopt(socket_, SOL_UDP, UDP_GRO, &takes_trains, sizeof(takes_trains));
    sockaddr_in system = system_address(own);
    socklen_t size = sizeof(system);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&system), size) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&system), &size) != 0) {
        return system_error();
    }
    local_ = own_address(system);
    for (unsigned i = 0; i < tray_max; ++i) {
        tray_[i].bytes = {tray_[i].payload.data(), tray_[i].payload.size()};
        msghdr& header = tray_headers_[i].msg_hdr;
        header.msg_iov = &tray_[i].bytes;
        header.msg_iovlen = 1;
        header.msg_name = &tray_[i].peer;
        header.msg_control = tray_[i].control.bytes.data();
    }
    for (unsigned i = 0; i < batch_max; ++i) {
        queue_bytes_[i].iov_base = queue_[i].payload.data();
        queue_headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
    loop_.watch_flag(is_waiting_);
    if (!loop_.watch_input(socket_)) {
        return system_error();
    }
    return ok();
}

// --- sending ---

Result<> UdpLink::send(const hal::DatagramAddress& to, Bytes payload) noexcept {
    if (payload.empty() || payload.size() > hal::datagram_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::length, payload.size(),
                     hal::datagram_bytes_max};
    }
    if (to.ipv4 == 0 || to.port == 0) {
        return Error{ErrorCode::invalid_argument, Field::address, to.ipv4, to.port};
    }
    if (queued_ == batch_max) {
        flush();
    }
    queue_[queued_].peer = system_address(to);
    queue_bytes_[queued_].iov_len = payload.size();
    copy_bytes(queue_[queued_].payload, payload);
    queued_ += 1;
    return ok();
}

/// How many of the queue, from `first` on, go as one train: to one peer, all as long as the first
/// but for the last, which may be shorter.
unsigned UdpLink::train_from(unsigned first) const noexcept {
    GRAFOS_ASSERT(first < queued_);
    const sockaddr_in& peer = queue_[first].peer;
    const size_t size = queue_bytes_[first].iov_len;
    unsigned count = 1;
    while (sends_trains_ && first + count < queued_ && count < train_datagrams_max) {
        const sockaddr_in& other = queue_[first + count].peer;
        const size_t next = queue_bytes_[first + count].iov_len;
        const bool is_same_way =
            other.sin_addr.s_addr == peer.sin_addr.s_addr && other.sin_port == peer.sin_port;
        if (!is_same_way || next > size || (count + 1) * size > train_send_bytes_max) {
            break;
        }
        count += 1;
        if (next < size) {
            break;
        }
    }
    return count;
}

/// Prepares the `piece`-th header for what goes in one piece from `first` on; how many datagrams
/// that is.
unsigned UdpLink::load(unsigned piece, unsigned first) noexcept {
    const unsigned count = train_from(first);
    msghdr& header = queue_headers_[piece].msg_hdr;
    header.msg_name = &queue_[first].peer;
    header.msg_iov = &queue_bytes_[first];
    header.msg_iovlen = count;
    header.msg_control = nullptr;
    header.msg_controllen = 0;
    if (count > 1) {
        header.msg_control = controls_[piece].bytes.data();
        header.msg_controllen = CMSG_SPACE(sizeof(uint16_t));
        cmsghdr* const control = CMSG_FIRSTHDR(&header);
        control->cmsg_level = SOL_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        const auto size = static_cast<uint16_t>(queue_bytes_[first].iov_len);
        __builtin_memcpy(CMSG_DATA(control), &size, sizeof(size));
    }
    return count;
}

/// The only piece; the plainest call is the cheapest.
bool UdpLink::send_piece(unsigned first) noexcept {
    if (queued_ - first > 1) {
        return sendmsg(socket_, &queue_headers_[0].msg_hdr, 0) >= 0;
    }
    const iovec& bytes = queue_bytes_[first];
    const auto* const peer = reinterpret_cast<const sockaddr*>(&queue_[first].peer);
    return sendto(socket_, bytes.iov_base, bytes.iov_len, 0, peer, sizeof(sockaddr_in)) >= 0;
}

/// One call for everything from `first` on; how many datagrams it took. 0: errno says why.
unsigned UdpLink::send_from(unsigned first) noexcept {
    unsigned pieces = 0;
    for (unsigned at = first; at < queued_; ++pieces) {
        at += load(pieces, at);
    }
    counters_.calls += 1;
    if (pieces == 1) {
        return send_piece(first) ? queued_ - first : 0;
    }
    const int sent = sendmmsg(socket_, queue_headers_, pieces, 0);
    unsigned taken = 0;
    for (int i = 0; i < sent; ++i) {
        taken += static_cast<unsigned>(queue_headers_[i].msg_hdr.msg_iovlen);
    }
    return taken;
}

void UdpLink::flush() noexcept {
    unsigned done = 0;
    // Each pass sends, drops or stops trains: what the system does not take is lost as on any wire.
    while (done < queued_) {
        const unsigned taken = send_from(done);
        counters_.sent += taken;
        done += taken;
        if (taken > 0) {
            continue;
        }
        const unsigned lost = train_from(done);
        if (lost > 1 && is_about_trains(errno)) {
            send_singly();
        } else {
            counters_.unsent += lost;
            done += lost;
        }
    }
    GRAFOS_ASSERT(done == queued_);
    queued_ = 0;
}

// --- receiving ---

/// One call; how many arrivals are in the tray now, or below 0.
int UdpLink::take(unsigned most) noexcept {
    for (unsigned i = 0; i < most; ++i) {
        tray_headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        tray_headers_[i].msg_hdr.msg_controllen = control_bytes;
    }
    counters_.calls += 1;
    if (most > 1) {
        return recvmmsg(socket_, tray_headers_, most, 0, nullptr);
    }
    const ssize_t size = recvmsg(socket_, &tray_headers_[0].msg_hdr, 0);
    tray_headers_[0].msg_len = size < 0 ? 0 : static_cast<unsigned>(size);
    return size < 0 ? -1 : 1;
}

Result<> UdpLink::refill() noexcept {
    next_ = 0;
    filled_ = 0;
    const bool is_believed = is_believed_empty_ && looked_at_rest_ == loop_.rest_count();
    is_believed_empty_ = false;
    if (is_believed) {
        return Error{ErrorCode::busy, Field::device};
    }
    const unsigned most = singles_left_ > 0 ? 1 : tray_max;
    for (unsigned attempt = 0; attempt < attempts_max; ++attempt) {
        const int count = take(most);
        if (count > 0) {
            filled_ = static_cast<unsigned>(count);
            // A call that took less than it might saw the end; after a single one, the rest tells.
            is_believed_empty_ = most == 1 || filled_ < most;
            looked_at_rest_ = loop_.rest_count();
            singles_left_ = most == 1 ? singles_left_ - 1 : (filled_ == 1 ? singles : 0);
            return ok();
        }
        if (errno == EAGAIN) {
            return Error{ErrorCode::busy, Field::device};
        }
        if (!is_about_a_peer(errno)) {
            return system_error();
        }
    }
    return Error{ErrorCode::busy, Field::device};
}

/// The next datagram of the tray, which is not empty; of a wrong size, it is empty.
Bytes UdpLink::cut() noexcept {
    GRAFOS_ASSERT(next_ < filled_);
    const mmsghdr& header = tray_headers_[next_];
    if (at_ == 0) {
        segment_bytes_ = segment_bytes_of(header);
    }
    const size_t left = header.msg_len - at_;
    const size_t size = left < segment_bytes_ ? left : segment_bytes_;
    const Bytes datagram = Bytes{tray_[next_].payload}.subspan(at_, size);
    at_ += size;
    if (at_ == header.msg_len) {
        at_ = 0;
        next_ += 1;
    }
    note_waiting();
    return datagram.size() > hal::datagram_bytes_max ? Bytes{} : datagram;
}

Result<hal::ReceivedDatagram> UdpLink::receive(MutableBytes into) noexcept {
    GRAFOS_ASSERT(into.size() >= hal::datagram_bytes_max);
    // A tray of nothing but wrong ones is followed by one more look; the rest waits for a turn.
    for (unsigned look = 0; look < 2; ++look) {
        if (next_ == filled_) {
            GRAFOS_TRY(refill());
        }
        while (next_ < filled_) {
            const hal::DatagramAddress from = own_address(tray_[next_].peer);
            const Bytes datagram = cut();
            if (datagram.empty()) {
                counters_.wrong_size += 1;
                continue;
            }
            copy_bytes(into, datagram);
            counters_.received += 1;
            return hal::ReceivedDatagram{from, datagram.size()};
        }
    }
    return Error{ErrorCode::busy, Field::device};
}

} // namespace grafos::board
