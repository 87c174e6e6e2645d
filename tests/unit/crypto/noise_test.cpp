// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise.hpp"

#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"
#include "tests/unit/crypto/noise_vectors.hpp"

namespace grafos::crypto {
namespace {

using test::from_hex;
using test::Hex;

constexpr std::string_view prologue = "grafos-wire-v1\n";

void start_with(Identity& identity, const hal::X25519Key& exchange_secret) noexcept {
    IdentitySecrets secrets{};
    secrets.exchange_secret = exchange_secret;
    identity.start(secrets);
}

/// Two nodes, each of which has the other's key.
struct Rig {
    Rig() noexcept {
        drbg.seed(bytes_of("noise"));
        hal::X25519Key secret;
        for (Identity* const one : {&client, &node, &stranger}) {
            drbg.fill(secret);
            start_with(*one, secret);
        }
    }
    /// Message 1, written.
    void write_first(Bytes payload = bytes_of("first")) noexcept {
        initiator.start(client, node.exchange_key(), bytes_of(prologue), payload,
                        EphemeralSecret{drbg});
        EXPECT_EQ(initiator.step(), Step::more);
        EXPECT_EQ(initiator.step(), Step::more);
        EXPECT_EQ(initiator.step(), Step::done);
    }
    /// All of message 1's steps; the first that is not `more`.
    [[nodiscard]] Step read_first(Bytes message) noexcept {
        if (!responder.start_read(node, bytes_of(prologue), message)) {
            return Step::refused;
        }
        const Step step = responder.step();
        return step == Step::more ? responder.step() : step;
    }
    void write_second(Bytes payload = bytes_of("second")) noexcept {
        responder.start_write(payload, EphemeralSecret{drbg});
        EXPECT_EQ(responder.step(), Step::more);
        EXPECT_EQ(responder.step(), Step::more);
        EXPECT_EQ(responder.step(), Step::done);
    }
    [[nodiscard]] Step read_second(Bytes message) noexcept {
        if (!initiator.start_read(message)) {
            return Step::refused;
        }
        const Step step = initiator.step();
        return step == Step::more ? initiator.step() : step;
    }
    /// Both ends have keys, and those fit.
    void expect_session() noexcept {
        AeadKey client_sends;
        AeadKey client_receives;
        AeadKey node_sends;
        AeadKey node_receives;
        initiator.split(client_sends, client_receives);
        responder.split(node_sends, node_receives);
        std::array<uint8_t, 40> body{1, 2, 3};
        client_sends.seal(0, {}, body);
        EXPECT_FALSE(client_receives.open(0, {}, body));
        EXPECT_FALSE(node_sends.open(0, {}, body));
        EXPECT_TRUE(node_receives.open(0, {}, body));
        node_sends.seal(0, {}, body);
        EXPECT_TRUE(client_receives.open(0, {}, body));
        EXPECT_EQ(initiator.hash(), responder.hash());
    }
    void complete() noexcept {
        write_first();
        EXPECT_EQ(read_first(initiator.message()), Step::done);
        write_second();
        EXPECT_EQ(read_second(responder.message()), Step::done);
    }

