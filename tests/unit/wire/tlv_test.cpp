// SPDX-License-Identifier: Apache-2.0
#include "core/wire/tlv.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

TEST(Tlv, Tags_come_back_in_their_order) {
    std::array<uint8_t, 64> buffer{};
    TlvWriter writer{buffer};
    ASSERT_TRUE(writer.put(tlv_type::explanation, bytes_of("why")).is_ok());
    ASSERT_TRUE(writer.put(0, {}).is_ok());
    ASSERT_TRUE(writer.put(255, bytes_of("x")).is_ok());
    const uint8_t expected[] = {1, 0, 3, 'w', 'h', 'y', 0, 0, 0, 255, 0, 1, 'x'};
    EXPECT_TRUE(is_equal(writer.written(), expected));
    TlvReader reader{writer.written()};
    auto tlv = reader.next();
    ASSERT_TRUE(tlv.has_value());
    EXPECT_EQ(tlv->tag, 1);
    EXPECT_EQ(text_of(tlv->value), "why");
    tlv = reader.next();
    ASSERT_TRUE(tlv.has_value());
    EXPECT_EQ(tlv->tag, 0);
    EXPECT_TRUE(tlv->value.empty());
    tlv = reader.next();
    ASSERT_TRUE(tlv.has_value());
    EXPECT_EQ(tlv->tag, 255);
    EXPECT_FALSE(reader.next().has_value());
    EXPECT_TRUE(reader.is_ok());
    EXPECT_EQ(reader.offset(), sizeof(expected));
}

TEST(Tlv, What_is_cut_ends_the_walk_and_says_so) {
    const uint8_t bytes[] = {1, 0, 2, 'a', 'b', 2, 0, 3, 'a', 'b', 'c'};
    for (size_t length = 0; length <= sizeof(bytes); ++length) {
        TlvReader reader{Bytes{bytes}.first(length)};
        size_t count = 0;
        while (reader.next().has_value()) {
            count += 1;
        }
        EXPECT_EQ(count, length < 5 ? 0u : length < sizeof(bytes) ? 1u : 2u);
        EXPECT_EQ(reader.is_ok(), length == 0 || length == 5 || length == sizeof(bytes)) << length;
        EXPECT_FALSE(reader.next().has_value());
    }
}

TEST(Tlv, What_does_not_fit_is_not_begun) {
    for (size_t room = 0; room < 6; ++room) {
        std::array<uint8_t, 6> buffer{};
        TaggedWriter<uint16_t> writer{MutableBytes{buffer}.first(room)};
        const Result<> put = writer.put(0x0102, bytes_of("ab"));
        ASSERT_FALSE(put.is_ok());
        EXPECT_TRUE((put.error() == Error{ErrorCode::capacity_exceeded, Field::length, 6, room}));
        EXPECT_TRUE(writer.written().empty());
        EXPECT_TRUE(is_all_zero(buffer));
    }
    std::array<uint8_t, 6> buffer{};
    TaggedWriter<uint16_t> writer{buffer};
    EXPECT_TRUE(writer.put(0x0102, bytes_of("ab")).is_ok());
    const uint8_t expected[] = {1, 2, 0, 2, 'a', 'b'};
    EXPECT_TRUE(is_equal(writer.written(), expected));
}

} // namespace
} // namespace grafos::wire
