// SPDX-License-Identifier: Apache-2.0
#include "boards/linux/udp_link.hpp"

#include <cerrno>

#include <arpa/inet.h>
#include <unistd.h>

namespace grafos::board {

namespace {

/// Room for a burst between two turns; the system may grant less.
constexpr int socket_buffer_bytes = 1 << 20;
/// Calls that only bring an old error to light, before the socket counts as broken.
constexpr unsigned attempts_max = 4;

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
    sockaddr_in system = system_address(own);
    socklen_t size = sizeof(system);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&system), size) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&system), &size) != 0) {
        return system_error();
    }
    local_ = own_address(system);
    for (size_t i = 0; i < batch_max; ++i) {
        tray_[i].bytes = {tray_[i].payload.data(), tray_[i].payload.size()};
        tray_headers_[i].msg_hdr.msg_iov = &tray_[i].bytes;
        tray_headers_[i].msg_hdr.msg_iovlen = 1;
        tray_headers_[i].msg_hdr.msg_name = &tray_[i].peer;
        queue_headers_[i].msg_hdr.msg_iov = &queue_[i].bytes;
        queue_headers_[i].msg_hdr.msg_iovlen = 1;
        queue_headers_[i].msg_hdr.msg_name = &queue_[i].peer;
        queue_headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
    loop_.watch_flag(is_waiting_);
    if (!loop_.watch_input(socket_)) {
        return system_error();
    }
    return ok();
}

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
    auto& slot = queue_[queued_];
    slot.peer = system_address(to);
    slot.bytes = {slot.payload.data(), payload.size()};
    copy_bytes(slot.payload, payload);
    queued_ += 1;
    return ok();
}

void UdpLink::flush() noexcept {
    unsigned done = 0;
    // Each call sends, or drops one: what the system does not take is lost as on any wire.
    while (done < queued_) {
        const int count = sendmmsg(socket_, &queue_headers_[done], queued_ - done, 0);
        if (count > 0) {
            done += static_cast<unsigned>(count);
            counters_.sent += static_cast<unsigned>(count);
        } else {
            done += 1;
            counters_.unsent += 1;
        }
    }
    GRAFOS_ASSERT(done == queued_);
    queued_ = 0;
}

Result<> UdpLink::refill() noexcept {
    next_ = 0;
    filled_ = 0;
    for (mmsghdr& header : tray_headers_) {
        header.msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
    for (unsigned attempt = 0; attempt < attempts_max; ++attempt) {
        const int count = recvmmsg(socket_, tray_headers_, batch_max, 0, nullptr);
        if (count > 0) {
            filled_ = static_cast<size_t>(count);
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

Result<hal::ReceivedDatagram> UdpLink::receive(MutableBytes into) noexcept {
    GRAFOS_ASSERT(into.size() >= hal::datagram_bytes_max);
    // A tray of nothing but wrong ones is followed by one more look; the rest waits for a turn.
    for (unsigned look = 0; look < 2; ++look) {
        if (next_ == filled_) {
            GRAFOS_TRY(refill());
        }
        while (next_ < filled_) {
            const auto& slot = tray_[next_];
            const size_t size = tray_headers_[next_].msg_len;
            next_ += 1;
            note_waiting();
            if (size == 0 || size > hal::datagram_bytes_max) {
                counters_.wrong_size += 1;
                continue;
            }
            copy_bytes(into, Bytes{slot.payload}.first(size));
            counters_.received += 1;
            return hal::ReceivedDatagram{own_address(slot.peer), size};
        }
    }
    return Error{ErrorCode::busy, Field::device};
}

} // namespace grafos::board
