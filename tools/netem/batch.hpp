// SPDX-License-Identifier: Apache-2.0
/// Many datagrams a system call, in and out.
#pragma once

#include <array>
#include <vector>

#include <sys/socket.h>

#include "tools/netem/address.hpp"
#include "tools/netem/lane.hpp"

namespace grafos::netem {

inline constexpr size_t batch_max = 64;

class Inbox {
public:
    Inbox();
    /// How many were waiting, at most batch_max.
    [[nodiscard]] size_t receive(int socket);
    [[nodiscard]] Address from(size_t index) const { return address_of(sources_[index]); }
    [[nodiscard]] Payload payload(size_t index) const;

private:
    std::vector<uint8_t> memory_;
    std::array<mmsghdr, batch_max> headers_{};
    std::array<iovec, batch_max> parts_{};
    std::array<sockaddr_in, batch_max> sources_{};
};

class Outbox {
public:
    Outbox();
    /// Takes a copy. `refused` counts if the kernel does not take it; it must outlive `flush`.
    void put(int socket, const Address& to, Payload bytes, uint64_t& refused);
    void flush();

private:
    std::vector<uint8_t> memory_;
    size_t used_ = 0;
    size_t count_ = 0;
    int socket_ = -1;
    std::array<mmsghdr, batch_max> headers_{};
    std::array<iovec, batch_max> parts_{};
    std::array<sockaddr_in, batch_max> targets_{};
    std::array<uint64_t*, batch_max> refused_{};
};

} // namespace grafos::netem
