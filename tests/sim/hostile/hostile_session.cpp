// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/hostile/hostile_session.hpp"

namespace grafos::test {
namespace {

constexpr Duration retry{200};
constexpr uint32_t tries_most = 5; ///< then from the hello on, with a new cookie

[[nodiscard]] bool is_of_session(wire::PacketKind kind) noexcept {
    return kind == wire::PacketKind::sealed || kind == wire::PacketKind::plain;
}

} // namespace

void HostileSession::open(const Home& home, wire::SessionNumber old, Instant world) noexcept {
    home_ = home;
    old_ = old;
    state_ = State::greeting;
    next_request_ = 0;
    tries_ = 0;
    is_confirmed_ = false;
    greet();
    retry_at_ = saturating_add(world, retry);
}

void HostileSession::greet() noexcept {
    drbg_.fill(random_.bytes);
    net_.send(address_, home_.address, wire::encode_hello(random_));
}

void HostileSession::tick(Instant world) noexcept {
    if (world < next_turn()) {
        return;
    }
    retry_at_ = saturating_add(world, retry);
    tries_ += 1;
    if (state_ == State::asking && tries_ < tries_most) {
        net_.send(address_, home_.address, init_);
        return;
    }
    state_ = State::greeting;
    tries_ = 0;
    greet();
}

Instant HostileSession::next_turn() const noexcept {
    const bool is_under_way = state_ == State::greeting || state_ == State::asking;
    return is_under_way ? retry_at_ : Instant::never();
}

void HostileSession::ask(const wire::Cookie& cookie) noexcept {
    const crypto::EphemeralSecret ephemeral{drbg_};
    noise_.start(identity_, home_.key, bytes_of(wire::handshake_prologue),
                 wire::encode_init_payload({old_}), ephemeral);
    crypto::Step step = crypto::Step::more;
    while (step == crypto::Step::more && noise_.is_step_due()) { // three
        step = noise_.step();
    }
    if (step == crypto::Step::refused) {
        return;
    }
    wire::InitBody body{.proof = {random_, cookie}, .noise = {}};
    copy_bytes(body.noise, noise_.message());
    init_ = wire::encode_init(body);
    state_ = State::asking;
    net_.send(address_, home_.address, init_);
}

void HostileSession::enter(Bytes noise) noexcept {
    if (!noise_.start_read(noise)) {
        return;
    }
    crypto::Step step = crypto::Step::more;
    while (step == crypto::Step::more) { // two
        step = noise_.step();
    }
    if (step != crypto::Step::done) {
        return;
    }
    const Result<wire::AcceptPayload> payload = wire::decode_accept_payload(noise_.payload());
    if (!payload.is_ok()) {
        return;
    }
    accepted_ = payload.value();
    channel_.start(wire::SessionSide::client, accepted_.session, accepted_.seals);
    noise_.split(channel_.sending_key(), channel_.receiving_key());
    state_ = State::open;
    SealedPacket probe; // confirms it
    seal({}, probe);
    send(probe);
}

bool HostileSession::take(MutableBytes packet, Bytes& messages, uint64_t& counter) noexcept {
    const Result<wire::PacketHeader> decoded = wire::decode_packet_header(packet);
    if (!decoded.is_ok()) {
        return false;
    }
    const wire::PacketHeader& header = decoded.value();
    if (state_ == State::greeting) {
        const Result<wire::CookieBody> body = wire::decode_cookie(header, packet);
        if (header.kind == wire::PacketKind::cookie && body.is_ok() &&
            body.value().random == random_) {
            ask(body.value().cookie);
        }
    } else if (state_ == State::asking && header.kind == wire::PacketKind::accept) {
        const Result<Bytes> noise = wire::decode_accept(header, packet);
        if (noise.is_ok()) {
            enter(noise.value());
        }
    } else if (state_ == State::open && is_of_session(header.kind) &&
               header.session == accepted_.session) {
        counter = header.counter;
        const bool is_opened = channel_.open(header, packet, messages) == wire::Opening::opened;
        is_confirmed_ = is_confirmed_ || is_opened;
        return is_opened;
    }
    return false;
}

void HostileSession::seal(Bytes messages, SealedPacket& to) noexcept {
    GRAFOS_ASSERT(is_open());
    to.counter = channel_.sent_count();
    copy_bytes(wire::Channel::body_of(to.bytes), messages);
    const Result<size_t> size = channel_.seal(to.bytes, messages.size());
    GRAFOS_ASSERT(size.is_ok()); // no session sends 2^64 packets
    to.size = size.value();
}

} // namespace grafos::test
