// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/control.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace grafos::netem {
namespace {

constexpr size_t clients_max = 16, line_bytes_max = 4096;
constexpr int answer_bytes_max = 2 << 20; // `show` of a thousand pairs
constexpr std::string_view unix_prefix = "unix:";

struct AnyAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};

AnyAddress raw_address_of(const ControlAddress& address) {
    AnyAddress raw;
    if (const auto* tcp = std::get_if<Address>(&address.where)) {
        const sockaddr_in inet = socket_address_of(*tcp);
        std::memcpy(&raw.storage, &inet, sizeof inet);
        raw.size = sizeof inet;
    } else {
        const std::string& path = std::get<std::string>(address.where);
        sockaddr_un local{};
        local.sun_family = AF_UNIX;
        std::memcpy(local.sun_path, path.c_str(), path.size() + 1); // checked when it was read
        std::memcpy(&raw.storage, &local, sizeof local);
        raw.size = sizeof local;
    }
    return raw;
}

std::string text_of(const ControlAddress& address) {
    const auto* tcp = std::get_if<Address>(&address.where);
    return tcp != nullptr ? netem::text_of(*tcp)
                          : std::string{unix_prefix} + std::get<std::string>(address.where);
}

Descriptor stream_socket(const ControlAddress& address, int flags) {
    const bool is_tcp = std::holds_alternative<Address>(address.where);
    Descriptor made{socket(is_tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
    if (!made.is_open()) {
        throw SystemProblem{"a control socket", errno};
    }
    const int one = 1;
    if (is_tcp) {
        setsockopt(made.number(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        setsockopt(made.number(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return made;
}

} // namespace

ControlAddress control_address_of(std::string_view where, std::string_view text) {
    if (!text.starts_with(unix_prefix)) {
        return {address_of(where, text)};
    }
    const std::string path{text.substr(unix_prefix.size())};
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
        throw Problem{std::string{where}, std::string{text}, "unix:PATH of 1 to 107 bytes"};
    }
    return {path};
}

ControlServer::ControlServer(EventLoop& loop, Steering& steering, const ControlAddress& address)
    : loop_(loop), steering_(steering), listener_(stream_socket(address, SOCK_NONBLOCK)) {
    const AnyAddress raw = raw_address_of(address);
    if (const auto* path = std::get_if<std::string>(&address.where)) {
        path_ = *path;
        unlink(path_.c_str());
    }
    if (bind(listener_.number(), raw.get(), raw.size) != 0 ||
        listen(listener_.number(), static_cast<int>(clients_max)) != 0) {
        throw SystemProblem{"control port " + text_of(address), errno};
    }
    address_ = path_.empty() ? netem::text_of(local_address(listener_)) : text_of(address);
    loop_.add(listener_.number(), [this] { accept_client(); });
}

ControlServer::~ControlServer() {
    if (!path_.empty()) {
        unlink(path_.c_str());
    }
}

void ControlServer::accept_client() {
    Descriptor socket{accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket.is_open() || clients_.size() >= clients_max) {
        return;
    }
    const int number = socket.number();
    setsockopt(number, SOL_SOCKET, SO_SNDBUF, &answer_bytes_max, sizeof answer_bytes_max);
    clients_[number].socket = std::move(socket);
    loop_.add(number, [this, number] { serve(number); });
}

void ControlServer::serve(int number) {
    Client& client = clients_.at(number);
    std::array<char, line_bytes_max> chunk{};
    const ssize_t size = recv(number, chunk.data(), chunk.size(), 0);
    bool is_over = size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
    if (size > 0) {
        client.rest.append(chunk.data(), static_cast<size_t>(size));
    }
    for (size_t end = 0; !is_over && (end = client.rest.find('\n')) != std::string::npos;) {
        const std::string answer = line_of(steering_.execute(client.rest.substr(0, end))) + "\n";
        client.rest.erase(0, end + 1);
        // An answer that does not fit into the socket's buffer means that nobody reads: then go.
        is_over = send(number, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
                  static_cast<ssize_t>(answer.size());
    }
    if (is_over || client.rest.size() >= line_bytes_max) {
        loop_.remove(number);
        clients_.erase(number);
    }
}

std::string ask(const ControlAddress& address, const std::string& command, int timeout_ms) {
    const Descriptor socket = stream_socket(address, 0);
    const timeval timeout{timeout_ms / 1000, timeout_ms % 1000 * 1000};
    setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    const AnyAddress raw = raw_address_of(address);
    const std::string line = command + "\n";
    if (connect(socket.number(), raw.get(), raw.size) != 0 ||
        send(socket.number(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
        throw SystemProblem{"no relay answers at " + text_of(address), errno};
    }
    std::string answer;
    std::array<char, 65'536> chunk{};
    while (answer.empty() || answer.back() != '\n') {
        const ssize_t size = recv(socket.number(), chunk.data(), chunk.size(), 0);
        if (size <= 0) {
            throw SystemProblem{"the relay at " + text_of(address) + " did not answer",
                                size == 0 ? ECONNRESET : errno};
        }
        answer.append(chunk.data(), static_cast<size_t>(size));
    }
    answer.pop_back();
    return answer;
}

} // namespace grafos::netem
