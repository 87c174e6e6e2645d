// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.hpp"

#include "tests/testkit/test.hpp"

namespace grafos {
namespace {

TEST(Bytes, Copy_fills_the_front_and_leaves_the_rest) {
    std::array<uint8_t, 4> to{9, 9, 9, 9};
    const std::array<uint8_t, 2> from{1, 2};
    copy_bytes(to, from);
    EXPECT_TRUE((to == std::array<uint8_t, 4>{1, 2, 9, 9}));
    copy_bytes(to, {});
    EXPECT_TRUE((to == std::array<uint8_t, 4>{1, 2, 9, 9}));
    copy_bytes({}, {});
}

TEST(Bytes, Copy_into_too_little_room_is_a_broken_program) {
    std::array<uint8_t, 1> to{};
    const std::array<uint8_t, 2> from{1, 2};
    EXPECT_ASSERTION(copy_bytes(to, from));
}

TEST(Bytes, Zero_clears_all_of_it_and_nothing_else) {
    std::array<uint8_t, 4> bytes{1, 2, 3, 4};
    zero_bytes(MutableBytes{bytes}.subspan(1, 2));
    EXPECT_TRUE((bytes == std::array<uint8_t, 4>{1, 0, 0, 4}));
    zero_bytes({});
}

TEST(Bytes, Both_comparisons_agree_on_every_single_bit_and_on_lengths) {
    std::array<uint8_t, 16> a{};
    std::array<uint8_t, 16> b{};
    EXPECT_TRUE(is_equal(a, b));
    EXPECT_TRUE(is_equal_constant_time(a, b));
    for (size_t bit = 0; bit < 8 * b.size(); ++bit) {
        b[bit / 8] = static_cast<uint8_t>(1u << (bit % 8));
        EXPECT_FALSE(is_equal(a, b));
        EXPECT_FALSE(is_equal_constant_time(a, b));
        b[bit / 8] = 0;
    }
    EXPECT_FALSE(is_equal(a, Bytes{b}.first(15)));
    EXPECT_FALSE(is_equal_constant_time(a, Bytes{b}.first(15)));
    EXPECT_TRUE(is_equal({}, {}));
    EXPECT_TRUE(is_equal_constant_time({}, {}));
}

TEST(Bytes, All_zero_notices_each_byte) {
    std::array<uint8_t, 9> bytes{};
    EXPECT_TRUE(is_all_zero(bytes));
    EXPECT_TRUE(is_all_zero({}));
    for (uint8_t& byte : bytes) {
        byte = 0x80;
        EXPECT_FALSE(is_all_zero(bytes));
        byte = 0;
    }
}

TEST(Bytes, Text_and_bytes_are_views_of_one_another) {
    const std::string_view text = "lease";
    EXPECT_EQ(bytes_of(text).size(), 5u);
    EXPECT_EQ(bytes_of(text)[0], 'l');
    EXPECT_EQ(text_of(bytes_of(text)), text);
}

TEST(Bytes, Byte_orders_are_what_they_say_for_every_width) {
    const std::array<uint8_t, 8> bytes{1, 2, 3, 4, 5, 6, 7, 0xf8};
    EXPECT_EQ(load_big_endian<uint8_t>(bytes.data()), 1u);
    EXPECT_EQ(load_big_endian<uint16_t>(bytes.data()), 0x0102u);
    EXPECT_EQ(load_big_endian<uint32_t>(bytes.data()), 0x01020304u);
    EXPECT_EQ(load_big_endian<uint64_t>(bytes.data()), 0x01020304050607f8u);
    EXPECT_EQ(load_little_endian<uint16_t>(bytes.data()), 0x0201u);
    EXPECT_EQ(load_little_endian<uint32_t>(bytes.data()), 0x04030201u);
    EXPECT_EQ(load_little_endian<uint64_t>(bytes.data()), 0xf807060504030201u);
    std::array<uint8_t, 8> stored{};
    store_big_endian<uint64_t>(stored.data(), 0x01020304050607f8u);
    EXPECT_TRUE(stored == bytes);
    store_big_endian<uint16_t>(stored.data(), 0xabcd);
    EXPECT_EQ(stored[0], 0xab);
    EXPECT_EQ(stored[1], 0xcd);
    EXPECT_EQ(stored[2], 3);
}

TEST(Bytes, What_a_writer_puts_a_reader_takes) {
    std::array<uint8_t, 32> buffer{};
    const std::array<uint8_t, 3> payload{7, 8, 9};
    ByteWriter writer{buffer};
    writer.put<uint8_t>(0x11);
    writer.put<uint16_t>(0x2233);
    writer.put<uint32_t>(0x44556677);
    writer.put<uint64_t>(0x8899aabbccddeeffu);
    writer.put_counted(payload);
    writer.put_bytes(payload);
    EXPECT_EQ(writer.size(), 1u + 2 + 4 + 8 + 4 + 3 + 3);
    EXPECT_EQ(writer.written().size(), writer.size());

    ByteReader reader{writer.written()};
    EXPECT_EQ(reader.take<uint8_t>(), 0x11u);
    EXPECT_EQ(reader.take<uint16_t>(), 0x2233u);
    EXPECT_EQ(reader.take<uint32_t>(), 0x44556677u);
    EXPECT_EQ(reader.take<uint64_t>(), 0x8899aabbccddeeffu);
    EXPECT_TRUE(is_equal(reader.take_counted(3), payload));
    EXPECT_EQ(reader.left(), 3u);
    EXPECT_TRUE((reader.take_array<3>() == payload));
    EXPECT_TRUE(reader.is_ok());
    EXPECT_EQ(reader.offset(), writer.size());
    EXPECT_EQ(reader.left(), 0u);
}

TEST(Bytes, A_writer_that_runs_over_its_end_is_a_broken_program) {
    std::array<uint8_t, 3> buffer{};
    const std::array<uint8_t, 4> four{};
    ByteWriter writer{buffer};
    EXPECT_ASSERTION(writer.put<uint32_t>(1));
    EXPECT_ASSERTION(writer.put_bytes(four));
    writer.put<uint16_t>(1);
    EXPECT_ASSERTION(writer.put<uint16_t>(1));
    writer.put<uint8_t>(1);
    EXPECT_EQ(writer.size(), 3u);
    EXPECT_ASSERTION(writer.put<uint8_t>(1));
}

TEST(Bytes, A_reader_past_its_end_answers_zeroes_and_remembers) {
    const std::array<uint8_t, 3> bytes{1, 2, 3};
    for (size_t length = 0; length < 4; ++length) {
        ByteReader reader{Bytes{bytes}.first(length < 3 ? length : 3)};
        EXPECT_EQ(reader.take<uint32_t>(), 0u);
        EXPECT_FALSE(reader.is_ok());
        EXPECT_EQ(reader.take<uint8_t>(), 0u) << "nothing is read after the first overrun";
        EXPECT_FALSE(reader.is_ok());
        EXPECT_EQ(reader.offset(), 0u);
    }
    ByteReader reader{bytes};
    EXPECT_TRUE((reader.take_array<4>() == std::array<uint8_t, 4>{}));
    EXPECT_FALSE(reader.is_ok());
}

TEST(Bytes, A_counted_field_is_refused_when_it_is_longer_than_allowed_or_there) {
    const std::array<uint8_t, 6> bytes{0, 0, 0, 2, 7, 8};
    ByteReader fits{bytes};
    EXPECT_EQ(fits.take_counted(2).size(), 2u);
    EXPECT_TRUE(fits.is_ok());
    ByteReader not_allowed{bytes};
    EXPECT_EQ(not_allowed.take_counted(1).size(), 0u);
    EXPECT_FALSE(not_allowed.is_ok());
    ByteReader not_there{Bytes{bytes}.first(5)};
    EXPECT_EQ(not_there.take_counted(2).size(), 0u);
    EXPECT_FALSE(not_there.is_ok());
    const std::array<uint8_t, 4> huge{0xff, 0xff, 0xff, 0xff};
    ByteReader overflow{huge};
    EXPECT_EQ(overflow.take_counted(SIZE_MAX).size(), 0u);
    EXPECT_FALSE(overflow.is_ok());
}

TEST(Bytes, Taking_nothing_succeeds_even_at_the_end) {
    ByteReader reader{{}};
    EXPECT_EQ(reader.take_bytes(0).size(), 0u);
    EXPECT_TRUE(reader.is_ok());
    EXPECT_EQ(reader.take_bytes(SIZE_MAX).size(), 0u);
    EXPECT_FALSE(reader.is_ok());
}

TEST(Crc32c, Matches_the_vectors_of_rfc_3720) {
    std::array<uint8_t, 32> bytes{};
    EXPECT_EQ(crc32c(bytes), 0x8a9136aau);
    bytes.fill(0xff);
    EXPECT_EQ(crc32c(bytes), 0x62a8ab43u);
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(i);
    }
    EXPECT_EQ(crc32c(bytes), 0x46dd794eu);
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(31 - i);
    }
    EXPECT_EQ(crc32c(bytes), 0x113fdb5cu);
    EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u);
    EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, Goes_on_from_a_seed_at_every_cut) {
    const Bytes whole = bytes_of("123456789");
    for (size_t cut = 0; cut <= whole.size(); ++cut) {
        EXPECT_EQ(crc32c(whole.subspan(cut), crc32c(whole.first(cut))), 0xe3069283u);
    }
}

TEST(Crc32c, Is_the_division_bit_by_bit_at_every_length) {
    std::array<uint8_t, 70> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(i * 151 + 77);
    }
    for (size_t size = 0; size <= bytes.size(); ++size) {
        uint32_t divided = ~0u;
        for (size_t bit = 0; bit < 8 * size; ++bit) {
            const uint32_t next = (static_cast<uint32_t>(bytes[bit / 8]) >> (bit % 8)) & 1u;
            divided = ((divided ^ next) & 1u) != 0 ? (divided >> 1) ^ 0x82f63b78u : divided >> 1;
        }
        EXPECT_EQ(crc32c(Bytes{bytes}.first(size)), ~divided) << size;
    }
}

TEST(Crc32c, Notices_every_single_bit) {
    std::array<uint8_t, 64> bytes{};
    const uint32_t sound = crc32c(bytes);
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        bytes[bit / 8] = static_cast<uint8_t>(1u << (bit % 8));
        EXPECT_NE(crc32c(bytes), sound);
        bytes[bit / 8] = 0;
    }
}

} // namespace
} // namespace grafos
