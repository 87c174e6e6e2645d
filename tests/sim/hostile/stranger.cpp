// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/hostile/stranger.hpp"

namespace grafos::test {
namespace {

constexpr uint16_t port_number = 50'000;
constexpr Duration patience{600};

} // namespace

hal::DatagramAddress Stranger::address_of(size_t index) noexcept {
    return {first_address + static_cast<uint32_t>(index), port_number};
}

size_t Stranger::index_of(const hal::DatagramAddress& address) noexcept {
    const uint32_t index = address.ipv4 - first_address;
    return index < address_count ? index : address_count;
}

Stranger::Stranger(SimulatedNet& net, TrickJudge& judge, uint64_t seed) noexcept
    : net_{net}, judge_{judge}, choice_{seed}, session_{net, address_of(of_key), identity_, drbg_} {
    std::array<uint8_t, 8> bytes;
    store_big_endian<uint64_t>(bytes.data(), choice_.next());
    drbg_.seed(bytes);
    crypto::IdentitySecrets secrets = crypto::draw_identity_secrets(drbg_);
    identity_.start(secrets);
    crypto::erase_secrets(secrets);
}

void Stranger::overhear(const Datagram& datagram) noexcept {
    if (choice_.chance(100)) {
        overheard_[next_ % overheard_.size()] = datagram;
        next_ += 1;
    }
}

void Stranger::note_sent(const Datagram& datagram, Instant world) noexcept {
    const size_t index = index_of(datagram.to);
    if (index == address_count) {
        return;
    }
    Place& place = places_[index];
    place.bytes_in += datagram.size;
    const Result<wire::PacketHeader> header = wire::decode_packet_header(datagram.view());
    const bool is_cookie = header.is_ok() && header.value().kind == wire::PacketKind::cookie;
    const bool is_silence = is_cookie && place.bytes_in <= place.bytes_out;
    judge_.expect(is_silence, row_of(place.last).success, world);
}

void Stranger::send(size_t index, Trick trick, const HostileSession::Home& home,
                    Bytes bytes) noexcept {
    places_[index].bytes_out += bytes.size();
    places_[index].last = trick;
    net_.inject(address_of(index), home.address, bytes);
}

void Stranger::send_garbage(const HostileSession::Home& home) noexcept {
    std::array<uint8_t, hal::datagram_bytes_max> bytes;
    const size_t size = static_cast<size_t>(choice_.between(1, bytes.size()));
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(choice_.next() >> 56);
    }
    if (choice_.chance(700) && size >= 64) { // with a header that is right
        const wire::PacketHeader header{wire::PacketKind::sealed,
                                        false,
                                        static_cast<uint16_t>(size - wire::packet_header_bytes),
                                        {choice_.next()},
                                        choice_.below(100)};
        wire::encode_packet_header(header, std::span{bytes}.first<wire::packet_header_bytes>());
    }
    send(0, Trick::garbage, home, Bytes{bytes}.first(size));
}

bool Stranger::replay(const HostileSession::Home& home) noexcept {
    if (next_ < overheard_.size()) {
        return false;
    }
    const Datagram& datagram = overheard_[static_cast<size_t>(choice_.below(overheard_.size()))];
    if (choice_.chance(500)) { // as from whom it was
        net_.inject(datagram.from, datagram.to, datagram.view());
    } else {
        send(1, Trick::replayed, home, datagram.view());
    }
    return true;
}

void Stranger::send_forged(size_t index, Trick trick, const HostileSession::Home& home) noexcept {
    wire::InitBody body;
    drbg_.fill(body.proof.random.bytes);
    drbg_.fill(body.proof.cookie.bytes);
    drbg_.fill(body.noise);
    send(index, trick, home, wire::encode_init(body));
}

bool Stranger::attempt(Trick trick, const HostileSession::Home& home, Instant world) noexcept {
    judge_.note_sent(trick);
    if (trick == Trick::garbage) {
        send_garbage(home);
    } else if (trick == Trick::replayed) {
        if (!replay(home)) {
            judge_.note_passed(trick);
            return false;
        }
    } else if (trick == Trick::forged_cookie) {
        send_forged(2, trick, home);
    } else if (session_.is_closed()) {
        places_[of_key].last = trick;
        places_[of_key].bytes_out += 100'000; // of its handshake: another thing is asked of it
        session_.open(home, {}, world);
        session_ends_ = saturating_add(world, patience);
        return true;
    } else {
        judge_.note_passed(trick);
        return false;
    }
    judge_.note_right(trick); // unless it is answered
    return true;
}

void Stranger::flood(const HostileSession::Home& home, size_t count) noexcept {
    for (size_t i = 0; i < count; ++i) {
        const size_t index = i % of_key;
        if (i % 2 == 0) {
            wire::ClientRandom random;
            drbg_.fill(random.bytes);
            send(index, Trick::handshake_flood, home, wire::encode_hello(random));
        } else {
            send_forged(index, Trick::handshake_flood, home);
        }
    }
}

void Stranger::hear() noexcept {
    std::array<uint8_t, hal::datagram_bytes_max> buffer;
    for (size_t i = 0; i < address_count; ++i) {
        for (;;) { // as many as are on their way: SimulatedNet bounds them
            const Result<hal::ReceivedDatagram> received = net_.receive(address_of(i), buffer);
            if (!received.is_ok()) {
                break;
            }
            Bytes messages;
            uint64_t counter = 0;
            if (i == of_key && !session_.is_closed()) {
                (void)session_.take(MutableBytes{buffer}.first(received.value().size), messages,
                                    counter);
            }
        }
    }
}

void Stranger::turn(Instant world) noexcept {
    session_.tick(world);
    if (world >= session_ends_) {
        judge_.judge_silence(Trick::unknown_key, session_.is_open(), world);
        session_.close();
        session_ends_ = Instant::never();
    }
}

Instant Stranger::next_turn() const noexcept {
    return earlier_of(session_.next_turn(), session_ends_);
}

} // namespace grafos::test
