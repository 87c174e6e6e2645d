// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/text_peers.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/bench/loopback_client.hpp"

namespace grafos::bench {
namespace {

constexpr int start_attempts = 1'000; // of 10 ms

[[nodiscard]] bool is_program(const char* name) {
    for (const char* const folder : {"/usr/bin/", "/usr/local/bin/", "/usr/sbin/"}) {
        if (access((std::string{folder} + name).c_str(), X_OK) == 0) {
            return true;
        }
    }
    return false;
}

[[noreturn]] void end(const char* what, const std::string& got) {
    std::fprintf(stderr, "bench: %s: '%s'\n", what, got.substr(0, 200).c_str());
    std::exit(1);
}

[[nodiscard]] std::unique_ptr<TextConnection> connect_when_up(uint16_t port) {
    for (int attempt = 0; attempt < start_attempts; ++attempt) {
        auto connection = std::make_unique<TextConnection>(port);
        if (connection->is_open()) {
            return connection;
        }
        usleep(10'000);
    }
    end("a peer does not listen", std::to_string(port));
}

} // namespace

TextConnection::TextConnection(uint16_t port)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        close(socket_);
        socket_ = -1;
        return;
    }
    const int is_on = 1;
    (void)setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &is_on, sizeof(is_on));
}

TextConnection::~TextConnection() {
    if (socket_ >= 0) {
        close(socket_);
    }
}

void TextConnection::send(const std::string& text) const {
    size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::send(socket_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
        if (count <= 0) {
            end("a peer closed its connection", text);
        }
        done += static_cast<size_t>(count);
    }
}

const std::string& TextConnection::receive() {
    std::array<char, 16'384> buffer;
    const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
        end("a peer closed its connection", received_);
    }
    received_.assign(buffer.data(), static_cast<size_t>(count));
    return received_;
}

void TextConnection::take_lines(size_t count) {
    while (count > 0) {
        for (const char letter : receive()) {
            if (letter == '-') {
                end("Redis refused", received_);
            }
            count -= letter == '\n' ? 1u : 0u;
        }
    }
}

RedisSide::~RedisSide() {
    process_.stop();
    if (!folder_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
}

bool RedisSide::start(const std::string& folder) {
    // Debian's redis-tools brings the server under another name and without a service: the program
    // is what its own name says.
    const bool has_own_name = is_program("redis-server");
    if (!has_own_name && !is_program("redis-check-rdb")) {
        return false;
    }
    port_ = free_port();
    std::vector<std::string> words{
        "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", ""};
    const auto add = [&](std::initializer_list<const char*> more) {
        words.insert(words.end(), more.begin(), more.end());
    };
    if (folder.empty()) {
        add({"--appendonly", "no"});
    } else {
        folder_ = folder;
        std::filesystem::create_directories(folder_);
        add({"--dir", folder_.c_str(), "--appendonly", "yes", "--appendfsync", "always",
             "--auto-aof-rewrite-percentage", "0"});
    }
    process_.start_program(has_own_name ? "redis-server" : "redis-check-rdb", words);
    (void)connect();
    return true;
}

std::unique_ptr<TextConnection> RedisSide::connect() const {
    return connect_when_up(port_);
}

std::string RedisSide::grant(uint64_t number) {
    std::array<char, 160> text;
    const int size = std::snprintf(text.data(), text.size(),
                                   "*6\r\n$3\r\nSET\r\n$22\r\nlease:%016llx\r\n$16\r\n%016llx\r\n"
                                   "$2\r\nNX\r\n$2\r\nPX\r\n$5\r\n30000\r\n",
                                   static_cast<unsigned long long>(number),
                                   static_cast<unsigned long long>(~number));
    return {text.data(), static_cast<size_t>(size)};
}

EtcdSide::~EtcdSide() {
    process_.stop();
    if (!folder_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
}

bool EtcdSide::start(const std::string& folder) {
    if (!is_program("etcd")) {
        return false;
    }
    folder_ = folder;
    const uint16_t port = free_port();
    const std::string client = "http://127.0.0.1:" + std::to_string(port);
    const std::string peer = "http://127.0.0.1:" + std::to_string(free_port());
    process_.start_program("etcd", {"etcd", "--data-dir", folder_, "--listen-client-urls", client,
                                    "--advertise-client-urls", client, "--listen-peer-urls", peer,
                                    "--initial-advertise-peer-urls", peer, "--initial-cluster",
                                    "default=" + peer, "--log-level", "error"});
    connection_ = connect_when_up(port);
    for (int attempt = 0; attempt < start_attempts; ++attempt) {
        connection_->send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if (connection_->receive().find("\"true\"") != std::string::npos) {
            return true;
        }
        usleep(10'000);
    }
    end("etcd does not become healthy", client);
}

uint64_t EtcdSide::grant() {
    static const std::string request =
        "POST /v3/lease/grant HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 11\r\n\r\n{\"TTL\":300}";
    const uint64_t from = wall_ns();
    connection_->send(request);
    std::string answer;
    do {
        answer += connection_->receive();
    } while (answer.find("}") == std::string::npos);
    const uint64_t took = wall_ns() - from;
    if (answer.find("\"ID\"") == std::string::npos) {
        end("etcd refused", answer);
    }
    return took;
}

} // namespace grafos::bench
