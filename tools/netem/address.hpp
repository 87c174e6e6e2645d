// SPDX-License-Identifier: Apache-2.0
/// UDP over IPv4 as the relay needs it: addresses as text, sockets that are bound and fast.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <netinet/in.h>

namespace grafos::netem {

/// Host byte order; 0.0.0.0:0 is nobody.
struct Address {
    uint32_t ipv4 = 0;
    uint16_t port = 0;
    friend constexpr auto operator<=>(const Address&, const Address&) = default;
};

inline constexpr uint32_t loopback = 0x7f000001;
inline constexpr size_t datagram_bytes_max = 65507; ///< what UDP itself can carry

/// `A.B.C.D:PORT`. Throws Problem.
[[nodiscard]] Address address_of(std::string_view where, std::string_view text);
[[nodiscard]] std::string text_of(const Address& address);
[[nodiscard]] sockaddr_in socket_address_of(const Address& address);
[[nodiscard]] Address address_of(const sockaddr_in& address);

/// A descriptor that closes itself.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    void close();
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// Non-blocking, bound (port 0: any), with buffers as large as this machine lets us have.
/// Throws SystemProblem.
[[nodiscard]] Descriptor udp_socket(const Address& bind_to);
[[nodiscard]] Address local_address(const Descriptor& socket);

/// Datagrams that the kernel dropped because this socket was not read in time.
[[nodiscard]] uint64_t kernel_drops(const Descriptor& socket);

} // namespace grafos::netem

template <>
struct std::hash<grafos::netem::Address> {
    size_t operator()(const grafos::netem::Address& address) const noexcept {
        return (static_cast<uint64_t>(address.ipv4) << 16 | address.port) * 0x9e3779b97f4a7c15u;
    }
};
