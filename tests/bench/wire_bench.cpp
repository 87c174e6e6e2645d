// SPDX-License-Identifier: Apache-2.0
/// Sessions without a net: opening one, and a request and its reply through both ends, beside what
/// a library needs for the same sealing alone.
#include <openssl/evp.h>

#include <memory>

#include "core/wire/session/trusted_fabric.hpp"
#include "tests/bench/measure.hpp"
#include "tests/support/session_pair.hpp"

namespace grafos::bench {
namespace {

constexpr uint64_t operations = 2'000;

template <typename Operation>
[[nodiscard]] double ns_each(uint64_t count, const Operation& operation) {
    Stopwatch watch;
    watch.start();
    for (uint64_t i = 0; i < count; ++i) {
        operation();
    }
    watch.stop(count);
    return watch.ns_each();
}

/// ChaCha20-Poly1305 of OpenSSL, one context, a nonce each.
class EvpSealer {
public:
    EvpSealer() : context_{EVP_CIPHER_CTX_new()} {
        EVP_EncryptInit_ex(context_, EVP_chacha20_poly1305(), nullptr, key_.data(), nullptr);
    }
    EvpSealer(const EvpSealer&) = delete;
    EvpSealer& operator=(const EvpSealer&) = delete;
    ~EvpSealer() { EVP_CIPHER_CTX_free(context_); }

    void seal(Bytes associated, MutableBytes body) {
        int size = 0;
        nonce_[11] = static_cast<uint8_t>(nonce_[11] + 1);
        EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, nonce_.data());
        EVP_EncryptUpdate(context_, nullptr, &size, associated.data(),
                          static_cast<int>(associated.size()));
        EVP_EncryptUpdate(context_, body.data(), &size, body.data(),
                          static_cast<int>(body.size() - 16));
        EVP_EncryptFinal_ex(context_, body.data() + size, &size);
        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, 16, body.data() + body.size() - 16);
    }

private:
    EVP_CIPHER_CTX* context_;
    std::array<uint8_t, 32> key_{1};
    std::array<uint8_t, 12> nonce_{};
};

void run_channel(size_t bytes, const Options& options, Report& report) {
    wire::Channel client;
    wire::Channel node;
    client.start(wire::SessionSide::client, {0x10000}, true);
    node.start(wire::SessionSide::node, {0x10000}, true);
    const std::array<uint8_t, 32> key{1};
    client.sending_key().set(key);
    node.receiving_key().set(key);
    EvpSealer evp;
    std::array<uint8_t, wire::packet_bytes_max> packet{};
    const MutableBytes body =
        MutableBytes{packet}.subspan(wire::packet_header_bytes, bytes + wire::packet_tag_bytes);
    Row seal{"wire", "seal a packet", bytes, "ns", {}, "OpenSSL, the sealing alone", {}, {}};
    Row both{"wire", "seal and open a packet", bytes, "ns", {}, "", {}, {}};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        seal.ours.add(ns_each(operations, [&] { (void)client.seal(packet, bytes).is_ok(); }));
        seal.theirs.add(ns_each(
            operations, [&] { evp.seal(Bytes{packet}.first(wire::packet_header_bytes), body); }));
        both.ours.add(ns_each(operations, [&] {
            const size_t size = client.seal(packet, bytes).value();
            const MutableBytes whole = MutableBytes{packet}.first(size);
            const wire::PacketHeader header = wire::decode_packet_header(whole).value();
            Bytes messages;
            GRAFOS_ASSERT(node.open(header, whole, messages) == wire::Opening::opened);
        }));
    }
    report.add(seal);
    report.add(both);
}

void ask_eight(test::SessionPair& pair, Bytes payload) {
    std::array<wire::RequestHandle, 8> requests;
    for (wire::RequestHandle& request : requests) {
        request =
            pair.session.start(wire::MessageType::ping, payload, Duration{1'000}, pair.now).value();
    }
    pair.session.flush(pair.now);
    pair.serve();
    (void)pair.client_port.receive(8, pair.now);
    for (const wire::RequestHandle& request : requests) {
        GRAFOS_ASSERT(pair.session.poll(request).is_ok());
        pair.session.release(request);
    }
}

/// Both ends, sealed and, if there is `plain`, the same without sealing in the other column.
void run_sessions(const Options& options, test::SessionPair* plain, Report& report) {
    const auto pair = std::make_unique<test::SessionPair>();
    const std::string beside = plain != nullptr ? "the same, plain" : "";
    const std::array<uint8_t, 100> payload{};
    Row open{"wire", "open a session, both ends", 1, "ns", {}, "", {}, {}};
    Row round_trip{"wire", "request and reply, both ends", 100, "ns", {}, beside, {}, {}};
    Row packed{"wire", "the same, eight in a packet, each", 100, "ns", {}, beside, {}, {}};
    const auto ask_one = [&](test::SessionPair& ends) {
        ends.ask(wire::MessageType::ping, payload);
        ends.serve();
        ends.finish();
    };
    for (uint32_t round = 0; round < options.rounds; ++round) {
        open.ours.add(ns_each(options.is_quick ? 20 : 200, [&] { pair->open(); }));
        round_trip.ours.add(ns_each(operations, [&] { ask_one(*pair); }));
        packed.ours.add(ns_each(operations / 8, [&] { ask_eight(*pair, payload); }) / 8);
        if (plain != nullptr) {
            round_trip.theirs.add(ns_each(operations, [&] { ask_one(*plain); }));
            packed.theirs.add(ns_each(operations / 8, [&] { ask_eight(*plain, payload); }) / 8);
        }
    }
    report.add(open);
    report.add(round_trip);
    report.add(packed);
}

} // namespace

void run_wire(const Options& options, Report& report) {
    run_channel(100, options, report);
    run_channel(1'350, options, report);
    std::unique_ptr<test::SessionPair> plain;
    if constexpr (wire::is_trusted_fabric_build) { // else nothing may be left plain
        plain = std::make_unique<test::SessionPair>(false);
        plain->open();
    }
    run_sessions(options, plain.get(), report);
}

} // namespace grafos::bench
