// SPDX-License-Identifier: Apache-2.0
#include "boards/linux/service_manager.hpp"

#include <cstddef>
#include <cstring>

namespace grafos::board {

void ServiceManager::start(const char* place) noexcept {
    const std::string_view path = place != nullptr ? place : "";
    const bool is_abstract = path.starts_with('@');
    // A path needs its closing zero within the field; an abstract name is told by its length.
    const bool is_address = (is_abstract || path.starts_with('/')) && path.size() > 1 &&
                            path.size() < sizeof address_.sun_path;
    if (!is_address) {
        return;
    }
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) {
        return;
    }
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, path.data(), path.size());
    if (is_abstract) {
        address_.sun_path[0] = '\0';
    }
    const size_t size = offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0u : 1u);
    address_bytes_ = static_cast<socklen_t>(size);
}

void ServiceManager::tell(std::string_view lines) noexcept {
    if (is_there()) {
        (void)!sendto(socket_, lines.data(), lines.size(), MSG_NOSIGNAL,
                      reinterpret_cast<const sockaddr*>(&address_), address_bytes_);
    }
}

} // namespace grafos::board
