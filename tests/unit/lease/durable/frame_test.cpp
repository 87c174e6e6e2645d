// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/frame.hpp"

#include "hal/block_device.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using lease::FrameKind;

constexpr uint64_t address = 0x1234;
constexpr FrameKind kinds[] = {FrameKind::identity, FrameKind::marker, FrameKind::checkpoint,
                               FrameKind::group};

struct Frame {
    explicit Frame(FrameKind kind) {
        for (size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<uint8_t>(i * 7 + 1);
        }
        lease::seal_frame(kind, address, bytes);
    }
    std::array<uint8_t, 2 * hal::sector_bytes> bytes{};
};

Error refusal(FrameKind kind, Bytes bytes, uint64_t at = address, uint32_t most = 2) {
    const Result<lease::FrameHeader> header = lease::check_frame_header(kind, at, most, bytes);
    if (!header.is_ok()) {
        return header.error();
    }
    const Result<> body = lease::check_frame_body(header.value(), bytes);
    return body.is_ok() ? Error{} : body.error();
}

TEST(Frame, A_sealed_frame_passes_as_its_own_kind_at_its_own_address_only) {
    for (const FrameKind kind : kinds) {
        const Frame frame{kind};
        EXPECT_TRUE(refusal(kind, frame.bytes) == Error{});
        for (const FrameKind other : kinds) {
            EXPECT_EQ(other == kind, refusal(other, frame.bytes).code != ErrorCode::foreign);
        }
        const Error elsewhere = refusal(kind, frame.bytes, address + 1);
        EXPECT_TRUE(elsewhere.field == Field::address);
        EXPECT_EQ(address, elsewhere.value);
        EXPECT_EQ(address + 1, elsewhere.expected);
        EXPECT_TRUE(refusal(kind, frame.bytes, address, 1).field == Field::length);
    }
}

TEST(Frame, Its_first_bytes_are_these) {
    const Frame frame{FrameKind::group};
    const uint8_t expected[] = {'g', 'r', 'a', 'f', 'o', 's', 'L', '1', 0, 1, 0,    0,
                                0,   0,   0,   2,   0,   0,   0,   0,   0, 0, 0x12, 0x34};
    EXPECT_TRUE(is_equal(Bytes{frame.bytes}.first(sizeof expected), expected));
    EXPECT_EQ(crc32c(Bytes{frame.bytes}.subspan(192)),
              load_big_endian<uint32_t>(frame.bytes.data() + 184));
    EXPECT_EQ(crc32c(Bytes{frame.bytes}.first(188)),
              load_big_endian<uint32_t>(frame.bytes.data() + 188));
}

TEST(Frame, Every_flipped_bit_is_found_and_the_field_says_where) {
    for (size_t at = 0; at < 2 * hal::sector_bytes; ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Frame frame{FrameKind::group};
            frame.bytes[at] = static_cast<uint8_t>(frame.bytes[at] ^ (1u << bit));
            const Error error = refusal(FrameKind::group, frame.bytes);
            const bool is_newer = at == 8 || (at == 9 && bit > 0);
            EXPECT_TRUE(error.field == (at < 8     ? Field::magic
                                        : is_newer ? Field::version
                                                   : Field::checksum))
                << at;
        }
    }
}

TEST(Frame, Fields_behind_a_right_checksum_are_looked_at_all_the_same) {
    const auto with = [](size_t at, uint8_t value) {
        Frame frame{FrameKind::group};
        frame.bytes[at] = value;
        store_big_endian<uint32_t>(frame.bytes.data() + 188, crc32c(Bytes{frame.bytes}.first(188)));
        return refusal(FrameKind::group, frame.bytes);
    };
    EXPECT_TRUE(with(9, 0).field == Field::version); // version 0 never was
    EXPECT_TRUE(with(9, 0).code == ErrorCode::corrupt);
    EXPECT_TRUE(with(9, 2).code == ErrorCode::unsupported_version);
    EXPECT_TRUE(with(10, 1).field == Field::padding);
    EXPECT_TRUE(with(15, 0).field == Field::length);
    EXPECT_TRUE(with(15, 3).field == Field::length);
    EXPECT_TRUE(with(12, 1).field == Field::length);
}

TEST(Frame, Sealing_asserts_whole_sectors) {
    std::array<uint8_t, hal::sector_bytes> bytes{};
    EXPECT_ASSERTION(
        lease::seal_frame(FrameKind::group, 1, MutableBytes{bytes}.first(hal::sector_bytes - 1)));
    EXPECT_ASSERTION(lease::seal_frame(FrameKind::group, 1, MutableBytes{bytes}.first(0)));
}

} // namespace
} // namespace grafos::test
