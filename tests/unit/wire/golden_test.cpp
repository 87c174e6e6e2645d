// SPDX-License-Identifier: Apache-2.0
/// The golden vectors of wire version 1, written by a second encoder: what stands in each, and that
/// the codec writes the same bytes.
#include "tests/conformance/golden/wire/v1/golden.hpp"

#include "core/base/text.hpp"
#include "core/wire/message_table.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::GoldenPayload;

struct alignas(8) Struct {
    std::array<uint8_t, 512> bytes{};
};

[[nodiscard]] uint64_t number_at(const FieldLayout& field, const uint8_t* from) {
    size_t width = 8;
    width = field.shape == Shape::u8 ? 1 : width;
    width = field.shape == Shape::u16 ? 2 : width;
    width = field.shape == Shape::u32 ? 4 : width;
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;) { // boards are little-endian
        value = (value << 8) | from[field.offset + i];
    }
    return value;
}

void spell_field(const FieldLayout& field, const uint8_t* from, TextWriter& out) {
    out.put(field.name).put('=');
    if (field.shape == Shape::fixed) {
        out.put_hex(Bytes{from + field.offset, field.size});
    } else if (field.shape == Shape::counted) {
        out.put_hex(*reinterpret_cast<const Bytes*>(from + field.offset));
    } else {
        out.put(number_at(field, from));
    }
}

/// Entries have no lists.
void spell_entry(const Layout& layout, const uint8_t* from, TextWriter& out) {
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        out.put(i == 0 ? "" : ";");
        spell_field(layout.fields[i], from, out);
    }
}

void spell_list(const FieldLayout& field, const uint8_t* from, TextWriter& out) {
    const auto& list = *reinterpret_cast<const ListBytes*>(from + field.offset);
    Bytes rest = list.bytes;
    out.put(field.name).put("=[");
    for (uint16_t i = 0; i < list.count; ++i) {
        Struct entry;
        rest = rest.subspan(detail::take_entry(*field.entry, rest, entry.bytes.data()));
        out.put(i == 0 ? "{" : ",{");
        spell_entry(*field.entry, entry.bytes.data(), out);
        out.put('}');
    }
    out.put(']');
    EXPECT_TRUE(rest.empty());
}

void spell(const Layout& layout, const uint8_t* from, TextWriter& out) {
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        out.put(i == 0 ? "" : ";");
        const FieldLayout& field = layout.fields[i];
        if (field.shape == Shape::list) {
            spell_list(field, from, out);
        } else {
            spell_field(field, from, out);
        }
    }
}

TEST(Golden, Every_vector_says_what_its_maker_meant_and_is_written_again_byte_for_byte) {
    std::array<uint8_t, payload_bytes_max> bytes{};
    std::array<uint8_t, payload_bytes_max> again{};
    std::array<char, 3 * payload_bytes_max> text{};
    for (const GoldenPayload& golden : test::golden_payloads) {
        SCOPED_TRACE(golden.type);
        const MutableBytes payload = MutableBytes{bytes}.first(golden.payload.size() / 2);
        ASSERT_TRUE(parse_hex(golden.payload, payload, Field::hex).is_ok());
        const MessageEntry* const entry = find_message(golden.type);
        ASSERT_TRUE(entry != nullptr);
        const Layout& layout = golden.is_reply ? *entry->reply : *entry->request;
        Struct made;
        const Result<size_t> decoded = detail::decode_fields(layout, payload, made.bytes.data());
        ASSERT_TRUE(decoded.is_ok()) << name_of(decoded.error().field);
        EXPECT_EQ(decoded.value(), payload.size());
        TextWriter out{text};
        spell(layout, made.bytes.data(), out);
        EXPECT_FALSE(out.is_cut());
        EXPECT_EQ(out.text(), golden.fields);
        const Result<size_t> encoded = detail::encode_fields(layout, made.bytes.data(), again);
        ASSERT_TRUE(encoded.is_ok());
        EXPECT_TRUE(is_equal(Bytes{again}.first(encoded.value()), payload));
    }
}

TEST(Golden, Every_message_has_a_request_and_a_reply_among_them) {
    size_t next = 0;
    for (const MessageEntry& entry : message_table()) {
        for (const bool is_reply : {false, true}) {
            ASSERT_LT(next, std::size(test::golden_payloads));
            EXPECT_EQ(test::golden_payloads[next].type, static_cast<uint16_t>(entry.type));
            EXPECT_EQ(test::golden_payloads[next].is_reply, is_reply);
            next += 1;
        }
    }
    EXPECT_EQ(next, std::size(test::golden_payloads));
}

/// One of them by hand, through the typed door: what a program would write.
TEST(Golden, A_program_writes_the_same_bytes) {
    std::array<uint8_t, 125> token{};
    for (size_t i = 0; i < token.size(); ++i) {
        token[i] = static_cast<uint8_t>(0x80 + i);
    }
    MemFetchAddRequest request;
    request.token = token;
    request.offset = 16;
    request.addend = 1;
    std::array<uint8_t, 256> out{};
    const Result<size_t> encoded = encode(request, out);
    ASSERT_TRUE(encoded.is_ok());
    std::array<char, 512> text{};
    TextWriter hex{text};
    hex.put_hex(Bytes{out}.first(encoded.value()));
    bool is_found = false;
    for (const GoldenPayload& golden : test::golden_payloads) {
        is_found = is_found || (golden.type == 0x0303 && golden.payload == hex.text());
    }
    EXPECT_TRUE(is_found);
}

} // namespace
} // namespace grafos::wire
