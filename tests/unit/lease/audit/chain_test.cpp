// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/chain.hpp"

#include "core/crypto/sha256.hpp"
#include "core/lease/audit/event_data.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr size_t chain_length = 8;
constexpr uint64_t last_sequence = UINT64_MAX - 1;

[[nodiscard]] NodeId node(uint8_t byte) {
    NodeId id;
    id.bytes.fill(byte);
    return id;
}

/// A record that somebody stored, with the hash that stands beside it.
struct Stored {
    std::array<uint8_t, limits::record_bytes_max> bytes{};
    size_t size = 0;
    Digest hash{};
    [[nodiscard]] Bytes canonical() const { return Bytes{bytes}.first(size); }
};

/// A whole life: boot, grant, renewal, refusal, revocation, fence, boot, clear.
struct Chain {
    std::array<Stored, chain_length> records{};
    NullSigner signer{node(0x0a)};

    Chain() {
        const EventKind kinds[chain_length] = {EventKind::boot,          EventKind::lease_allocated,
                                               EventKind::lease_renewed, EventKind::request_refused,
                                               EventKind::lease_revoked, EventKind::resource_fenced,
                                               EventKind::boot,          EventKind::fence_cleared};
        Anchor anchor;
        for (size_t i = 0; i < chain_length; ++i) {
            ChainAssembler assembler{anchor, {i < 6 ? 1u : 2u}, signer};
            AuditEvent event;
            event.kind = kinds[i];
            event.timestamp = {1000 + i};
            event.tenant = {7};
            event.identity = bytes_of("alice");
            event.reason =
                kinds[i] == EventKind::lease_revoked ? Reason::authority_request : Reason::none;
            const uint8_t data[] = {static_cast<uint8_t>(i)};
            event.event_data = data;
            const Result<AuditRecord> sealed = assembler.seal(event, records[i].bytes);
            records[i].size = sealed.value().canonical.size();
            records[i].hash = sealed.value().current_event_hash;
            anchor = assembler.head();
        }
    }
    [[nodiscard]] VerifierState genesis() const { return {{}, node(0x0a), {}}; }
};

const Chain& chain() {
    static const Chain instance;
    return instance;
}

[[nodiscard]] AuditEvent boot_event() {
    AuditEvent event;
    event.kind = EventKind::boot;
    event.reason = Reason::first_boot;
    return event;
}

// --- sealing
// --------------------------------------------------------------------------------------

TEST(ChainAssembler, The_first_record_links_to_zeroes_and_has_sequence_0) {
    const Result<RecordView> first = decode_record(chain().records[0].canonical());
    ASSERT_TRUE(first.is_ok());
    EXPECT_TRUE(first.value().place.previous_hash.is_zero());
    EXPECT_EQ(first.value().place.sequence.value, 0u);
}

TEST(ChainAssembler, Each_record_carries_the_hash_of_the_one_before) {
    for (size_t i = 0; i < chain_length; ++i) {
        const Stored& stored = chain().records[i];
        const Result<RecordView> view = decode_record(stored.canonical());
        ASSERT_TRUE(view.is_ok());
        EXPECT_EQ(view.value().place.sequence.value, i);
        EXPECT_TRUE(stored.hash == crypto::sha256(stored.canonical()));
        if (i > 0) {
            EXPECT_TRUE(view.value().place.previous_hash == chain().records[i - 1].hash);
        }
    }
}

TEST(ChainAssembler, The_same_events_give_the_same_bytes) {
    const Chain again;
    for (size_t i = 0; i < chain_length; ++i) {
        EXPECT_TRUE(is_equal(again.records[i].canonical(), chain().records[i].canonical()));
        EXPECT_TRUE(again.records[i].hash == chain().records[i].hash);
    }
}

