// SPDX-License-Identifier: Apache-2.0
/// The near side: a program with one socket and up to sixteen sessions, and a bare one that only
/// exchanges datagrams over the same link and the same waiting.
#pragma once

#include <memory>
#include <vector>

#include "boards/linux/udp_link.hpp"
#include "core/wire/messages.hpp"
#include "core/wire/session/client_port.hpp"
#include "tests/bench/loopback_side.hpp"

namespace grafos::bench {

/// Nanoseconds of the wall's clock: waiting counts here.
[[nodiscard]] uint64_t wall_ns();

/// One datagram there and back.
class EchoClient {
public:
    explicit EchoClient(const hal::DatagramAddress& peer);
    /// Nanoseconds.
    [[nodiscard]] uint64_t exchange(size_t bytes);

private:
    Timebase time_;
    std::unique_ptr<board::UdpLink> link_;
    hal::DatagramAddress peer_;
    std::array<uint8_t, hal::datagram_bytes_max> buffer_{};
};

class LoopbackClient {
public:
    static constexpr uint16_t window = 32;
    static constexpr size_t sessions_max = 16;
    using Session = wire::ClientSessionOf<window, 512>;

    LoopbackClient();
    LoopbackClient(const LoopbackClient&) = delete;
    LoopbackClient& operator=(const LoopbackClient&) = delete;
    [[nodiscard]] const crypto::ExchangeKey& key() const { return identity_.exchange_key(); }

    /// Opens one more session with `node`. Ends the program if that takes ten seconds.
    size_t open(const wire::Principal& node);
    [[nodiscard]] size_t size() const { return sessions_.size(); }
    [[nodiscard]] Session& session(size_t index) { return *sessions_[index]; }

    /// Sends what is due, rests until something comes, takes it.
    void turn();
    [[nodiscard]] Instant now() { return time_.clock.now(); }

    /// One request and its reply, encoded and decoded. Ends the program at a refusal: a figure
    /// about refusals would be none.
    template <typename Reply, typename Request>
    [[nodiscard]] Reply ask(size_t index, wire::MessageType type, const Request& request) {
        const wire::RequestHandle handle = start(index, type, request);
        while (!is_done(index, handle)) {
            turn();
        }
        const Reply reply = take<Reply>(index, handle);
        return reply;
    }

    template <typename Request>
    [[nodiscard]] wire::RequestHandle start(size_t index, wire::MessageType type,
                                            const Request& request) {
        std::array<uint8_t, wire::whole_payload_bytes_max> bytes;
        const Result<size_t> size = wire::encode(request, bytes);
        if (!size.is_ok()) {
            fail(size.error());
        }
        const auto started = session(index).start(type, Bytes{bytes}.first(size.value()),
                                                  Duration{20'000}, time_.clock.now());
        if (!started.is_ok()) {
            fail(started.error());
        }
        return started.value();
    }
    [[nodiscard]] bool is_done(size_t index, wire::RequestHandle handle) {
        const Result<wire::ReplyView> reply = session(index).poll(handle);
        if (!reply.is_ok() && reply.error().code != ErrorCode::busy) {
            fail(reply.error());
        }
        return reply.is_ok();
    }
    /// Spans in it are of the session's buffer, which the next request may use.
    template <typename Reply>
    [[nodiscard]] Reply take(size_t index, wire::RequestHandle handle) {
        const Result<wire::ReplyView> reply = session(index).poll(handle);
        if (!reply.is_ok()) {
            fail(reply.error());
        }
        const Result<Reply> decoded = wire::decode<Reply>(reply.value().payload);
        if (!decoded.is_ok()) {
            fail(decoded.error());
        }
        session(index).release(handle);
        return decoded.value();
    }

private:
    [[noreturn]] static void fail(const Error& error);

    Timebase time_;
    crypto::Drbg drbg_{};
    crypto::Identity identity_{};
    std::unique_ptr<board::UdpLink> link_;
    wire::ClientPort client_port_{};
    std::unique_ptr<wire::Port> port_;
    std::vector<std::unique_ptr<Session>> sessions_;
    bool has_more_ = false;
};

} // namespace grafos::bench
