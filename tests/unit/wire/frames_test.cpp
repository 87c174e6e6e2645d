// SPDX-License-Identifier: Apache-2.0
/// A long row of frames, half of them wrong in one thing, through every decoder.
#include "core/wire/message_table.hpp"
#include "tests/support/wire_frames.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::WireChange;
using test::WireFrame;
using test::WireFrames;

constexpr uint32_t frame_count = 20'000;

/// How far a frame got.
struct Outcome {
    bool is_taken = true; ///< header, messages and payloads
    uint32_t message_count = 0;
};

/// Whether the payload decodes; if it does, it encodes to the same bytes, TLVs apart.
[[nodiscard]] bool takes_payload(const MessageView& message) {
    const MessageEntry* const entry = find_message(message.type);
    if (entry == nullptr) {
        return false;
    }
    const Layout& layout = message.is_reply() ? *entry->reply : *entry->request;
    alignas(8) std::array<uint8_t, 512> made{};
    const Result<size_t> decoded = detail::decode_fields(layout, message.payload, made.data());
    if (!decoded.is_ok()) {
        EXPECT_TRUE(decoded.error().field != Field::none);
        return false;
    }
    std::array<uint8_t, payload_bytes_max> again;
    const Result<size_t> encoded = detail::encode_fields(layout, made.data(), again);
    EXPECT_TRUE(encoded.is_ok() && encoded.value() == decoded.value());
    EXPECT_TRUE(
        is_equal(Bytes{again}.first(decoded.value()), message.payload.first(decoded.value())));
    return true;
}

[[nodiscard]] Outcome read(const WireFrame& frame) {
    Outcome outcome;
    const Result<PacketHeader> header = decode_packet_header(frame.packet);
    if (!header.is_ok()) {
        EXPECT_TRUE(header.error().field != Field::none);
        outcome.is_taken = false;
        return outcome;
    }
    Bytes rest = frame.packet.subspan(packet_header_bytes);
    while (!rest.empty()) {
        const Result<MessageView> message = take_message(rest);
        if (!message.is_ok()) {
            EXPECT_TRUE(message.error().field != Field::none);
            outcome.is_taken = false;
            return outcome;
        }
        outcome.message_count += 1;
        outcome.is_taken = takes_payload(message.value()) && outcome.is_taken;
    }
    return outcome;
}

TEST(Frames, A_valid_frame_is_taken_and_any_other_is_refused_with_a_reason) {
    WireFrames frames{1};
    std::array<uint32_t, 7> taken{};
    std::array<uint32_t, 7> refused{};
    uint32_t batched = 0;
    for (uint32_t i = 0; i < frame_count; ++i) {
        const WireFrame frame = frames.next();
        const Outcome outcome = read(frame);
        ASSERT_TRUE(frame.change != WireChange::none || outcome.is_taken)
            << name_of(frame.type) << " in frame " << i;
        (outcome.is_taken ? taken : refused)[static_cast<size_t>(frame.change)] += 1;
        batched += outcome.message_count > 1 ? 1u : 0u;
    }
    EXPECT_GT(taken[0], frame_count / 3);
    EXPECT_GT(batched, frame_count / 20);
    for (size_t change = 1; change < taken.size(); ++change) {
        EXPECT_GT(refused[change], frame_count / 100) << change;
    }
}

TEST(Frames, The_same_seed_gives_the_same_frames) {
    WireFrames one{7};
    WireFrames two{7};
    uint32_t checksum = 0;
    for (uint32_t i = 0; i < 500; ++i) {
        const WireFrame frame = one.next();
        ASSERT_TRUE(is_equal(frame.packet, two.next().packet));
        checksum = crc32c(frame.packet, checksum);
    }
    EXPECT_EQ(checksum, 4284491955u) << "the same on every machine";
}

} // namespace
} // namespace grafos::wire