TEST(ChainAssembler, A_refused_event_changes_nothing) {
    const NullSigner signer{node(1)};
    ChainAssembler assembler{{}, {1}, signer};
    std::array<uint8_t, limits::record_bytes_max> out{};
    std::array<uint8_t, limits::event_data_bytes_max + 1> too_long{};
    ASSERT_TRUE(assembler.seal(boot_event(), out).is_ok());
    const Anchor before = assembler.head();

    AuditEvent event = boot_event();
    event.event_data = too_long;
    EXPECT_TRUE((assembler.seal(event, out).error() ==
                 Error{ErrorCode::capacity_exceeded, Field::event_data, 97, 96}));
    event = boot_event();
    event.identity = Bytes{too_long}.first(33);
    EXPECT_TRUE((assembler.seal(event, out).error() ==
                 Error{ErrorCode::capacity_exceeded, Field::identity, 33, 32}));
    event = boot_event();
    event.kind = static_cast<EventKind>(99);
    EXPECT_TRUE(assembler.seal(event, out).error().field == Field::kind_code);
    event = boot_event();
    event.reason = static_cast<Reason>(256);
    EXPECT_TRUE(assembler.seal(event, out).error().field == Field::reason_code);
    EXPECT_TRUE((assembler.seal(boot_event(), MutableBytes{out}.first(159)).error() ==
                 Error{ErrorCode::capacity_exceeded, Field::length, 160, 159}));
    EXPECT_TRUE(assembler.head() == before);
}

TEST(ChainAssembler, Before_its_start_it_seals_nothing_and_it_starts_once) {
    const NullSigner signer{node(1)};
    ChainAssembler assembler{signer};
    std::array<uint8_t, limits::record_bytes_max> out{};
    EXPECT_TRUE(assembler.seal(boot_event(), out).error().code == ErrorCode::not_ready);
    assembler.start({}, {1});
    EXPECT_TRUE(assembler.seal(boot_event(), out).is_ok());
    EXPECT_ASSERTION(assembler.start({}, {1}));
}

TEST(ChainAssembler, The_last_sequence_is_refused_and_never_wraps) {
    const NullSigner signer{node(1)};
    Anchor almost{{last_sequence}, {}};
    almost.hash.bytes[0] = 1;
    ChainAssembler assembler{almost, {1}, signer};
    std::array<uint8_t, limits::record_bytes_max> out{};
    const Result<AuditRecord> last = assembler.seal(boot_event(), out);
    ASSERT_TRUE(last.is_ok());
    EXPECT_EQ(last.value().sequence.value, last_sequence);
    const Anchor full = assembler.head();
    EXPECT_TRUE((assembler.seal(boot_event(), out).error() ==
                 Error{ErrorCode::exhausted, Field::sequence, UINT64_MAX, UINT64_MAX}));
    EXPECT_TRUE(assembler.head() == full);
}

TEST(ChainAssembler, An_empty_chain_has_no_head_to_sign) {
    const NullSigner signer{node(1)};
    const ChainAssembler assembler{{}, {1}, signer};
    EXPECT_TRUE(
        (assembler.sign_head().error() == Error{ErrorCode::not_found, Field::sequence, 0, 1}));
}

// --- following
// ------------------------------------------------------------------------------------

TEST(ChainVerifier, A_good_chain_is_followed_from_genesis_and_from_behind_every_record) {
    for (size_t from = 0; from <= chain_length; ++from) {
        VerifierState state = chain().genesis();
        if (from > 0) {
            const uint64_t boot = from > 6 ? 2 : 1;
            state = {{{from}, chain().records[from - 1].hash}, node(0x0a), {boot}};
        }
        ChainVerifier verifier{state};
        for (size_t i = from; i < chain_length; ++i) {
            const Stored& stored = chain().records[i];
            ASSERT_TRUE(verifier.ingest(stored.canonical(), stored.hash).is_ok()) << i;
        }
        const Result<VerifierState> done = verifier.commit();
        ASSERT_TRUE(done.is_ok());
        EXPECT_EQ(done.value().anchor.next.value, chain_length);
        EXPECT_TRUE(done.value().anchor.hash == chain().records[chain_length - 1].hash);
        EXPECT_EQ(done.value().boot.value, 2u);
    }
}

