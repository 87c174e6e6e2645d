// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/batch.hpp"

#include <algorithm>
#include <cerrno>

namespace grafos::netem {
namespace {

constexpr size_t slot_bytes = 65'536;
constexpr size_t outbox_bytes = 4 * slot_bytes;

} // namespace

Inbox::Inbox() : memory_(batch_max * slot_bytes) {
    for (size_t i = 0; i < batch_max; ++i) {
        parts_[i] = {memory_.data() + i * slot_bytes, slot_bytes};
        headers_[i].msg_hdr = {&sources_[i], sizeof sources_[i], &parts_[i], 1, nullptr, 0, 0};
    }
}

size_t Inbox::receive(int socket) {
    for (mmsghdr& header : headers_) {
        header.msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
    const int count = recvmmsg(socket, headers_.data(), batch_max, MSG_DONTWAIT, nullptr);
    return count > 0 ? static_cast<size_t>(count) : 0; // also an ICMP error: read again later
}

Payload Inbox::payload(size_t index) const {
    return {memory_.data() + index * slot_bytes, headers_[index].msg_len};
}

Outbox::Outbox() : memory_(outbox_bytes) {
    for (size_t i = 0; i < batch_max; ++i) {
        headers_[i].msg_hdr = {&targets_[i], sizeof targets_[i], &parts_[i], 1, nullptr, 0, 0};
    }
}

void Outbox::put(int socket, const Address& to, Payload bytes, uint64_t& refused) {
    if (count_ == batch_max || socket != socket_ || used_ + bytes.size() > memory_.size()) {
        flush();
    }
    socket_ = socket;
    std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<ptrdiff_t>(used_));
    parts_[count_] = {memory_.data() + used_, bytes.size()};
    targets_[count_] = socket_address_of(to);
    refused_[count_] = &refused;
    used_ += bytes.size();
    ++count_;
}

void Outbox::flush() {
    size_t done = 0;
    while (done < count_) {
        const int sent = sendmmsg(socket_, headers_.data() + done,
                                  static_cast<unsigned>(count_ - done), MSG_DONTWAIT);
        if (sent > 0) {
            done += static_cast<size_t>(sent);
        } else if (errno != EINTR) {
            ++*refused_[done++];
        }
    }
    count_ = 0;
    used_ = 0;
}

} // namespace grafos::netem
