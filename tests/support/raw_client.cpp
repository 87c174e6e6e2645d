// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raw_client.hpp"

namespace grafos::test {

RawClient::RawClient(SessionRig& rig, const hal::DatagramAddress& address,
                     const crypto::Identity& me, uint64_t seed) noexcept
    : RawClient{Surroundings{rig.net, rig.node.identity.exchange_key(), node_address,
                             [](void* it) noexcept { static_cast<SessionRig*>(it)->turn(); }, &rig},
                address, me, seed} {}

RawClient::RawClient(const Surroundings& around, const hal::DatagramAddress& address,
                     const crypto::Identity& me, uint64_t seed) noexcept
    : link{around.net, address}, identity{me}, around_{around} {
    std::array<uint8_t, 8> bytes;
    store_big_endian<uint64_t>(bytes.data(), seed);
    drbg.seed(bytes);
}

void RawClient::send(Bytes datagram) noexcept {
    bytes_out += datagram.size();
    static_cast<void>(link.send(around_.node_address, datagram).is_ok());
}

void RawClient::take(Bytes packet) noexcept {
    packets += 1;
    bytes_in += packet.size();
    last.size = packet.size();
    copy_bytes(last.bytes, packet);
    const Result<wire::PacketHeader> header = wire::decode_packet_header(packet);
    const bool is_sealed = header.is_ok() && header.value().kind == wire::PacketKind::sealed;
    if (!is_sealed || header.value().session != accepted.session) {
        return;
    }
    std::array<uint8_t, wire::packet_bytes_max> copy;
    copy_bytes(copy, packet);
    Bytes messages;
    if (channel.open(header.value(), MutableBytes{copy}.first(packet.size()), messages) !=
        wire::Opening::opened) {
        return;
    }
    signs += messages.empty() ? 1u : 0u;
    while (!messages.empty()) {
        const Result<wire::MessageView> message = wire::take_message(messages);
        if (!message.is_ok()) {
            return;
        }
        replies += 1;
        last_reply = message.value();
        copy_bytes(last_payload, last_reply.payload);
        last_reply.payload = Bytes{last_payload}.first(last_reply.payload.size());
    }
}

void RawClient::turn() noexcept {
    around_.turn(around_.rig);
    std::array<uint8_t, hal::datagram_bytes_max> buffer;
    for (int i = 0; i < 256; ++i) {
        const Result<hal::ReceivedDatagram> received = link.receive(buffer);
        if (!received.is_ok()) {
            break;
        }
        take(Bytes{buffer}.first(received.value().size));
    }
}

void RawClient::run(uint64_t turns) noexcept {
    for (uint64_t i = 0; i < turns; ++i) {
        turn();
    }
}

bool RawClient::fetch_cookie() noexcept {
    drbg.fill(random.bytes);
    send(wire::encode_hello(random));
    const uint64_t before = packets;
    for (int i = 0; i < 100 && packets == before; ++i) {
        turn();
    }
    const Result<wire::PacketHeader> header = wire::decode_packet_header(last.view());
    if (packets == before || !header.is_ok()) {
        return false;
    }
    const Result<wire::CookieBody> body = wire::decode_cookie(header.value(), last.view());
    if (!body.is_ok() || body.value().random != random) {
        return false;
    }
    cookie = body.value().cookie;
    return true;
}

wire::InitPacket RawClient::make_init(wire::SessionNumber old) noexcept {
    const crypto::EphemeralSecret ephemeral{drbg};
    noise.start(identity, around_.node_key, bytes_of(wire::handshake_prologue),
                wire::encode_init_payload({old}), ephemeral);
    while (noise.is_step_due()) {
        static_cast<void>(noise.step());
    }
    wire::InitBody body{.proof = {random, cookie}, .noise = {}};
    copy_bytes(body.noise, noise.message());
    return wire::encode_init(body);
}

bool RawClient::read_accept() noexcept {
    const Result<wire::PacketHeader> header = wire::decode_packet_header(last.view());
    if (!header.is_ok() || header.value().kind != wire::PacketKind::accept) {
        return false;
    }
    const Result<Bytes> message = wire::decode_accept(header.value(), last.view());
    if (!message.is_ok() || !noise.start_read(message.value())) {
        return false;
    }
    crypto::Step step = crypto::Step::more;
    while (step == crypto::Step::more) {
        step = noise.step();
    }
    if (step != crypto::Step::done) {
        return false;
    }
    const Result<wire::AcceptPayload> payload = wire::decode_accept_payload(noise.payload());
    if (!payload.is_ok()) {
        return false;
    }
    accepted = payload.value();
    channel.start(wire::SessionSide::client, accepted.session, true);
    noise.split(channel.sending_key(), channel.receiving_key());
    return true;
}

bool RawClient::shake_hands(wire::SessionNumber old) noexcept {
    if (!fetch_cookie()) {
        return false;
    }
    const wire::InitPacket init = make_init(old);
    send(init);
    const uint64_t before = packets;
    for (int i = 0; i < 2'000 && packets == before; ++i) {
        turn();
    }
    return packets > before && read_accept();
}

bool RawClient::open(wire::SessionNumber old) noexcept {
    if (!shake_hands(old)) {
        return false;
    }
    const uint64_t before = signs;
    send_sealed({});
    turn();
    turn();
    return signs > before;
}

void RawClient::send_sealed(Bytes messages) noexcept {
    std::array<uint8_t, wire::packet_bytes_max> packet{};
    copy_bytes(wire::Channel::body_of(packet), messages);
    const Result<size_t> size = channel.seal(packet, messages.size());
    if (size.is_ok()) {
        send(Bytes{packet}.first(size.value()));
    }
}

void RawClient::ask(uint64_t request, uint64_t floor, wire::MessageType type,
                    Bytes payload) noexcept {
    std::array<uint8_t, wire::packet_body_bytes_max> body;
    wire::MessageWriter writer{body};
    const Result<> put = writer.put({.type = static_cast<uint16_t>(type),
                                     .request = {request},
                                     .open = static_cast<uint16_t>(request - floor),
                                     .payload = payload});
    static_cast<void>(put.is_ok());
    send_sealed(Bytes{body}.first(writer.size()));
}

} // namespace grafos::test