/// Feeds `order` of `records` as one batch behind the first `trusted` ones; answers the first
/// failure.
[[nodiscard]] Error first_failure(const std::array<Stored, chain_length>& records, size_t trusted,
                                  std::span<const size_t> order) {
    ChainVerifier verifier{chain().genesis()};
    for (size_t i = 0; i < trusted; ++i) {
        EXPECT_TRUE(
            verifier.ingest(chain().records[i].canonical(), chain().records[i].hash).is_ok());
    }
    EXPECT_TRUE(verifier.commit().is_ok());
    const Anchor before = verifier.committed().anchor;
    Error failure{};
    for (const size_t i : order) {
        const Result<RecordView> view = verifier.ingest(records[i].canonical(), records[i].hash);
        if (!view.is_ok()) {
            if (failure.field == Field::none) {
                failure = view.error();
            }
            EXPECT_TRUE(view.error() == failure) << "every later answer is the first failure";
        }
    }
    const Result<VerifierState> done = verifier.commit();
    if (failure.field != Field::none) {
        EXPECT_FALSE(done.is_ok());
        EXPECT_TRUE(done.is_ok() || done.error() == failure);
        EXPECT_TRUE(verifier.committed().anchor == before) << "a bad batch moves nothing";
    }
    return failure;
}

constexpr size_t in_order[chain_length] = {0, 1, 2, 3, 4, 5, 6, 7};

TEST(ChainVerifier, Peers_row_13_the_chain_breaks_on_any_edit_of_any_byte) {
    static std::array<Stored, chain_length> edited;
    edited = chain().records;
    for (size_t i = 0; i < chain_length; ++i) {
        for (size_t at = 0; at < edited[i].size; ++at) {
            for (uint32_t bit = 0; bit < 8; ++bit) {
                const auto mask = static_cast<uint8_t>(1u << bit);
                edited[i].bytes[at] = static_cast<uint8_t>(edited[i].bytes[at] ^ mask);
                ASSERT_TRUE(first_failure(edited, 0, in_order).field != Field::none)
                    << "record " << i << ", byte " << at << ", bit " << bit;
                edited[i].bytes[at] = static_cast<uint8_t>(edited[i].bytes[at] ^ mask);
            }
        }
        for (size_t at = 0; at < Digest::size_bytes; ++at) {
            edited[i].hash.bytes[at] ^= 1;
            ASSERT_TRUE(first_failure(edited, 0, in_order).field == Field::hash);
            edited[i].hash.bytes[at] ^= 1;
        }
    }
}

TEST(ChainVerifier, Peers_row_13_an_edit_with_a_matching_hash_breaks_at_the_next_link) {
    static std::array<Stored, chain_length> edited;
    edited = chain().records;
    for (size_t i = 0; i + 1 < chain_length; ++i) {
        edited[i].bytes[record_offset::timestamp] ^= 0x80;
        edited[i].hash = crypto::sha256(edited[i].canonical());
        const Error failure = first_failure(edited, 0, in_order);
        EXPECT_TRUE(failure.field == Field::previous_hash);
        EXPECT_EQ(failure.expected, short_form(edited[i].hash));
        edited[i] = chain().records[i];
    }
}

TEST(ChainVerifier, Peers_row_13_the_chain_breaks_on_any_drop_swap_or_double) {
    const auto& records = chain().records;
    for (size_t dropped = 0; dropped + 1 < chain_length; ++dropped) {
        size_t order[chain_length - 1];
        for (size_t i = 0; i < chain_length - 1; ++i) {
            order[i] = i < dropped ? i : i + 1;
        }
        const Error failure = first_failure(records, 0, order);
        EXPECT_TRUE((failure == Error{ErrorCode::corrupt, Field::sequence, dropped + 1, dropped}));
    }
    for (size_t a = 0; a < chain_length; ++a) {
        for (size_t b = a + 1; b < chain_length; ++b) {
            size_t order[chain_length];
            for (size_t i = 0; i < chain_length; ++i) {
                order[i] = i == a ? b : i == b ? a : i;
            }
            const Error failure = first_failure(records, 0, order);
            EXPECT_TRUE((failure == Error{ErrorCode::corrupt, Field::sequence, b, a}));
        }
        const size_t doubled[] = {a, a};
        const Error failure = first_failure(records, a, doubled);
        EXPECT_TRUE((failure == Error{ErrorCode::corrupt, Field::sequence, a, a + 1}));
    }
}

