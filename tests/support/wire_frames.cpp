// SPDX-License-Identifier: Apache-2.0
#include "tests/support/wire_frames.hpp"

#include <algorithm>

namespace grafos::test {

using namespace wire;

namespace {

/// Lists are kept shorter than they may be, so that most frames fit one packet.
constexpr size_t list_count_any = 6;

class Filler {
public:
    Filler(WireFill fill, SeededChoice& choice, WirePayload& payload, const WireOverride& changed,
           size_t room) noexcept
        : fill_{fill},
          choice_{choice},
          payload_{payload},
          changed_{changed},
          room_{std::min(room, payload.bytes.size())} {}

    void put(const FieldLayout& field) noexcept {
        switch (field.shape) {
        case Shape::u8: return put_number(1, number_for(field, UINT8_MAX));
        case Shape::u16: return put_number(2, number_for(field, UINT16_MAX));
        case Shape::u32: return put_number(4, number_for(field, UINT32_MAX));
        case Shape::u64: return put_number(8, number_for(field, UINT64_MAX));
        case Shape::fixed: return put_fixed(field);
        case Shape::counted: return put_counted(field);
        case Shape::list: return put_list(field);
        }
    }

private:
    [[nodiscard]] bool is_changed(const FieldLayout& field) const noexcept {
        return changed_.field == &field;
    }

    void put_byte(uint8_t byte) noexcept {
        if (payload_.size < room_) {
            payload_.bytes[payload_.size] = byte;
            payload_.size += 1;
        }
    }
    void put_number(size_t width, uint64_t value) noexcept {
        for (size_t i = 0; i < width; ++i) {
            put_byte(static_cast<uint8_t>(value >> (8 * (width - 1 - i))));
        }
    }

    [[nodiscard]] uint64_t number_for(const FieldLayout& field, uint64_t widest) noexcept {
        if (is_changed(field)) {
            return changed_.value;
        }
        uint64_t least = field.least;
        uint64_t most = field.most == UINT32_MAX ? widest : field.most;
        uint64_t step = field.rule == Rule::aligned ? 8 : 1;
        if (field.rule == Rule::blocks) {
            step = limits::block_bytes;
            least = least < step ? (least == 0 ? 0 : step) : least;
        }
        if (field.rule == Rule::reason) {
            most = 10;
        }
        most -= most % step;
        switch (fill_) {
        case WireFill::least: return field.rule == Rule::zero_or_range ? 0 : least;
        case WireFill::most: return most;
        case WireFill::any: break;
        }
        const uint64_t range = (most - least) / step;
        const uint64_t steps = range == UINT64_MAX ? choice_.next() : choice_.below(range + 1);
        return least + steps * step;
    }

    [[nodiscard]] size_t size_for(const FieldLayout& field) noexcept {
        if (is_changed(field)) {
            return changed_.value;
        }
        if (field.rule == Rule::parameters) {
            return fill_ == WireFill::least ? 0 : 5;
        }
        if (field.rule == Rule::blocks) {
            return fill_ == WireFill::most ? field.most : limits::block_bytes;
        }
        switch (fill_) {
        case WireFill::least: return field.least;
        case WireFill::most: return field.most;
        case WireFill::any: break;
        }
        return choice_.between(field.least, field.most);
    }

    void put_fixed(const FieldLayout& field) noexcept {
        const bool is_zero = is_changed(field);
        for (size_t i = 0; i < field.size; ++i) {
            const auto byte =
                static_cast<uint8_t>(i == 0 ? 1 + choice_.below(255) : choice_.next());
            put_byte(is_zero ? 0 : byte);
        }
    }

    void put_counted(const FieldLayout& field) noexcept {
        const size_t size = size_for(field);
        put_number(4, size);
        if (field.rule == Rule::parameters && size == 5) {
            put_number(4, 0x09020001); // CPU isolation, one byte
            return put_byte(static_cast<uint8_t>(choice_.below(3)));
        }
        for (size_t i = 0; i < size && payload_.size < room_; ++i) {
            put_byte(field.rule == Rule::text ? static_cast<uint8_t>(choice_.between(' ', '~'))
                                              : static_cast<uint8_t>(choice_.next()));
        }
    }

    void put_list(const FieldLayout& field) noexcept {
        size_t count = fill_ == WireFill::least ? 0 : choice_.below(list_count_any + 1);
        if (fill_ == WireFill::most) {
            count = list_count_any;
        }
        count = std::min<size_t>(count, field.most);
        const size_t count_at = payload_.size;
        put_number(2, is_changed(field) ? changed_.value : count);
        const size_t wanted = is_changed(field) ? changed_.value : count;
        const size_t begin = payload_.size;
        size_t put_in = 0;
        for (; put_in < wanted && fits(field, begin); ++put_in) {
            for (uint16_t i = 0; i < field.entry->field_count; ++i) {
                put(field.entry->fields[i]);
            }
        }
        if (!is_changed(field)) {
            store_big_endian<uint16_t>(payload_.bytes.data() + count_at,
                                       static_cast<uint16_t>(put_in));
        }
    }
    /// Whether the largest entry still fits, both here and within the list's own bound.
    [[nodiscard]] bool fits(const FieldLayout& field, size_t begin) const noexcept {
        const size_t most = field.entry->bytes_max;
        return payload_.size + most <= room_ && payload_.size - begin + most <= field.size;
    }

