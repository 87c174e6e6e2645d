// SPDX-License-Identifier: Apache-2.0
/// Valid payloads, messages and packets of every kind, and changes of one field of them, from a
/// seed: for tests of whatever reads packets, on any board.
///
/// Payloads are written from the rows of the message table by a second, plain encoder, so that a
/// fault of the codec does not hide itself. Memory is the caller's; nothing is kept between calls.
#pragma once

#include "core/wire/message_table.hpp"
#include "core/wire/packet.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

/// Where one field stands in a payload.
struct WirePlace {
    const wire::FieldLayout* field = nullptr;
    uint16_t offset = 0; ///< of the length or count, where it has one
    uint16_t size = 0;   ///< length or count included
};

struct WirePayload {
    std::array<uint8_t, wire::payload_bytes_max> bytes{};
    size_t size = 0;
    std::array<WirePlace, 16> places{}; ///< of the layout's own fields, not of list entries
    size_t place_count = 0;

    [[nodiscard]] Bytes view() const noexcept { return Bytes{bytes}.first(size); }
};

/// One field given a raw value of its own: a number, a length or a count. The bytes that a length
/// promises are there, as far as there is room.
struct WireOverride {
    const wire::FieldLayout* field = nullptr;
    uint64_t value = 0;
};

/// How large the variable parts are.
enum class WireFill : uint8_t { least, most, any };

/// Writes a payload that `layout` accepts, but for `changed`. Lists and lengths stay below
/// `room`.
void fill_payload(const wire::Layout& layout, WireFill fill, SeededChoice& choice,
                  WirePayload& payload, const WireOverride& changed = {},
                  size_t room = wire::payload_bytes_max) noexcept;

/// What was done to a frame.
enum class WireChange : uint8_t {
    none,
    header_field,  ///< one field of the packet's header
    message_field, ///< one field of a message's header
    payload_field, ///< one field of a payload: a bound overstepped
    bit,           ///< one bit anywhere
    cut,           ///< shorter; body_bytes tells the truth
    grown,         ///< random bytes behind the last message; body_bytes tells the truth
};

struct WireFrame {
    Bytes packet{}; ///< kind plain; the messages begin behind the header
    wire::MessageType type{};
    bool is_reply = false;
    WireChange change = WireChange::none;
};

/// An endless row of frames: about every other one is valid, the others differ from a valid one in
/// one thing. The same seed gives the same frames on every machine.
class WireFrames {
public:
    explicit WireFrames(uint64_t seed) noexcept : choice_{seed} {}

    /// The next frame; its bytes are valid until the next call.
    [[nodiscard]] WireFrame next() noexcept;

private:
    void write_messages(WireFrame& frame) noexcept;
    void change(WireFrame& frame) noexcept;
    void set_size(size_t size) noexcept;

    SeededChoice choice_;
    WirePayload payload_{};
    std::array<uint8_t, wire::packet_bytes_max> packet_{};
    size_t size_ = 0;
    uint64_t request_ = 0;
};

} // namespace grafos::test
