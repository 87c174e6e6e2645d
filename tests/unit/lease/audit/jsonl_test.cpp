// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/jsonl.hpp"

#include "core/base/text.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

using Line = std::array<char, jsonl_line_bytes_max>;
using Record = std::array<uint8_t, limits::record_bytes_max>;

constexpr uint8_t identity[] = {'a', 'l', 'i', 'c', 'e'};
constexpr uint8_t event_data[] = {0xd0, 0xd1, 0xd2};

template <typename Name>
[[nodiscard]] Name filled(uint8_t byte) {
    Name name;
    name.bytes.fill(byte);
    return name;
}

struct Sample {
    Record record{};
    size_t size = 0;
    Digest hash = filled<Digest>(0xcc);
    Line line{};
    std::string_view text{};

    Sample() {
        AuditEvent event;
        event.kind = EventKind::lease_renewed;
        event.timestamp = {1'700'000'000'000};
        event.identity = identity;
        event.tenant = {4294967295};
        event.lease_ref = filled<LeaseRef>(0x77);
        event.resource_id = filled<ResourceId>(0x88);
        event.epoch = {UINT64_MAX};
        event.reason = Reason::operator_drain;
        event.event_data = event_data;
        const RecordPlace place{filled<Digest>(0x11), {10}, filled<NodeId>(0x33), {2}};
        size = encode_record(event, place, record);
        text = encode_json_record(Bytes{record}.first(size), hash, line).value();
    }
};

[[nodiscard]] SignedHead sample_head() {
    return {filled<NodeId>(0x33), {10}, filled<Digest>(0xcc), filled<Signature>(0x55)};
}

[[nodiscard]] Result<JsonLine> decode(std::string_view line) {
    static Record record;
    return decode_json_line(line, record);
}

TEST(Jsonl, A_record_is_spelled_in_exactly_one_way) {
    const Sample sample;
    EXPECT_TRUE(
        sample.text ==
        "{\"prev_event_hash\":\"1111111111111111111111111111111111111111111111111111111111111111\","
        "\"sequence\":\"10\",\"timestamp_unix_ms\":\"1700000000000\","
        "\"node_id\":\"3333333333333333333333333333333333333333333333333333333333333333\","
        "\"boot\":\"2\",\"kind\":\"lease_renewed\",\"kind_code\":3,\"identity\":\"616c696365\","
        "\"tenant\":4294967295,\"lease_ref\":\"77777777777777777777777777777777\","
        "\"resource_id\":\"88888888888888888888888888888888\","
        "\"epoch\":\"18446744073709551615\",\"reason\":\"operator_drain\",\"reason_code\":7,"
        "\"event_data\":\"d0d1d2\",\"current_event_hash\":"
        "\"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\"}");
}

TEST(Jsonl, A_record_comes_back_as_the_same_canonical_bytes) {
    const Sample sample;
    const Result<JsonLine> decoded = decode(sample.text);
    ASSERT_TRUE(decoded.is_ok());
    EXPECT_TRUE(decoded.value().kind == JsonLine::Kind::record);
    EXPECT_TRUE(is_equal(decoded.value().canonical, Bytes{sample.record}.first(sample.size)));
    EXPECT_TRUE(decoded.value().current_event_hash == sample.hash);
}

TEST(Jsonl, A_signed_head_comes_back_as_it_went) {
    Line line;
    const Result<std::string_view> text = encode_json_head(sample_head(), line);
    ASSERT_TRUE(text.is_ok());
    EXPECT_TRUE(text.value().starts_with("{\"checkpoint\":true,\"node_id\":\"3333"));
    const Result<JsonLine> decoded = decode(text.value());
    ASSERT_TRUE(decoded.is_ok());
    EXPECT_TRUE(decoded.value().kind == JsonLine::Kind::head);
    EXPECT_TRUE(decoded.value().head.node_id == sample_head().node_id);
    EXPECT_TRUE(decoded.value().head.sequence == sample_head().sequence);
    EXPECT_TRUE(decoded.value().head.current_event_hash == sample_head().current_event_hash);
    EXPECT_TRUE(decoded.value().head.signature == sample_head().signature);
}

