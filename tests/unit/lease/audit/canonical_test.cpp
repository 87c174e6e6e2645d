// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/canonical.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

using Buffer = std::array<uint8_t, limits::record_bytes_max + 1>;

constexpr size_t identity_size = 5;
constexpr size_t data_size = 3;
constexpr size_t sample_size = limits::record_fixed_bytes + identity_size + data_size;
constexpr size_t kind_at = record_offset::kind;
constexpr size_t rest_at = record_offset::identity + identity_size;
constexpr size_t reason_at = rest_at + record_offset::reason;

constexpr uint8_t identity[] = {'a', 'l', 'i', 'c', 'e'};
constexpr uint8_t event_data[] = {0xd0, 0xd1, 0xd2};

template <typename Name>
[[nodiscard]] Name filled(uint8_t byte) {
    Name name;
    name.bytes.fill(byte);
    return name;
}

[[nodiscard]] RecordPlace sample_place() {
    return {filled<Digest>(0x11), {0x2122232425262728}, filled<NodeId>(0x33), {0x41424344454647}};
}

[[nodiscard]] AuditEvent sample_event() {
    AuditEvent event;
    event.kind = EventKind::lease_renewed;
    event.timestamp = {0x5152535455565758};
    event.identity = identity;
    event.tenant = {0x61626364};
    event.lease_ref = filled<LeaseRef>(0x77);
    event.resource_id = filled<ResourceId>(0x88);
    event.epoch = {0x9192939495969798};
    event.reason = Reason::operator_drain;
    event.event_data = event_data;
    return event;
}

[[nodiscard]] Bytes encode_sample(Buffer& buffer) {
    return Bytes{buffer}.first(encode_record(sample_event(), sample_place(), buffer));
}

void expect_same(const AuditEvent& a, const AuditEvent& b) {
    EXPECT_TRUE(a.kind == b.kind && a.timestamp == b.timestamp && a.tenant == b.tenant);
    EXPECT_TRUE(a.lease_ref == b.lease_ref && a.resource_id == b.resource_id);
    EXPECT_TRUE(a.epoch == b.epoch && a.reason == b.reason);
    EXPECT_TRUE(is_equal(a.identity, b.identity) && is_equal(a.event_data, b.event_data));
}

TEST(Canonical, Bytes_stand_where_the_format_says) {
    Buffer buffer;
    const Bytes bytes = encode_sample(buffer);
    ASSERT_EQ(bytes.size(), sample_size);
    Buffer expected;
    ByteWriter out{expected};
    out.put_bytes(bytes_of("grafos-audit-v1\n"));
    out.put_bytes(filled<Digest>(0x11).view());
    out.put<uint64_t>(0x2122232425262728);
    out.put<uint64_t>(0x5152535455565758);
    out.put_bytes(filled<NodeId>(0x33).view());
    out.put<uint64_t>(0x41424344454647);
    out.put<uint16_t>(3);
    out.put<uint32_t>(5);
    out.put_bytes(identity);
    out.put<uint32_t>(0x61626364);
    out.put_bytes(filled<LeaseRef>(0x77).view());
    out.put_bytes(filled<ResourceId>(0x88).view());
    out.put<uint64_t>(0x9192939495969798);
    out.put<uint16_t>(7);
    out.put<uint32_t>(3);
    out.put_bytes(event_data);
    EXPECT_TRUE(is_equal(bytes, out.written()));
}

TEST(Canonical, A_record_comes_back_as_it_went_and_its_views_point_into_the_bytes) {
    Buffer buffer;
    const Bytes bytes = encode_sample(buffer);
    const Result<RecordView> decoded = decode_record(bytes);
    ASSERT_TRUE(decoded.is_ok());
    EXPECT_TRUE(decoded.value().place == sample_place());
    expect_same(decoded.value().event, sample_event());
    EXPECT_TRUE(decoded.value().event.identity.data() == bytes.data() + record_offset::identity);
    EXPECT_TRUE(decoded.value().event.event_data.data() == bytes.data() + sample_size - data_size);
}

TEST(Canonical, Every_length_of_identity_and_data_comes_back_up_to_its_limit) {
    std::array<uint8_t, limits::identity_bytes_max + 1> long_identity{};
    std::array<uint8_t, limits::event_data_bytes_max + 1> long_data{};
    Buffer buffer;
    AuditEvent event = sample_event();
    for (size_t i = 0; i < long_identity.size(); ++i) {
        for (size_t d = 0; d < long_data.size(); ++d) {
            event.identity = Bytes{long_identity}.first(i);
            event.event_data = Bytes{long_data}.first(d);
            if (i > limits::identity_bytes_max || d > limits::event_data_bytes_max) {
                const Field field =
                    i > limits::identity_bytes_max ? Field::identity : Field::event_data;
                const Result<> checked = check_event(event);
                ASSERT_FALSE(checked.is_ok());
                EXPECT_TRUE(checked.error().code == ErrorCode::capacity_exceeded);
                EXPECT_TRUE(checked.error().field == field);
                continue;
            }
            ASSERT_TRUE(check_event(event).is_ok());
            const size_t size = encode_record(event, sample_place(), buffer);
            ASSERT_EQ(size, record_bytes(event));
            const Result<RecordView> decoded = decode_record(Bytes{buffer}.first(size));
            ASSERT_TRUE(decoded.is_ok()) << i << ", " << d;
            EXPECT_EQ(decoded.value().event.identity.size(), i);
            EXPECT_EQ(decoded.value().event.event_data.size(), d);
            EXPECT_EQ(measure_record(buffer).value(), size);
        }
    }
}