TEST(ChainVerifier, After_a_bad_batch_is_abandoned_the_good_one_is_taken) {
    const auto& records = chain().records;
    ChainVerifier verifier{chain().genesis()};
    ASSERT_TRUE(verifier.ingest(records[0].canonical(), records[0].hash).is_ok());
    EXPECT_FALSE(verifier.ingest(records[2].canonical(), records[2].hash).is_ok());
    EXPECT_FALSE(verifier.ingest(records[1].canonical(), records[1].hash).is_ok());
    EXPECT_FALSE(verifier.commit().is_ok());
    verifier.abandon();
    EXPECT_EQ(verifier.committed().anchor.next.value, 0u);
    for (const Stored& stored : records) {
        ASSERT_TRUE(verifier.ingest(stored.canonical(), stored.hash).is_ok());
    }
    EXPECT_TRUE(verifier.commit().is_ok());
}

TEST(ChainVerifier, A_record_of_another_node_is_foreign) {
    ChainVerifier verifier{{{}, node(0x0b), {}}};
    const Stored& stored = chain().records[0];
    const Error error = verifier.ingest(stored.canonical(), stored.hash).error();
    EXPECT_TRUE(error.code == ErrorCode::foreign && error.field == Field::node_id);
}

// --- boots
// ----------------------------------------------------------------------------------------

/// The verdict over one record of `boot` and `kind` after a known chain in boot 5.
[[nodiscard]] Result<> verdict_on_boot(uint64_t boot, EventKind kind) {
    const NullSigner signer{node(1)};
    Anchor anchor{{9}, {}};
    anchor.hash.bytes[3] = 3;
    ChainAssembler assembler{anchor, {boot}, signer};
    AuditEvent event;
    event.kind = kind;
    std::array<uint8_t, limits::record_bytes_max> out{};
    const Result<AuditRecord> sealed = assembler.seal(event, out);
    ChainVerifier verifier{{anchor, node(1), {5}}};
    const Result<RecordView> view =
        verifier.ingest(sealed.value().canonical, sealed.value().current_event_hash);
    if (!view.is_ok()) {
        return view.error();
    }
    return ok();
}

TEST(ChainVerifier, Boots_never_fall_and_rise_only_with_a_boot_record) {
    EXPECT_TRUE((verdict_on_boot(4, EventKind::boot).error() ==
                 Error{ErrorCode::stale_epoch, Field::boot, 4, 5}));
    EXPECT_TRUE((verdict_on_boot(4, EventKind::lease_expired).error() ==
                 Error{ErrorCode::stale_epoch, Field::boot, 4, 5}));
    EXPECT_TRUE((verdict_on_boot(5, EventKind::boot).error() ==
                 Error{ErrorCode::corrupt, Field::boot, 5, 6}));
    EXPECT_TRUE(verdict_on_boot(5, EventKind::lease_expired).is_ok());
    EXPECT_TRUE(verdict_on_boot(6, EventKind::boot).is_ok());
    EXPECT_TRUE(verdict_on_boot(9, EventKind::boot).is_ok());
    EXPECT_TRUE((verdict_on_boot(6, EventKind::lease_expired).error() ==
                 Error{ErrorCode::corrupt, Field::boot, 6, 5}));
}

