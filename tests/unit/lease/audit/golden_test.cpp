// SPDX-License-Identifier: Apache-2.0
/// The golden chain of format version 1, sealed by the core and compared with bytes that come from
/// elsewhere (tests/conformance/golden/make_golden.py): on every machine the same.
#include "core/base/text.hpp"
#include "core/lease/audit/event_data.hpp"
#include "core/lease/audit/jsonl.hpp"
#include "tests/conformance/golden/chain_v1.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr size_t golden_count = std::size(test::golden_chain_v1);
constexpr UnixMillis golden_start{1'700'000'000'000};

template <typename Name>
[[nodiscard]] Name filled(uint8_t byte) {
    Name name;
    name.bytes.fill(byte);
    return name;
}

[[nodiscard]] Digest hash_of_record(size_t index) {
    Digest hash;
    EXPECT_TRUE(parse_hex(test::golden_chain_v1[index].hash_hex, hash.bytes, Field::hash).is_ok());
    return hash;
}

[[nodiscard]] EventData all_bytes() {
    EventData data;
    data.size = limits::event_data_bytes_max;
    for (size_t i = 0; i < data.size; ++i) {
        data.bytes[i] = static_cast<uint8_t>(i);
    }
    return data;
}

struct Line {
    uint64_t boot;
    EventKind kind;
    std::string_view identity;
    uint32_t tenant;
    uint8_t lease; ///< 0: none
    char resource; ///< 'M', 'B' or 0: none
    uint64_t epoch;
    Reason reason;
    EventData data;
};

