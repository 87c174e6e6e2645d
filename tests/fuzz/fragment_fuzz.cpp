// SPDX-License-Identifier: Apache-2.0
/// Pieces in any order, of any size, from several senders, with time going on. The input is a row
/// of steps of eight bytes: what · who · offset u16 · length u16 · total u16.
///
/// The oracle: byte i of every payload is a function of i, but where a step says otherwise, so that
/// a whole that comes out must read like that function; places never exceed their bounds, and
/// everything is gone once time has passed.
#include "core/base/assert.hpp"
#include "core/wire/fragment.hpp"

using namespace grafos;
using namespace grafos::wire;

namespace {

constexpr size_t step_bytes = 8;
constexpr size_t slot_count = 3;

using Payload = std::array<uint8_t, payload_bytes_max>;

[[nodiscard]] uint8_t byte_at(size_t index) {
    return static_cast<uint8_t>(index * 7 + (index >> 8));
}

void check_whole(const MessageView& whole) {
    GRAFOS_ASSERT(whole.fragment.has_value() && whole.fragment->offset == 0);
    GRAFOS_ASSERT(whole.payload.size() == whole.fragment->total);
    GRAFOS_ASSERT((whole.flags & (message_flags::continued | message_flags::final)) == 0);
    for (size_t i = 0; i < whole.payload.size(); ++i) {
        GRAFOS_ASSERT(whole.payload[i] == byte_at(i));
    }
}

/// The piece that a step means, if it is one that `take_message` would let through.
[[nodiscard]] std::optional<MessageView> piece_of_step(const uint8_t* step,
                                                       const Payload& payload) {
    const size_t offset = load_big_endian<uint16_t>(step + 2);
    const size_t length = load_big_endian<uint16_t>(step + 4);
    const size_t total = load_big_endian<uint16_t>(step + 6);
    if (offset + length > total || offset + length > payload.size() ||
        (length == 0) != (total == 0)) {
        return std::nullopt;
    }
    MessageView piece;
    piece.type = static_cast<uint16_t>(1 + (step[0] >> 6));
    piece.flags = message_flags::frag_v2 |
                  (offset + length == total ? message_flags::final : message_flags::continued);
    piece.request = {1u + (step[1] >> 4)};
    piece.open = step[1];
    piece.fragment = Fragment{static_cast<uint32_t>(offset), static_cast<uint32_t>(total)};
    piece.payload = Bytes{payload}.subspan(offset, length);
    return piece;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Payload payload;
    for (size_t i = 0; i < payload.size(); ++i) {
        payload[i] = byte_at(i);
    }
    ReassemblerOf<slot_count> reassembler;
    Instant now{};
    for (size_t at = 0; at + step_bytes <= size; at += step_bytes) {
        const uint8_t* const step = data + at;
        now.ms += step[0] & 0x0fu;
        if ((step[0] & 0x30u) == 0x30u) {
            now.ms += 700;
            reassembler.tick(now);
            GRAFOS_ASSERT(reassembler.next_deadline() > now);
        }
        if ((step[0] & 0x30u) == 0x20u) {
            reassembler.forget(step[1] & 3u);
        }
        const std::optional<MessageView> piece = piece_of_step(step, payload);
        if (piece.has_value()) {
            const auto added = reassembler.add(step[1] & 3u, *piece, now);
            GRAFOS_ASSERT(added.is_ok() || added.error().field != Field::none);
            if (added.is_ok() && added.value().has_value()) {
                check_whole(*added.value());
            }
        }
        GRAFOS_ASSERT(reassembler.in_use() <= slot_count);
    }
    reassembler.tick(saturating_add(now, reassembly_patience));
    GRAFOS_ASSERT(reassembler.in_use() == 0);
    GRAFOS_ASSERT(reassembler.next_deadline() == Instant::never());
    return 0;
}