TEST(ChainVerifier, A_chain_begins_with_a_boot_record_unless_its_boot_is_unknown) {
    const NullSigner signer{node(1)};
    ChainAssembler assembler{{}, {3}, signer};
    AuditEvent event;
    event.kind = EventKind::turn_overrun;
    std::array<uint8_t, limits::record_bytes_max> out{};
    const Result<AuditRecord> sealed = assembler.seal(event, out);
    ChainVerifier from_genesis{{{}, node(1), {}}};
    EXPECT_TRUE(from_genesis.ingest(sealed.value().canonical, sealed.value().current_event_hash)
                    .error()
                    .field == Field::boot);

    Anchor anchor{{4}, {}};
    anchor.hash.bytes[0] = 9;
    ChainAssembler later{anchor, {3}, signer};
    const Result<AuditRecord> next = later.seal(event, out);
    ChainVerifier from_anchor{{anchor, node(1), {}}};
    EXPECT_TRUE(
        from_anchor.ingest(next.value().canonical, next.value().current_event_hash).is_ok());
}

// --- the signed head
// --------------------------------------------------------------------------------

struct SignedChain {
    crypto::Identity identity{};
    IdentitySigner signer{identity};
    Stored stored{};
    SignedHead head{};

    SignedChain() {
        crypto::IdentitySecrets secrets{};
        secrets.signing_seed[0] = 1;
        secrets.exchange_secret[0] = 2;
        identity.start(secrets);
        ChainAssembler assembler{{}, {1}, signer};
        const Result<AuditRecord> sealed = assembler.seal(boot_event(), stored.bytes);
        stored.size = sealed.value().canonical.size();
        stored.hash = sealed.value().current_event_hash;
        head = assembler.sign_head().value();
    }
};

TEST(ChainVerifier, The_signed_head_ends_the_chain_it_was_signed_over) {
    const SignedChain signed_chain;
    ChainVerifier verifier{{{}, signed_chain.identity.node_id(), {}}};
    const Stored& stored = signed_chain.stored;
    ASSERT_TRUE(verifier.ingest(stored.canonical(), stored.hash).is_ok());
    EXPECT_TRUE(verifier.check_head(signed_chain.head).is_ok());
    EXPECT_TRUE(verifier.commit().is_ok());
    EXPECT_TRUE(verify_signature(signed_chain.head).is_ok());
}

TEST(ChainVerifier, A_head_that_says_anything_else_spoils_the_batch) {
    const SignedChain signed_chain;
    const Stored& stored = signed_chain.stored;
    const Field fields[] = {Field::node_id, Field::sequence, Field::hash, Field::signature};
    for (const Field field : fields) {
        SignedHead head = signed_chain.head;
        head.node_id.bytes[0] ^= field == Field::node_id ? 1 : 0;
        head.sequence.value += field == Field::sequence ? 1 : 0;
        head.current_event_hash.bytes[0] ^= field == Field::hash ? 1 : 0;
        head.signature.bytes[0] ^= field == Field::signature ? 1 : 0;
        ChainVerifier verifier{{{}, signed_chain.identity.node_id(), {}}};
        ASSERT_TRUE(verifier.ingest(stored.canonical(), stored.hash).is_ok());
        const Result<> checked = verifier.check_head(head);
        ASSERT_FALSE(checked.is_ok());
        EXPECT_TRUE(checked.error().field == field);
        EXPECT_TRUE(verifier.commit().error() == checked.error());
        EXPECT_TRUE(verifier.check_head(signed_chain.head).error() == checked.error());
    }
}

TEST(ChainVerifier, A_head_over_no_record_is_refused) {
    const SignedChain signed_chain;
    ChainVerifier verifier{{{}, signed_chain.identity.node_id(), {}}};
    EXPECT_TRUE(verifier.check_head(signed_chain.head).error().field == Field::sequence);
}

TEST(ChainVerifier, Nobody_signs_for_a_null_signer) {
    const NullSigner signer{node(1)};
    ChainAssembler assembler{{}, {1}, signer};
    std::array<uint8_t, limits::record_bytes_max> out{};
    ASSERT_TRUE(assembler.seal(boot_event(), out).is_ok());
    const Result<SignedHead> head = assembler.sign_head();
    ASSERT_TRUE(head.is_ok());
    EXPECT_TRUE((verify_signature(head.value()).error() ==
                 Error{ErrorCode::corrupt, Field::signature, 0, 0}));
}

} // namespace
} // namespace grafos::lease
