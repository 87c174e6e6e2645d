// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/loopback_client.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "boards/linux/system_entropy.hpp"

namespace grafos::bench {
namespace {

constexpr hal::DatagramAddress any_local{0x7F000001, 0};
constexpr Duration open_most{10'000};

[[noreturn]] void end(const char* what) {
    std::fprintf(stderr, "bench: %s\n", what);
    std::exit(1);
}

} // namespace

uint64_t wall_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

EchoClient::EchoClient(const hal::DatagramAddress& peer)
    : link_{std::make_unique<board::UdpLink>(time_.loop)}, peer_{peer} {
    if (!link_->start(any_local).is_ok()) {
        end("no socket");
    }
}

uint64_t EchoClient::exchange(size_t bytes) {
    const uint64_t from = wall_ns();
    (void)link_->send(peer_, Bytes{buffer_}.first(bytes)).is_ok();
    link_->flush();
    while (true) {
        time_.loop.idle_until(saturating_add(time_.clock.now(), Duration{60}));
        if (link_->receive(buffer_).is_ok()) {
            return wall_ns() - from;
        }
        if (wall_ns() - from > 2'000'000'000u) {
            end("no echo");
        }
    }
}

LoopbackClient::LoopbackClient() : link_{std::make_unique<board::UdpLink>(time_.loop)} {
    board::SystemEntropy entropy;
    if (!drbg_.start(entropy).is_ok() || !link_->start(any_local).is_ok()) {
        end("no entropy or no socket");
    }
    crypto::IdentitySecrets secrets = crypto::draw_identity_secrets(drbg_);
    identity_.start(secrets);
    crypto::erase_secrets(secrets);
    port_ = std::make_unique<wire::Port>(*link_, nullptr, &client_port_);
}

size_t LoopbackClient::open(const wire::Principal& node) {
    sessions_.push_back(
        std::make_unique<Session>(wire::ClientSession::Parts{*port_, identity_, drbg_}));
    Session& session = *sessions_.back();
    if (!client_port_.add(session).is_ok() || !session.open(node, now()).is_ok()) {
        end("no room for a session");
    }
    const Instant until = saturating_add(now(), open_most);
    while (session.state() != wire::SessionState::open) {
        turn();
        if (now() > until) {
            end("a session did not open");
        }
    }
    return sessions_.size() - 1;
}

void LoopbackClient::turn() {
    client_port_.flush(now());
    port_->flush();
    if (!has_more_) {
        time_.loop.idle_until(client_port_.next_deadline());
    }
    const Instant at = now();
    while (port_->receive(64, at)) {}
    has_more_ = client_port_.tick(at);
}

void LoopbackClient::fail(const Error& error) {
    const std::string_view code = name_of(error.code);
    const std::string_view field = name_of(error.field);
    std::fprintf(stderr, "bench: refused: %.*s at %.*s, got %llu, expected %llu\n",
                 static_cast<int>(code.size()), code.data(), static_cast<int>(field.size()),
                 field.data(), static_cast<unsigned long long>(error.value),
                 static_cast<unsigned long long>(error.expected));
    std::exit(1);
}

} // namespace grafos::bench