TEST(Canonical, Every_cut_and_every_trailing_byte_is_refused) {
    Buffer buffer{};
    const size_t size = encode_sample(buffer).size();
    for (size_t length = 0; length <= buffer.size(); ++length) {
        const Result<RecordView> decoded = decode_record(Bytes{buffer}.first(length));
        ASSERT_EQ(decoded.is_ok(), length == size) << length;
        if (!decoded.is_ok()) {
            EXPECT_TRUE(decoded.error().code == ErrorCode::corrupt);
            EXPECT_TRUE(decoded.error().field == Field::record_length);
            EXPECT_EQ(decoded.error().value, length);
        }
        const Result<size_t> measured = measure_record(Bytes{buffer}.first(length));
        EXPECT_EQ(measured.is_ok(), length >= size) << length;
    }
}

TEST(Canonical, Every_wrong_byte_of_the_domain_is_refused_and_a_newer_version_by_its_name) {
    Buffer buffer;
    const Bytes bytes = encode_sample(buffer);
    for (size_t at = 0; at < record_domain.size(); ++at) {
        for (uint32_t value = 0; value < 256; ++value) {
            const uint8_t right = buffer[at];
            if (value == right) {
                continue;
            }
            buffer[at] = static_cast<uint8_t>(value);
            const Result<RecordView> decoded = decode_record(bytes);
            buffer[at] = right;
            ASSERT_FALSE(decoded.is_ok());
            const bool is_newer = at == 14 && value >= '2' && value <= '9';
            if (is_newer) {
                EXPECT_TRUE((decoded.error() == Error{ErrorCode::unsupported_version,
                                                      Field::version, value - '0', 1}));
            } else {
                EXPECT_TRUE((decoded.error() == Error{ErrorCode::corrupt, Field::magic, at, 16}));
            }
        }
    }
}

TEST(Canonical, Every_kind_and_reason_outside_the_closed_sets_is_refused) {
    Buffer buffer;
    const Bytes bytes = encode_sample(buffer);
    for (uint32_t code = 0; code < 65536; ++code) {
        store_big_endian<uint16_t>(buffer.data() + kind_at, static_cast<uint16_t>(code));
        const Result<RecordView> decoded = decode_record(bytes);
        ASSERT_EQ(decoded.is_ok(), event_kind_of(static_cast<uint16_t>(code)).is_ok()) << code;
        if (!decoded.is_ok()) {
            EXPECT_TRUE(decoded.error().field == Field::kind_code);
        }
    }
    store_big_endian<uint16_t>(buffer.data() + kind_at, 3);
    for (uint32_t code = 0; code < 65536; ++code) {
        store_big_endian<uint16_t>(buffer.data() + reason_at, static_cast<uint16_t>(code));
        const Result<RecordView> decoded = decode_record(bytes);
        ASSERT_EQ(decoded.is_ok(), reason_of_code(static_cast<uint16_t>(code)).is_ok()) << code;
        if (!decoded.is_ok()) {
            EXPECT_TRUE(decoded.error().field == Field::reason_code);
        }
    }
}

TEST(Canonical, Every_length_field_beyond_its_limit_is_refused_before_it_is_used) {
    Buffer buffer;
    const Bytes bytes = encode_sample(buffer);
    const uint32_t lengths[] = {33, 97, 255, 65536, 0x7fffffff, 0x80000000, 0xffffffff};
    for (const uint32_t length : lengths) {
        store_big_endian<uint32_t>(buffer.data() + record_offset::identity_size, length);
        EXPECT_TRUE((decode_record(bytes).error() ==
                     Error{ErrorCode::capacity_exceeded, Field::identity, length, 32}));
    }
    store_big_endian<uint32_t>(buffer.data() + record_offset::identity_size, identity_size);
    const size_t at = rest_at + record_offset::event_data_size;
    for (const uint32_t length : lengths) {
        store_big_endian<uint32_t>(buffer.data() + at, length);
        const Error error = decode_record(bytes).error();
        if (length <= 96) {
            EXPECT_TRUE(error.field == Field::record_length) << length;
        } else {
            EXPECT_TRUE(
                (error == Error{ErrorCode::capacity_exceeded, Field::event_data, length, 96}));
        }
    }
}

TEST(Canonical, Whatever_byte_is_changed_the_record_is_refused_or_encodes_to_those_very_bytes) {
    Buffer buffer;
    Buffer again;
    const Bytes bytes = encode_sample(buffer);
    for (size_t at = 0; at < bytes.size(); ++at) {
        const uint8_t right = buffer[at];
        for (uint32_t value = 0; value < 256; ++value) {
            buffer[at] = static_cast<uint8_t>(value);
            const Result<RecordView> decoded = decode_record(bytes);
            if (decoded.is_ok()) {
                const RecordView& view = decoded.value();
                const size_t size = encode_record(view.event, view.place, again);
                ASSERT_TRUE(is_equal(bytes, Bytes{again}.first(size))) << at << " = " << value;
            }
        }
        buffer[at] = right;
    }
}

TEST(Canonical, An_event_of_no_kind_or_reason_cannot_be_sealed) {
    AuditEvent event = sample_event();
    event.kind = static_cast<EventKind>(0);
    EXPECT_TRUE(check_event(event).error().field == Field::kind_code);
    event = sample_event();
    event.reason = static_cast<Reason>(11);
    EXPECT_TRUE(check_event(event).error().field == Field::reason_code);
}

TEST(Canonical, Encoding_without_room_is_a_broken_program) {
    Buffer buffer;
    const MutableBytes small = MutableBytes{buffer}.first(sample_size - 1);
    EXPECT_ASSERTION(encode_record(sample_event(), sample_place(), small));
}

} // namespace
} // namespace grafos::lease
