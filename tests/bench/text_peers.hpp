// SPDX-License-Identifier: Apache-2.0
/// Peers that speak text over TCP: Redis (RESP) and etcd (its v3 JSON gateway over HTTP/1.1).
///
/// Each is started by the benchmark on a port nobody has, on CPU 0, and ended with it. Whoever is
/// not installed is said to be missing, not faked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/loopback_side.hpp"

namespace grafos::bench {

/// A connected TCP socket without Nagle's delay.
class TextConnection {
public:
    explicit TextConnection(uint16_t port);
    TextConnection(const TextConnection&) = delete;
    TextConnection& operator=(const TextConnection&) = delete;
    ~TextConnection();

    [[nodiscard]] bool is_open() const { return socket_ >= 0; }
    [[nodiscard]] int socket() const { return socket_; }
    void send(const std::string& text) const;
    /// What is there, after waiting for at least a byte.
    [[nodiscard]] const std::string& receive();
    /// Waits for so many lines that begin with '+', ':' or '$': replies of the commands used here.
    void take_lines(size_t count);

private:
    int socket_ = -1;
    std::string received_;
};

class RedisSide {
public:
    RedisSide() = default;
    RedisSide(const RedisSide&) = delete;
    RedisSide& operator=(const RedisSide&) = delete;
    ~RedisSide();
    /// Keeps nothing; with a `folder`, every write is flushed to a file there before its answer,
    /// and the folder is removed at the end. False: there is no redis-server.
    [[nodiscard]] bool start(const std::string& folder = {});
    [[nodiscard]] std::unique_ptr<TextConnection> connect() const;
    [[nodiscard]] uint64_t cpu_ns() const { return process_.cpu_ns(); }
    /// SET lease:NUMBER … NX PX 30000 as RESP.
    [[nodiscard]] static std::string grant(uint64_t number);
    [[nodiscard]] static std::string forget_all() { return "*1\r\n$8\r\nFLUSHALL\r\n"; }

private:
    uint16_t port_ = 0;
    std::string folder_;
    Process process_;
};

class EtcdSide {
public:
    EtcdSide() = default;
    EtcdSide(const EtcdSide&) = delete;
    EtcdSide& operator=(const EtcdSide&) = delete;
    ~EtcdSide();
    /// Its data in `folder`, which is removed at the end. False: there is no etcd.
    [[nodiscard]] bool start(const std::string& folder);
    /// One lease of 600 s; nanoseconds. Ends the program if it is refused.
    [[nodiscard]] uint64_t grant();

private:
    std::string folder_;
    std::unique_ptr<TextConnection> connection_;
    Process process_;
};

} // namespace grafos::bench
