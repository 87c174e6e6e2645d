// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/address.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/netem/problem.hpp"
#include "tools/netem/words.hpp"

namespace grafos::netem {
namespace {

constexpr int receive_buffer_bytes = 4 << 20;
constexpr size_t meminfo_words = 9, meminfo_drops = 8; // linux/sock_diag.h SK_MEMINFO_DROPS
constexpr int socket_meminfo = 55;                     // SO_MEMINFO, newer than some headers

} // namespace

std::string SystemProblem::text() const {
    return what + ": " + std::strerror(error);
}

Address address_of(std::string_view where, std::string_view text) {
    const Problem problem{std::string{where}, std::string{text}, "ADDRESS:PORT, as 127.0.0.1:7000"};
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        throw problem;
    }
    in_addr parsed{};
    const std::string host{text.substr(0, colon)};
    if (inet_pton(AF_INET, host.c_str(), &parsed) != 1) {
        throw problem;
    }
    const auto port = whole_number(text.substr(colon + 1), UINT16_MAX);
    if (!port) {
        throw problem;
    }
    return {ntohl(parsed.s_addr), static_cast<uint16_t>(*port)};
}

std::string text_of(const Address& address) {
    std::array<char, INET_ADDRSTRLEN> text{};
    const in_addr raw{htonl(address.ipv4)};
    inet_ntop(AF_INET, &raw, text.data(), text.size());
    return std::string{text.data()} + ":" + std::to_string(address.port);
}

sockaddr_in socket_address_of(const Address& address) {
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_port = htons(address.port);
    raw.sin_addr.s_addr = htonl(address.ipv4);
    return raw;
}

Address address_of(const sockaddr_in& address) {
    return {ntohl(address.sin_addr.s_addr), ntohs(address.sin_port)};
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        close();
        number_ = other.number_;
        other.number_ = -1;
    }
    return *this;
}

void Descriptor::close() {
    if (number_ >= 0) {
        ::close(number_);
        number_ = -1;
    }
}

Descriptor udp_socket(const Address& bind_to) {
    Descriptor made{socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!made.is_open()) {
        throw SystemProblem{"a UDP socket", errno};
    }
    const int bytes = receive_buffer_bytes;
    for (const auto& [forced, plain] :
         {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
        if (setsockopt(made.number(), SOL_SOCKET, forced, &bytes, sizeof bytes) != 0) {
            setsockopt(made.number(), SOL_SOCKET, plain, &bytes, sizeof bytes);
        }
    }
    const sockaddr_in raw = socket_address_of(bind_to);
    if (bind(made.number(), reinterpret_cast<const sockaddr*>(&raw), sizeof raw) != 0) {
        throw SystemProblem{"bind to " + text_of(bind_to), errno};
    }
    return made;
}

Address local_address(const Descriptor& socket) {
    sockaddr_in raw{};
    socklen_t size = sizeof raw;
    getsockname(socket.number(), reinterpret_cast<sockaddr*>(&raw), &size);
    return address_of(raw);
}

uint64_t kernel_drops(const Descriptor& socket) {
    std::array<uint32_t, meminfo_words> info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket.number(), SOL_SOCKET, socket_meminfo, info.data(), &size) != 0) {
        return 0;
    }
    return info[meminfo_drops];
}

} // namespace grafos::netem