    WireFill fill_;
    SeededChoice& choice_;
    WirePayload& payload_;
    const WireOverride& changed_;
    size_t room_;
};

/// A value that the row refuses, or accepts by luck.
[[nodiscard]] WireOverride overstep(const Layout& layout, SeededChoice& choice) noexcept {
    if (layout.field_count == 0) {
        return {};
    }
    const FieldLayout& field = layout.fields[choice.below(layout.field_count)];
    switch (choice.below(3)) {
    case 0: return {&field, field.least - uint64_t{1}};
    case 1: return {&field, field.most + uint64_t{1}};
    default: return {&field, choice.next() >> choice.below(64)};
    }
}

} // namespace

void fill_payload(const Layout& layout, WireFill fill, SeededChoice& choice, WirePayload& payload,
                  const WireOverride& changed, size_t room) noexcept {
    payload.size = 0;
    payload.place_count = 0;
    Filler filler{fill, choice, payload, changed, room};
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        const size_t begin = payload.size;
        filler.put(layout.fields[i]);
        GRAFOS_ASSERT(payload.place_count < payload.places.size());
        payload.places[payload.place_count] = {&layout.fields[i], static_cast<uint16_t>(begin),
                                               static_cast<uint16_t>(payload.size - begin)};
        payload.place_count += 1;
    }
}

void WireFrames::set_size(size_t size) noexcept {
    size_ = size;
    store_big_endian<uint16_t>(packet_.data() + 6,
                               static_cast<uint16_t>(size - packet_header_bytes));
}

void WireFrames::write_messages(WireFrame& frame) noexcept {
    // As many as fit the room that a sealed packet would have.
    MessageWriter writer{MutableBytes{packet_}.subspan(packet_header_bytes, packet_body_bytes_max)};
    const size_t count = 1 + (choice_.chance(250) ? choice_.below(4) : 0);
    const std::span<const MessageEntry> table = message_table();
    for (size_t i = 0; i < count; ++i) {
        const MessageEntry& entry = table[choice_.below(table.size())];
        const Layout& layout = frame.is_reply ? *entry.reply : *entry.request;
        const size_t room = packet_body_bytes_max - writer.size();
        const bool is_traced = choice_.chance(200);
        const size_t head =
            message_header_bytes + (is_traced ? traceparent_bytes : 0) + fragment_header_bytes;
        if (i > 0 && room < head + layout.bytes_max) {
            break;
        }
        const bool is_over = i == 0 && frame.change == WireChange::payload_field;
        fill_payload(layout, is_over ? WireFill::any : static_cast<WireFill>(choice_.below(3)),
                     choice_, payload_, is_over ? overstep(layout, choice_) : WireOverride{},
                     room - head);
        MessageView message;
        message.type = static_cast<uint16_t>(entry.type);
        message.flags = frame.is_reply ? message_flags::reply : 0;
        request_ += 1;
        message.request = {request_};
        message.open = frame.is_reply ? 0 : static_cast<uint16_t>(choice_.below(16));
        if (is_traced) {
            message.trace = TraceParent{};
            message.trace->flags = 1;
        }
        if (choice_.chance(100)) {
            message.flags |= message_flags::final;
            message.fragment = Fragment{0, static_cast<uint32_t>(payload_.size)};
        }
        message.payload = payload_.view();
        GRAFOS_ASSERT(writer.put(message).is_ok());
        frame.type = i == 0 ? entry.type : frame.type;
    }
    size_ = packet_header_bytes + writer.size();
}

void WireFrames::change(WireFrame& frame) noexcept {
    const auto flip = [this](size_t begin, size_t end) {
        packet_[begin + choice_.below(end - begin)] ^= static_cast<uint8_t>(1 + choice_.below(255));
    };
    switch (frame.change) {
    case WireChange::none:
    case WireChange::payload_field: return;
    case WireChange::header_field: return flip(0, packet_header_bytes);
    case WireChange::message_field:
        return flip(packet_header_bytes, packet_header_bytes + message_header_bytes);
    case WireChange::bit:
        packet_[choice_.below(size_)] ^= static_cast<uint8_t>(1u << choice_.below(8));
        return;
    case WireChange::cut:
        return set_size(packet_header_bytes + choice_.below(size_ - packet_header_bytes));
    case WireChange::grown: {
        const size_t more = 1 + choice_.below(packet_.size() - size_);
        for (size_t i = size_; i < size_ + more; ++i) {
            packet_[i] = static_cast<uint8_t>(choice_.next());
        }
        return set_size(size_ + more);
    }
    }
}

WireFrame WireFrames::next() noexcept {
    WireFrame frame;
    frame.is_reply = choice_.chance(500);
    frame.change =
        choice_.chance(500) ? WireChange::none : static_cast<WireChange>(1 + choice_.below(6));
    write_messages(frame);
    const PacketHeader header{PacketKind::plain,
                              frame.is_reply,
                              static_cast<uint16_t>(size_ - packet_header_bytes),
                              {choice_.next()},
                              choice_.next() >> 1};
    encode_packet_header(header, std::span{packet_}.first<packet_header_bytes>());
    change(frame);
    frame.packet = Bytes{packet_}.first(size_);
    return frame;
}

} // namespace grafos::test