TEST(Jsonl, The_longest_record_fits_the_longest_line) {
    std::array<uint8_t, limits::identity_bytes_max> long_identity;
    std::array<uint8_t, limits::event_data_bytes_max> long_data;
    long_identity.fill(0xff);
    long_data.fill(0xff);
    AuditEvent event;
    event.kind = EventKind::lease_allocated;
    event.timestamp = {UINT64_MAX};
    event.identity = long_identity;
    event.tenant = {UINT32_MAX};
    event.epoch = {UINT64_MAX};
    event.event_data = long_data;
    event.reason = Reason::operator_mig_profile_change;
    Record record;
    Line line;
    const RecordPlace place{{}, {UINT64_MAX}, {}, {UINT64_MAX}};
    const size_t size = encode_record(event, place, record);
    const Result<std::string_view> text = encode_json_record(Bytes{record}.first(size), {}, line);
    ASSERT_TRUE(text.is_ok());
    const Result<JsonLine> decoded = decode(text.value());
    ASSERT_TRUE(decoded.is_ok());
    EXPECT_TRUE(is_equal(decoded.value().canonical, Bytes{record}.first(size)));
}

TEST(Jsonl, Every_cut_and_every_byte_behind_the_end_is_refused) {
    const Sample sample;
    Line head_line;
    const std::string_view head = encode_json_head(sample_head(), head_line).value();
    Line longer;
    for (const std::string_view text : {sample.text, head}) {
        for (size_t length = 0; length < text.size(); ++length) {
            ASSERT_FALSE(decode(text.substr(0, length)).is_ok()) << length;
        }
        copy_bytes({reinterpret_cast<uint8_t*>(longer.data()), longer.size()}, bytes_of(text));
        for (uint32_t byte = 0; byte < 256; ++byte) {
            longer[text.size()] = static_cast<char>(byte);
            const Result<JsonLine> decoded = decode({longer.data(), text.size() + 1});
            ASSERT_FALSE(decoded.is_ok()) << byte;
            EXPECT_TRUE(
                (decoded.error() == Error{ErrorCode::corrupt, Field::json, text.size(), 1}));
        }
    }
}

TEST(Jsonl, Whatever_character_is_changed_the_line_is_refused_or_encodes_to_that_very_line) {
    const Sample sample;
    Line head_line;
    const std::string_view head = encode_json_head(sample_head(), head_line).value();
    Line changed;
    Line again;
    for (const std::string_view text : {sample.text, head}) {
        copy_bytes({reinterpret_cast<uint8_t*>(changed.data()), changed.size()}, bytes_of(text));
        const std::string_view line{changed.data(), text.size()};
        for (size_t at = 0; at < text.size(); ++at) {
            for (uint32_t byte = 0; byte < 256; ++byte) {
                changed[at] = static_cast<char>(byte);
                const Result<JsonLine> decoded = decode(line);
                if (!decoded.is_ok()) {
                    continue;
                }
                const JsonLine& found = decoded.value();
                const Result<std::string_view> spelled =
                    found.kind == JsonLine::Kind::head
                        ? encode_json_head(found.head, again)
                        : encode_json_record(found.canonical, found.current_event_hash, again);
                ASSERT_TRUE(spelled.is_ok() && spelled.value() == line) << at << " = " << byte;
            }
            changed[at] = text[at];
        }
    }
}

/// The sample line with the first `from` replaced by `to`.
[[nodiscard]] Error error_with(std::string_view from, std::string_view to) {
    const Sample sample;
    const size_t at = sample.text.find(from);
    EXPECT_TRUE(at != std::string_view::npos);
    Line line;
    TextWriter out{line};
    out.put(sample.text.substr(0, at)).put(to).put(sample.text.substr(at + from.size()));
    const Result<JsonLine> decoded = decode(out.text());
    return decoded.is_ok() ? Error{} : decoded.error();
}

