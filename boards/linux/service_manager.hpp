// SPDX-License-Identifier: Apache-2.0
/// Tells a service manager how far the process is: the protocol of sd_notify(3) without its
/// library, since it is one datagram of text to the socket that NOTIFY_SOCKET names.
///
/// Without that variable, or with one that is no address of a local socket, nothing is sent: a
/// process without a manager is as well as one with.
#pragma once

#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

namespace grafos::board {

class ServiceManager {
public:
    constexpr ServiceManager() noexcept = default;
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    /// `place`: the value of NOTIFY_SOCKET, a path from the root or `@` and an abstract name; null:
    /// there is no manager. Context: boot.
    void start(const char* place) noexcept;
    [[nodiscard]] bool is_there() const noexcept { return address_bytes_ > 0; }

    /// Lines of NAME=VALUE. What the manager does not take is lost; nothing waits. Context: turn.
    void tell(std::string_view lines) noexcept;

private:
    sockaddr_un address_{};
    socklen_t address_bytes_ = 0;
    int socket_ = -1;
};

} // namespace grafos::board