    Drbg drbg;
    Identity client;
    Identity node;
    Identity stranger;
    NoiseInitiator initiator;
    NoiseResponder responder;
};

/// A transport message of a vector: both ends' keys make and open the published bytes.
void expect_transport(const AeadKey& sending, const AeadKey& receiving, uint64_t counter,
                      const NoiseMessage& message) {
    const Hex plain{message.payload};
    const Hex sealed{message.ciphertext};
    std::array<uint8_t, 256> buffer{};
    const MutableBytes body = MutableBytes{buffer}.first(sealed.bytes().size());
    copy_bytes(body, plain.bytes());
    sending.seal(counter, {}, body);
    EXPECT_TRUE(is_equal(body, sealed.bytes()));
    EXPECT_TRUE(receiving.open(counter, {}, body));
    EXPECT_TRUE(is_equal(body.first(plain.bytes().size()), plain.bytes()));
}

void expect_vector(const NoiseVector& vector) {
    Identity client;
    Identity node;
    start_with(client, from_hex<hal::X25519Key>(vector.initiator_static));
    start_with(node, from_hex<hal::X25519Key>(vector.responder_static));
    const Hex shared_prologue{vector.prologue};
    ASSERT_EQ(node.exchange_key(), from_hex<ExchangeKey>(vector.responder_public));

    NoiseInitiator initiator;
    initiator.start(client, node.exchange_key(), shared_prologue.bytes(),
                    Hex{vector.messages[0].payload}.bytes(),
                    EphemeralSecret{from_hex<hal::X25519Key>(vector.initiator_ephemeral)});
    ASSERT_EQ(initiator.step(), Step::more);
    ASSERT_EQ(initiator.step(), Step::more);
    ASSERT_EQ(initiator.step(), Step::done);
    EXPECT_TRUE(is_equal(initiator.message(), Hex{vector.messages[0].ciphertext}.bytes()));

    NoiseResponder responder;
    ASSERT_TRUE(responder.start_read(node, shared_prologue.bytes(), initiator.message()));
    ASSERT_EQ(responder.step(), Step::more);
    EXPECT_EQ(responder.initiator(), client.exchange_key());
    ASSERT_EQ(responder.step(), Step::done);
    EXPECT_TRUE(is_equal(responder.payload(), Hex{vector.messages[0].payload}.bytes()));
    responder.start_write(Hex{vector.messages[1].payload}.bytes(),
                          EphemeralSecret{from_hex<hal::X25519Key>(vector.responder_ephemeral)});
    ASSERT_EQ(responder.step(), Step::more);
    ASSERT_EQ(responder.step(), Step::more);
    ASSERT_EQ(responder.step(), Step::done);
    EXPECT_TRUE(is_equal(responder.message(), Hex{vector.messages[1].ciphertext}.bytes()));

    ASSERT_TRUE(initiator.start_read(responder.message()));
    ASSERT_EQ(initiator.step(), Step::more);
    ASSERT_EQ(initiator.step(), Step::done);
    EXPECT_TRUE(is_equal(initiator.payload(), Hex{vector.messages[1].payload}.bytes()));
    EXPECT_EQ(initiator.hash(), responder.hash());
    if (!vector.handshake_hash.empty()) {
        EXPECT_EQ(initiator.hash(), from_hex<Digest>(vector.handshake_hash));
    }

    AeadKey keys[4];
    initiator.split(keys[0], keys[1]);
    responder.split(keys[2], keys[3]);
    for (size_t i = 2; i < vector.messages.size(); ++i) {
        if (vector.messages[i].ciphertext.empty()) {
            break;
        }
        const bool is_initiators = i % 2 == 0;
        expect_transport(is_initiators ? keys[0] : keys[2], is_initiators ? keys[3] : keys[1],
                         i / 2 - 1, vector.messages[i]);
    }
}

TEST(Noise, Handshake_and_transport_are_the_published_ones) {
    for (const NoiseVector& vector : noise_vectors) {
        expect_vector(vector);
    }
}

TEST(Noise, Payloads_of_every_length_arrive_both_ways) {
    Rig rig;
    std::array<uint8_t, noise_payload_bytes_max> payload;
    rig.drbg.fill(payload);
    for (size_t size = 0; size <= payload.size(); size += size < 4 ? 1 : 31) {
        const Bytes sent = Bytes{payload}.first(size);
        rig.write_first(sent);
        EXPECT_EQ(rig.initiator.message().size(), noise_message_1_overhead + size);
        ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
        EXPECT_TRUE(is_equal(rig.responder.payload(), sent));
        rig.write_second(sent);
        EXPECT_EQ(rig.responder.message().size(), noise_message_2_overhead + size);
        ASSERT_EQ(rig.read_second(rig.responder.message()), Step::done);
        EXPECT_TRUE(is_equal(rig.initiator.payload(), sent));
        rig.expect_session();
    }
    EXPECT_EQ(size_t{0} + noise_message_1_overhead, 96u);
    EXPECT_EQ(size_t{0} + noise_message_2_overhead, 48u);
}

TEST(Noise, A_payload_beyond_the_bound_asserts) {
    Rig rig;
    const std::array<uint8_t, noise_payload_bytes_max + 1> payload{};
    EXPECT_ASSERTION(rig.initiator.start(rig.client, rig.node.exchange_key(), {}, payload,
                                         EphemeralSecret{rig.drbg}));
    rig.write_first();
    ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
    EXPECT_ASSERTION(rig.responder.start_write(payload, EphemeralSecret{rig.drbg}));
}

TEST(Noise, Who_asks_is_known_after_the_first_step_and_not_before) {
    Rig rig;
    rig.write_first();
    EXPECT_FALSE(rig.responder.is_initiator_known());
    ASSERT_TRUE(rig.responder.start_read(rig.node, bytes_of(prologue), rig.initiator.message()));
    EXPECT_FALSE(rig.responder.is_initiator_known());
    EXPECT_ASSERTION(rig.responder.initiator());
    EXPECT_EQ(rig.responder.step(), Step::more);
    EXPECT_TRUE(rig.responder.is_initiator_known());
    EXPECT_EQ(rig.responder.initiator(), rig.client.exchange_key());
    EXPECT_ASSERTION(rig.responder.payload());
    EXPECT_EQ(rig.responder.step(), Step::done);
    EXPECT_EQ(rig.responder.initiator(), rig.client.exchange_key());
    rig.responder.erase();
    EXPECT_FALSE(rig.responder.is_initiator_known());
}

TEST(Noise, Every_byte_of_message_1_counts) {
    Rig rig;
    rig.write_first();
    std::array<uint8_t, noise_message_1_bytes_max> buffer{};
    const MutableBytes message = MutableBytes{buffer}.first(rig.initiator.message().size());
    copy_bytes(message, rig.initiator.message());
    for (size_t at = 0; at < message.size(); ++at) {
        // The top bit of `e` is no part of the number (RFC 7748 §5), but of the hash.
        for (const unsigned flip : {0x01u, 0x80u}) {
            message[at] = static_cast<uint8_t>(message[at] ^ flip);
            EXPECT_EQ(rig.read_first(message), Step::refused) << at;
            message[at] = static_cast<uint8_t>(message[at] ^ flip);
        }
    }
    EXPECT_EQ(rig.read_first(message), Step::done);
}

TEST(Noise, Every_byte_of_message_2_counts_and_the_true_one_is_read_after_all_forged_ones) {
    Rig rig;
    rig.write_first();
    ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
    rig.write_second();
    std::array<uint8_t, noise_message_2_bytes_max> buffer{};
    const MutableBytes message = MutableBytes{buffer}.first(rig.responder.message().size());
    copy_bytes(message, rig.responder.message());
    for (size_t at = 0; at < message.size(); ++at) {
        for (const unsigned flip : {0x01u, 0x80u}) {
            message[at] = static_cast<uint8_t>(message[at] ^ flip);
            EXPECT_EQ(rig.read_second(message), Step::refused) << at;
            message[at] = static_cast<uint8_t>(message[at] ^ flip);
        }
    }
    EXPECT_EQ(rig.read_second(message), Step::done);
    EXPECT_TRUE(is_equal(rig.initiator.payload(), bytes_of("second")));
    rig.expect_session();
}

TEST(Noise, Every_length_but_the_right_one_is_refused) {
    Rig rig;
    rig.write_first();
    std::array<uint8_t, noise_message_1_bytes_max + 1> first{};
    const size_t first_size = rig.initiator.message().size();
    copy_bytes(first, rig.initiator.message());
    for (size_t size = 0; size <= first.size(); ++size) {
        const Step expected = size == first_size ? Step::done : Step::refused;
        EXPECT_EQ(rig.read_first(Bytes{first}.first(size)), expected) << size;
    }
    ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
    rig.write_second();
    std::array<uint8_t, noise_message_2_bytes_max + 1> second{};
    const size_t second_size = rig.responder.message().size();
    copy_bytes(second, rig.responder.message());
    for (size_t size = 0; size <= second.size(); ++size) {
        if (size != second_size) {
            EXPECT_EQ(rig.read_second(Bytes{second}.first(size)), Step::refused) << size;
        }
    }
    EXPECT_EQ(rig.read_second(Bytes{second}.first(second_size)), Step::done);
}

TEST(Noise, A_message_too_short_or_too_long_costs_no_step) {
    Rig rig;
    rig.write_first();
    const std::array<uint8_t, noise_message_1_bytes_max + 1> bytes{};
    for (size_t size = 0; size <= bytes.size(); ++size) {
        const Bytes message = Bytes{bytes}.first(size);
        EXPECT_EQ(rig.responder.start_read(rig.node, bytes_of(prologue), message),
                  size >= noise_message_1_overhead && size <= noise_message_1_bytes_max);
        NoiseInitiator& initiator = rig.initiator;
        const bool is_taken = initiator.start_read(message);
        EXPECT_EQ(is_taken, size >= noise_message_2_overhead && size <= noise_message_2_bytes_max);
        EXPECT_EQ(initiator.is_step_due(), is_taken);
        if (is_taken) {
            EXPECT_EQ(initiator.step(), Step::refused); // a zero key
        }
    }
}

TEST(Noise, Another_prologue_or_another_node_is_refused) {
    Rig rig;
    rig.write_first();
    NoiseResponder responder;
    ASSERT_TRUE(
        responder.start_read(rig.node, bytes_of("grafos-wire-v2\n"), rig.initiator.message()));
    EXPECT_EQ(responder.step(), Step::refused);
    ASSERT_TRUE(responder.start_read(rig.stranger, bytes_of(prologue), rig.initiator.message()));
    EXPECT_EQ(responder.step(), Step::refused);
    // Somebody else's answer to the same message 1 is not the one that is waited for.
    Rig other;
    other.write_first();
    ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
    rig.write_second();
    NoiseInitiator initiator;
    initiator.start(rig.client, rig.stranger.exchange_key(), bytes_of(prologue), {},
                    EphemeralSecret{rig.drbg});
    for (unsigned i = 0; i < 3; ++i) {
        EXPECT_NE(initiator.step(), Step::refused);
    }
    ASSERT_TRUE(initiator.start_read(rig.responder.message()));
    EXPECT_EQ(initiator.step(), Step::more);
    EXPECT_EQ(initiator.step(), Step::refused);
}

TEST(Noise, A_replayed_message_1_is_read_and_leads_to_keys_that_the_replayer_lacks) {
    Rig rig;
    rig.complete();
    AeadKey sending;
    AeadKey receiving;
    rig.initiator.split(sending, receiving);
    NoiseResponder second;
    ASSERT_TRUE(second.start_read(rig.node, bytes_of(prologue), rig.initiator.message()));
    ASSERT_EQ(second.step(), Step::more);
    ASSERT_EQ(second.step(), Step::done);
    second.start_write({}, EphemeralSecret{rig.drbg});
    for (unsigned i = 0; i < 3; ++i) {
        EXPECT_NE(second.step(), Step::refused);
    }
    AeadKey second_sending;
    AeadKey second_receiving;
    second.split(second_sending, second_receiving);
    std::array<uint8_t, 32> body{};
    sending.seal(0, {}, body); // the packet that the replayer also kept
    EXPECT_FALSE(second_receiving.open(0, {}, body));
}

/// Message 1 of somebody who knows every public key and puts in any other: what each X25519 would
/// give is handed in.
using First = std::array<uint8_t, noise_message_1_overhead>;
[[nodiscard]] First forge_first(const Identity& node, const hal::X25519Key& ephemeral,
                                const ExchangeKey& initiator, const hal::X25519Key& es,
                                const hal::X25519Key& ss) noexcept {
    First message{};
    NoiseState state;
    state.start(bytes_of(prologue));
    state.mix_hash(node.exchange_key().view());
    copy_bytes(message, ephemeral);
    state.mix_hash(ephemeral);
    state.mix_key(es);
    const MutableBytes field = MutableBytes{message}.subspan(32, 48);
    copy_bytes(field, initiator.view());
    state.seal(field);
    state.mix_key(ss);
    state.seal(MutableBytes{message}.last(16));
    return message;
}

TEST(Noise, Naming_another_ones_key_is_refused_at_the_second_step) {
    Rig rig;
    hal::X25519Key secret;
    hal::X25519Key ephemeral;
    hal::X25519Key es;
    hal::X25519Key ss;
    rig.drbg.fill(secret);
    hal::x25519_public_key(secret, ephemeral);
    ASSERT_TRUE(hal::x25519(secret, rig.node.exchange_key().bytes, es));
    ASSERT_TRUE(rig.stranger.exchange(rig.node.exchange_key(), ss));
    const First message = forge_first(rig.node, ephemeral, rig.client.exchange_key(), es, ss);

    ASSERT_TRUE(rig.responder.start_read(rig.node, bytes_of(prologue), message));
    EXPECT_EQ(rig.responder.step(), Step::more);
    EXPECT_EQ(rig.responder.initiator(), rig.client.exchange_key());
    EXPECT_EQ(rig.responder.step(), Step::refused);
    EXPECT_FALSE(rig.responder.is_initiator_known());
    EXPECT_FALSE(rig.responder.is_step_due());
}

TEST(Noise, Zero_keys_are_refused_wherever_they_stand) {
    Rig rig;
    const ExchangeKey zero{};
    // As the responder's key: no message is written.
    rig.initiator.start(rig.client, zero, bytes_of(prologue), {}, EphemeralSecret{rig.drbg});
    EXPECT_EQ(rig.initiator.step(), Step::more);
    EXPECT_EQ(rig.initiator.step(), Step::refused);
    EXPECT_FALSE(rig.initiator.is_step_due());
    // As message 1's ephemeral key: all else is what whoever knows that zero comes out would write.
    First first = forge_first(rig.node, zero.bytes, rig.client.exchange_key(), {}, {});
    ASSERT_TRUE(rig.responder.start_read(rig.node, bytes_of(prologue), first));
    EXPECT_EQ(rig.responder.step(), Step::refused);
    // As the initiator's own key.
    hal::X25519Key secret;
    hal::X25519Key ephemeral;
    hal::X25519Key es;
    rig.drbg.fill(secret);
    hal::x25519_public_key(secret, ephemeral);
    ASSERT_TRUE(hal::x25519(secret, rig.node.exchange_key().bytes, es));
    first = forge_first(rig.node, ephemeral, zero, es, {});
    ASSERT_TRUE(rig.responder.start_read(rig.node, bytes_of(prologue), first));
    EXPECT_EQ(rig.responder.step(), Step::more);
    EXPECT_TRUE(rig.responder.initiator().is_zero());
    EXPECT_EQ(rig.responder.step(), Step::refused);
    // As message 2's ephemeral key.
    rig.write_first();
    const std::array<uint8_t, noise_message_2_overhead> second{};
    ASSERT_TRUE(rig.initiator.start_read(second));
    EXPECT_EQ(rig.initiator.step(), Step::refused);
}

TEST(Noise, A_message_2_out_of_turn_changes_nothing) {
    Rig rig;
    Rig other;
    other.complete();
    const Bytes stray = other.responder.message();
    EXPECT_FALSE(rig.initiator.start_read(stray)); // nothing was ever sent
    rig.initiator.start(rig.client, rig.node.exchange_key(), bytes_of(prologue), {},
                        EphemeralSecret{rig.drbg});
    for (const Step expected : {Step::more, Step::more, Step::done}) {
        EXPECT_FALSE(rig.initiator.start_read(stray)); // message 1 is not written yet
        EXPECT_EQ(rig.initiator.step(), expected);
    }
    ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
    rig.write_second();
    ASSERT_TRUE(rig.initiator.start_read(rig.responder.message()));
    EXPECT_FALSE(rig.initiator.start_read(stray)); // one is being read
    EXPECT_EQ(rig.initiator.step(), Step::more);
    EXPECT_FALSE(rig.initiator.start_read(stray));
    EXPECT_EQ(rig.initiator.step(), Step::done);
    EXPECT_FALSE(rig.initiator.start_read(stray)); // it is read
    EXPECT_FALSE(rig.initiator.start_read(rig.responder.message()));
    rig.expect_session();
}

TEST(Noise, Asking_for_what_is_not_there_asserts) {
    Rig rig;
    AeadKey sending;
    AeadKey receiving;
    EXPECT_ASSERTION(rig.initiator.step());
    EXPECT_ASSERTION(rig.initiator.message());
    EXPECT_ASSERTION(rig.responder.step());
    EXPECT_ASSERTION(rig.responder.message());
    EXPECT_ASSERTION(rig.responder.start_write({}, EphemeralSecret{rig.drbg}));
    rig.write_first();
    EXPECT_ASSERTION(rig.initiator.step());
    EXPECT_ASSERTION(rig.initiator.payload());
    EXPECT_ASSERTION(rig.initiator.split(sending, receiving));
    EXPECT_ASSERTION(rig.initiator.hash());
    ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
    EXPECT_ASSERTION(rig.responder.step());
    EXPECT_ASSERTION(rig.responder.split(sending, receiving));
    EXPECT_ASSERTION(rig.responder.hash());
    rig.write_second();
    EXPECT_ASSERTION(rig.responder.step());
    EXPECT_ASSERTION(rig.responder.payload());
    EXPECT_FALSE(sending.is_set());
}

/// Whether `secret` stands anywhere in the object.
template <typename Object>
[[nodiscard]] bool holds(const Object& object, Bytes secret) {
    const Bytes memory{reinterpret_cast<const uint8_t*>(&object), sizeof(object)};
    for (size_t at = 0; at + secret.size() <= memory.size(); ++at) {
        if (is_equal(memory.subspan(at, secret.size()), secret)) {
            return true;
        }
    }
    return false;
}

TEST(Noise, Secrets_are_gone_when_they_are_used_up) {
    Rig rig;
    hal::X25519Key secrets[2];
    rig.drbg.fill(secrets[0]);
    rig.drbg.fill(secrets[1]);
    rig.initiator.start(rig.client, rig.node.exchange_key(), bytes_of(prologue), {},
                        EphemeralSecret{secrets[0]});
    for (unsigned i = 0; i < 3; ++i) {
        EXPECT_NE(rig.initiator.step(), Step::refused);
    }
    EXPECT_TRUE(holds(rig.initiator, secrets[0])); // still needed for message 2
    ASSERT_EQ(rig.read_first(rig.initiator.message()), Step::done);
    rig.responder.start_write({}, EphemeralSecret{secrets[1]});
    EXPECT_TRUE(holds(rig.responder, secrets[1]));
    for (unsigned i = 0; i < 3; ++i) {
        EXPECT_NE(rig.responder.step(), Step::refused);
    }
    ASSERT_EQ(rig.read_second(rig.responder.message()), Step::done);
    EXPECT_FALSE(holds(rig.initiator, secrets[0]));
    EXPECT_FALSE(holds(rig.responder, secrets[1]));
    const Digest hash = rig.initiator.hash();
    EXPECT_TRUE(holds(rig.initiator, hash.view()));
    rig.initiator.erase();
    rig.responder.erase();
    EXPECT_FALSE(holds(rig.initiator, hash.view()));
    EXPECT_FALSE(holds(rig.responder, hash.view()));
    EXPECT_FALSE(holds(rig.responder, rig.client.exchange_key().view()));
}

} // namespace
} // namespace grafos::crypto