TEST(Jsonl, Each_field_is_named_when_it_is_wrong) {
    const struct {
        std::string_view from;
        std::string_view to;
        ErrorCode code;
        Field field;
    } cases[] = {
        {"{\"prev", "{ \"prev", ErrorCode::corrupt, Field::previous_hash},
        {"\"1111", "\"111", ErrorCode::invalid_argument, Field::previous_hash},
        {"\"10\"", "10", ErrorCode::corrupt, Field::sequence},
        {"\"10\"", "\"010\"", ErrorCode::corrupt, Field::sequence},
        {"\"10\"", "\"\"", ErrorCode::corrupt, Field::sequence},
        {"\"10\"", "\"-1\"", ErrorCode::corrupt, Field::sequence},
        {"\"10\"", "\"18446744073709551616\"", ErrorCode::invalid_argument, Field::sequence},
        {"\"1700", "\"1e00", ErrorCode::corrupt, Field::node_id},
        {"\"3333", "\"333G", ErrorCode::invalid_argument, Field::node_id},
        {"\"boot\"", "\"tenant\"", ErrorCode::corrupt, Field::boot},
        {"\"2\"", "\"99999999999999999999\"", ErrorCode::invalid_argument, Field::boot},
        {"lease_renewed", "lease_expired", ErrorCode::invalid_argument, Field::kind},
        {"lease_renewed", "", ErrorCode::invalid_argument, Field::kind},
        {"lease_renewed", "a_name_that_is_longer_than_any_name", ErrorCode::capacity_exceeded,
         Field::kind},
        {"\"kind_code\":3", "\"kind_code\":5", ErrorCode::invalid_argument, Field::kind},
        {"\"kind_code\":3", "\"kind_code\":0", ErrorCode::invalid_argument, Field::kind_code},
        {"\"kind_code\":3", "\"kind_code\":15", ErrorCode::invalid_argument, Field::kind_code},
        {"\"kind_code\":3", "\"kind_code\":65536", ErrorCode::invalid_argument, Field::kind_code},
        {"\"kind_code\":3", "\"kind_code\":\"3\"", ErrorCode::corrupt, Field::kind_code},
        {"616c696365", "616c69636", ErrorCode::invalid_argument, Field::identity},
        {"616c696365", "616C696365", ErrorCode::invalid_argument, Field::identity},
        {"616c696365", "000000000000000000000000000000000000000000000000000000000000000000",
         ErrorCode::capacity_exceeded, Field::identity},
        {"4294967295", "4294967296", ErrorCode::invalid_argument, Field::tenant},
        {"4294967295", "1.5", ErrorCode::corrupt, Field::lease_ref},
        {"\"7777", "\"77777", ErrorCode::capacity_exceeded, Field::lease_ref},
        {"\"8888", "\"888\\u0038", ErrorCode::capacity_exceeded, Field::resource_id},
        {"18446744073709551615", "18446744073709551616", ErrorCode::invalid_argument, Field::epoch},
        {"operator_drain", "none", ErrorCode::invalid_argument, Field::reason},
        {"\"reason_code\":7", "\"reason_code\":11", ErrorCode::invalid_argument,
         Field::reason_code},
        {"d0d1d2", "d0 1d2", ErrorCode::invalid_argument, Field::event_data},
        {"\"cccc", "\"ccc", ErrorCode::invalid_argument, Field::hash},
        {"\"tenant\"", "\"tenant\":1,\"tenant\"", ErrorCode::corrupt, Field::lease_ref},
    };
    for (const auto& c : cases) {
        const Error error = error_with(c.from, c.to);
        EXPECT_TRUE(error.code == c.code && error.field == c.field)
            << c.from << " -> " << c.to << ": " << name_of(error.field);
    }
}

TEST(Jsonl, A_line_longer_than_any_is_refused_unread) {
    static std::array<char, jsonl_line_bytes_max + 1> line;
    line.fill(' ');
    EXPECT_TRUE((decode({line.data(), line.size()}).error() ==
                 Error{ErrorCode::capacity_exceeded, Field::line, 1025, 1024}));
}

TEST(Jsonl, Encoding_needs_room_for_the_longest_line) {
    const Sample sample;
    Line line;
    const std::span<char> small = std::span<char>{line}.first(jsonl_line_bytes_max - 1);
    const Error expected{ErrorCode::capacity_exceeded, Field::length, 1024, 1023};
    EXPECT_TRUE(encode_json_record(Bytes{sample.record}.first(sample.size), {}, small).error() ==
                expected);
    EXPECT_TRUE(encode_json_head(sample_head(), small).error() == expected);
}

TEST(Jsonl, Bytes_that_are_no_record_are_not_put_into_a_line) {
    Line line;
    EXPECT_TRUE(encode_json_record({}, {}, line).error().code == ErrorCode::corrupt);
}

} // namespace
} // namespace grafos::lease