void fill_lines(std::array<Line, golden_count>& lines) {
    using enum EventKind;
    const hal::Epitaph epitaph{hal::EpitaphKind::exception,
                               hal::EpitaphCpu::aarch64,
                               1,
                               0x9600004f,
                               0x40201234,
                               0x40300000,
                               0xdeadbeef,
                               0};
    constexpr std::string_view op = "operator";
    const auto memory = ResourceKind::memory;
    const auto block = ResourceKind::block;
    const Reason refused = reason_of(ErrorCode::capacity_exceeded);
    static constexpr char all_ids[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                       11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                       22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    const std::string_view ids{all_ids, sizeof(all_ids)};
    lines = {{
        {1, boot, "", 0, 0, 0, 0, Reason::first_boot,
         encode_data(BootData{{0}, WallSource::rtc, false, {}})},
        {1, lease_allocated, "alice", 7, 1, 'M', 1, Reason::none,
         encode_data(AllocatedData{memory, {0, 4}, 16384, {1000}})},
        {1, lease_allocated, "alice", 7, 2, 'B', 2, Reason::none,
         encode_data(AllocatedData{block, {8, 2}, 1024, {300000}})},
        {1, lease_renewed, "alice", 7, 1, 'M', 1, Reason::none,
         encode_data(RenewedData{{1}, {1000}})},
        {1, request_refused, "", 7, 0, 0, 0, refused,
         encode_data(RefusedData{Operation::grant, Field::amount, 1ull << 40, 65536, 3})},
        {1, lease_expired, "", 7, 1, 'M', 1, Reason::ttl_elapsed,
         encode_data(EndData{{1}, {0, 4}, {}, 0})},
        {1, lease_revoked, op, 7, 2, 'B', 2, Reason::authority_request,
         encode_data(EndData{{0}, {8, 2}, {5000}, 2})},
        {1, resource_fenced, "", 7, 2, 'B', 2, Reason::device_refused,
         encode_data(FencedData{{8, 2}, 5})},
        {1, turn_overrun, "", 0, 0, 0, 0, Reason::none, encode_data(OverrunData{{25}, {10}})},
        {1, lease_allocated, "alice", 7, 3, 'M', 3, Reason::none,
         encode_data(AllocatedData{memory, {0, 8}, 32768, {60000}})},
        {2, boot, "", 0, 0, 0, 3, Reason::restart_after_epitaph,
         encode_data(BootData{{1}, WallSource::argument, true, epitaph})},
        {2, fence_cleared, op, 1, 0, 'B', 4, Reason::operator_request,
         encode_data(ClearedData{{7}, {8, 2}})},
        {2, lease_allocated, ids, UINT32_MAX, 4, 'B', 5, Reason::none,
         encode_data(AllocatedData{block, {8, 2}, 1, {100}})},
        {2, lease_preempted, op, UINT32_MAX, 4, 'B', 5, Reason::policy_violation_recovery,
         encode_data(EndData{{0}, {8, 2}, {}, 0})},
        {2, lease_allocated, "alice", 7, 5, 'M', 6, Reason::none,
         encode_data(AllocatedData{memory, {4, 1}, 4096, {100}})},
        {2, lease_released, "alice", 7, 5, 'M', 6, Reason::holder_request,
         encode_data(EndData{{0}, {4, 1}, {}, 0})},
        {2, state_adopted, op, 1, 0, 0, 0, Reason::operator_request,
         encode_data(AdoptedData{{1ull << 53}})},
        {2, edge_rewritten, op, 1, 0, 0, UINT64_MAX, Reason::none, all_bytes()},
        {2, log_trimmed, op, 1, 0, 0, 0, Reason::operator_request,
         encode_data(TrimmedData{{9}, hash_of_record(9)})},
    }};
}

[[nodiscard]] AuditEvent event_of(const Line& line, size_t sequence) {
    AuditEvent event;
    event.kind = line.kind;
    event.timestamp = {golden_start.ms + 10 * sequence};
    event.identity = bytes_of(line.identity);
    event.tenant = {line.tenant};
    event.lease_ref = filled<LeaseRef>(line.lease);
    event.resource_id = filled<ResourceId>(static_cast<uint8_t>(line.resource));
    event.epoch = {line.epoch};
    event.reason = line.reason;
    event.event_data = line.data.view();
    return event;
}

void start_golden(crypto::Identity& identity) {
    crypto::IdentitySecrets secrets{};
    ASSERT_TRUE(parse_hex(test::golden_seed_hex, secrets.signing_seed, Field::seed).is_ok());
    identity.start(secrets);
}

TEST(GoldenChainV1, The_core_seals_the_golden_bytes_hashes_and_lines) {
    static std::array<Line, golden_count> lines;
    fill_lines(lines);
    crypto::Identity identity;
    start_golden(identity);
    const IdentitySigner signer{identity};
    std::array<uint8_t, limits::record_bytes_max> out;
    std::array<uint8_t, limits::record_bytes_max> expected;
    std::array<char, jsonl_line_bytes_max> text;
    Anchor anchor;
    for (size_t i = 0; i < golden_count; ++i) {
        SCOPED_TRACE(i);
        const test::GoldenRecord& golden = test::golden_chain_v1[i];
        ChainAssembler assembler{anchor, {lines[i].boot}, signer};
        const Result<AuditRecord> sealed = assembler.seal(event_of(lines[i], i), out);
        ASSERT_TRUE(sealed.is_ok());
        const MutableBytes bytes = MutableBytes{expected}.first(golden.canonical_hex.size() / 2);
        ASSERT_TRUE(parse_hex(golden.canonical_hex, bytes, Field::hex).is_ok());
        EXPECT_TRUE(is_equal(sealed.value().canonical, bytes));
        EXPECT_TRUE(sealed.value().current_event_hash == hash_of_record(i));
        const Result<std::string_view> line =
            encode_json_record(sealed.value().canonical, sealed.value().current_event_hash, text);
        ASSERT_TRUE(line.is_ok());
        EXPECT_TRUE(line.value() == golden.line) << line.value();
        anchor = assembler.head();
    }
    const Result<SignedHead> head = sign_anchor(anchor, signer);
    ASSERT_TRUE(head.is_ok());
    EXPECT_TRUE(encode_json_head(head.value(), text).value() == test::golden_head_v1);
}

TEST(GoldenChainV1, The_golden_lines_are_read_and_followed_to_their_signed_head) {
    crypto::Identity identity;
    start_golden(identity);
    ChainVerifier verifier{{{}, identity.node_id(), {}}};
    std::array<uint8_t, limits::record_bytes_max> canonical;
    for (const test::GoldenRecord& golden : test::golden_chain_v1) {
        const Result<JsonLine> line = decode_json_line(golden.line, canonical);
        ASSERT_TRUE(line.is_ok());
        const Result<RecordView> view =
            verifier.ingest(line.value().canonical, line.value().current_event_hash);
        ASSERT_TRUE(view.is_ok());
        EXPECT_TRUE(
            check_event_data(view.value().event.kind, view.value().event.event_data).is_ok());
    }
    const Result<JsonLine> last = decode_json_line(test::golden_head_v1, canonical);
    ASSERT_TRUE(last.is_ok());
    EXPECT_TRUE(verifier.check_head(last.value().head).is_ok());
    EXPECT_EQ(verifier.commit().value().boot.value, 2u);
}

} // namespace
} // namespace grafos::lease
