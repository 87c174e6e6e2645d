// SPDX-License-Identifier: Apache-2.0
/// What holds for every payload of the table, checked over all of them.
#include "core/wire/codec.hpp"

#include "core/wire/message_table.hpp"
#include "core/wire/tlv.hpp"
#include "tests/support/wire_frames.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::SeededChoice;
using test::WireFill;
using test::WireOverride;
using test::WirePayload;

/// Room for any of the structs.
struct alignas(8) Struct {
    std::array<uint8_t, 512> bytes{};
};

using Out = std::array<uint8_t, payload_bytes_max>;

/// Both payloads of each message, and the refusal.
template <typename Use>
void for_each_layout(const Use& use) {
    for (const MessageEntry& entry : message_table()) {
        SCOPED_TRACE(static_cast<uint32_t>(entry.type));
        use(*entry.request);
        use(*entry.reply);
    }
    use(layout_of<Refusal>);
}

[[nodiscard]] Result<size_t> decode_with(const Layout& layout, Bytes payload) {
    Struct to;
    EXPECT_LE(layout.struct_bytes, to.bytes.size());
    return detail::decode_fields(layout, payload, to.bytes.data());
}

[[nodiscard]] Error error_from(const Layout& layout, Bytes payload) {
    const Result<size_t> decoded = decode_with(layout, payload);
    return decoded.is_ok() ? Error{} : decoded.error();
}

TEST(Codec, Every_payload_comes_back_as_it_went) {
    SeededChoice choice{1};
    WirePayload payload;
    for_each_layout([&](const Layout& layout) {
        for (uint32_t round = 0; round < 60; ++round) {
            test::fill_payload(layout, static_cast<WireFill>(round % 3), choice, payload);
            EXPECT_GE(payload.size, layout.bytes_min);
            EXPECT_LE(payload.size, layout.bytes_max);
            Struct made;
            const Result<size_t> decoded =
                detail::decode_fields(layout, payload.view(), made.bytes.data());
            ASSERT_TRUE(decoded.is_ok()) << name_of(decoded.error().field);
            EXPECT_EQ(decoded.value(), payload.size);
            Out out;
            const Result<size_t> encoded = detail::encode_fields(layout, made.bytes.data(), out);
            ASSERT_TRUE(encoded.is_ok()) << name_of(encoded.error().field);
            EXPECT_TRUE(is_equal(Bytes{out}.first(encoded.value()), payload.view()));
            const Result<size_t> cut = detail::encode_fields(
                layout, made.bytes.data(), MutableBytes{out}.first(payload.size / 2));
            EXPECT_EQ(cut.is_ok(), payload.size == 0);
            EXPECT_TRUE(cut.is_ok() || (cut.error().code == ErrorCode::capacity_exceeded &&
                                        cut.error().field == Field::length));
        }
    });
}

TEST(Codec, Every_shorter_payload_is_refused) {
    SeededChoice choice{2};
    WirePayload payload;
    for_each_layout([&](const Layout& layout) {
        test::fill_payload(layout, WireFill::any, choice, payload);
        for (size_t length = 0; length < payload.size; ++length) {
            const Error error = error_from(layout, payload.view().first(length));
            EXPECT_EQ(error.code, ErrorCode::corrupt) << length;
            EXPECT_EQ(error.field, Field::length);
            EXPECT_EQ(error.value, length);
            EXPECT_GT(error.expected, length);
        }
    });
}

/// What a row says about a number, a second time and plainly; an Error{} accepts it.
[[nodiscard]] Error expected_of(const FieldLayout& field, uint64_t value) {
    const auto refuse = [&](uint64_t bound) {
        return Error{ErrorCode::invalid_argument, field.where, value, bound};
    };
    if (field.rule == Rule::zero_or_range && value == 0) {
        return {};
    }
    if (value < field.least) {
        return refuse(field.least);
    }
    if (field.most != UINT32_MAX && value > field.most) {
        return refuse(field.most);
    }
    if (field.rule == Rule::blocks && value % 512 != 0) {
        return refuse(512);
    }
    if (field.rule == Rule::aligned && value % 8 != 0) {
        return refuse(8);
    }
    const bool is_reason = value <= 10 || (value >= 16 && value <= 25);
    return field.rule == Rule::reason && !is_reason ? refuse(25) : Error{};
}

[[nodiscard]] size_t width_of(const FieldLayout& field) {
    switch (field.shape) {
    case Shape::u8: return 1;
    case Shape::u16: return 2;
    case Shape::u32: return 4;
    case Shape::u64: return 8;
    case Shape::fixed:
    case Shape::counted:
    case Shape::list: return 0;
    }
    return 0;
}

[[nodiscard]] uint64_t widest_of(size_t width) {
    return width == 8 ? UINT64_MAX : (uint64_t{1} << (8 * width)) - 1;
}

/// Every number of a layout at its bounds and beside them, at the ends of its width, and at random.
template <typename Use>
void for_each_number(const Layout& layout, SeededChoice& choice, const Use& use) {
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        const FieldLayout& field = layout.fields[i];
        const size_t width = width_of(field);
        if (width == 0) {
            continue;
        }
        const uint64_t widest = widest_of(width);
        const uint64_t values[] = {0,           1,          field.least - uint64_t{1},
                                   field.least, field.most, field.most + uint64_t{1},
                                   widest,      widest - 1, 255,
                                   8,           511,        512,
                                   11,          16,         26,
                                   258,         277,        choice.next()};
        for (const uint64_t value : values) {
            use(field, value & widest);
        }
        for (uint64_t value = 0; width == 1 && value < 256; ++value) {
            use(field, value);
        }
    }
}

TEST(Codec, Every_number_is_accepted_inside_its_bounds_and_refused_by_name_outside) {
    SeededChoice choice{3};
    WirePayload payload;
    for_each_layout([&](const Layout& layout) {
        for_each_number(layout, choice, [&](const FieldLayout& field, uint64_t value) {
            test::fill_payload(layout, WireFill::any, choice, payload, WireOverride{&field, value});
            EXPECT_TRUE(error_from(layout, payload.view()) == expected_of(field, value))
                << field.name << " = " << value;
        });
    });
}

TEST(Codec, Encoding_refuses_what_decoding_refuses) {
    SeededChoice choice{4};
    WirePayload payload;
    for_each_layout([&](const Layout& layout) {
        for_each_number(layout, choice, [&](const FieldLayout& field, uint64_t value) {
            test::fill_payload(layout, WireFill::any, choice, payload);
            Struct made;
            ASSERT_TRUE(detail::decode_fields(layout, payload.view(), made.bytes.data()).is_ok());
            for (size_t i = 0; i < width_of(field); ++i) { // boards are little-endian
                made.bytes[field.offset + i] = static_cast<uint8_t>(value >> (8 * i));
            }
            Out out;
            const Result<size_t> encoded = detail::encode_fields(layout, made.bytes.data(), out);
            const Error error = encoded.is_ok() ? Error{} : encoded.error();
            EXPECT_TRUE(error == expected_of(field, value)) << field.name << " = " << value;
        });
    });
}

TEST(Codec, Every_length_and_count_is_refused_by_name_outside_its_bounds) {
    SeededChoice choice{5};
    WirePayload payload;
    for_each_layout([&](const Layout& layout) {
        for (uint16_t i = 0; i < layout.field_count; ++i) {
            const FieldLayout& field = layout.fields[i];
            if (field.shape != Shape::counted && field.shape != Shape::list) {
                continue;
            }
            const uint64_t more = field.most + uint64_t{1};
            test::fill_payload(layout, WireFill::any, choice, payload, {&field, more});
            EXPECT_TRUE((error_from(layout, payload.view()) ==
                         Error{ErrorCode::capacity_exceeded, field.where, more, field.most}))
                << field.name;
            if (field.least > 0) {
                const uint64_t less = field.least - 1;
                test::fill_payload(layout, WireFill::any, choice, payload, {&field, less});
                EXPECT_TRUE((error_from(layout, payload.view()) ==
                             Error{ErrorCode::invalid_argument, field.where, less, field.least}))
                    << field.name;
            }
            if (field.rule == Rule::blocks) {
                test::fill_payload(layout, WireFill::any, choice, payload, {&field, 511});
                EXPECT_TRUE((error_from(layout, payload.view()) ==
                             Error{ErrorCode::invalid_argument, field.where, 511, 512}));
            }
        }
    });
}

TEST(Codec, An_all_zero_name_is_refused_where_zero_names_nothing) {
    SeededChoice choice{6};
    WirePayload payload;
    uint32_t count = 0;
    for_each_layout([&](const Layout& layout) {
        for (uint16_t i = 0; i < layout.field_count; ++i) {
            const FieldLayout& field = layout.fields[i];
            if (field.shape == Shape::fixed) {
                test::fill_payload(layout, WireFill::any, choice, payload, {&field, 0});
                const Error expected = field.rule == Rule::not_zero
                                           ? Error{ErrorCode::invalid_argument, field.where, 0, 1}
                                           : Error{};
                EXPECT_TRUE(error_from(layout, payload.view()) == expected) << field.name;
                count += field.rule == Rule::not_zero ? 1u : 0u;
            }
        }
    });
    EXPECT_GT(count, 10u);
}

TEST(Codec, Text_is_printable_ascii) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
        const uint8_t text[] = {'a', static_cast<uint8_t>(byte), 'b'};
        Out out;
        const Result<size_t> encoded = encode(CounterEntry{text, 7}, out);
        const bool is_printable = byte >= 0x20 && byte <= 0x7e;
        EXPECT_EQ(encoded.is_ok(), is_printable) << byte;
        if (!is_printable) {
            EXPECT_TRUE(
                (encoded.error() == Error{ErrorCode::invalid_argument, Field::name, byte, 0x7e}));
        }
    }
}

TEST(Codec, Whatever_tlvs_follow_are_skipped_if_they_are_whole) {
    SeededChoice choice{7};
    WirePayload payload;
    for_each_layout([&](const Layout& layout) {
        test::fill_payload(layout, WireFill::least, choice, payload);
        const size_t fields = payload.size;
        TlvWriter writer{MutableBytes{payload.bytes}.subspan(fields)};
        ASSERT_TRUE(writer.put(0xee, {}).is_ok());
        ASSERT_TRUE(writer.put(0x07, bytes_of("unknown")).is_ok());
        const size_t tlvs = writer.written().size();
        for (size_t length = 0; length <= tlvs; ++length) {
            const Bytes cut = Bytes{payload.bytes}.first(fields + length);
            const Result<size_t> decoded = decode_with(layout, cut);
            const bool is_whole = length == 0 || length == 3 || length == tlvs;
            EXPECT_EQ(decoded.is_ok(), is_whole) << length;
            if (!is_whole) {
                EXPECT_EQ(decoded.error().code, ErrorCode::corrupt);
                EXPECT_EQ(decoded.error().field, Field::tlv);
            } else {
                EXPECT_EQ(decoded.value(), fields);
            }
        }
    });
}

TEST(Codec, No_more_tlvs_than_there_is_room_for) {
    std::array<uint8_t, 200> payload{};
    TlvWriter writer{payload};
    std::array<uint8_t, payload_tlv_bytes_max - 3> value{};
    ASSERT_TRUE(writer.put(9, value).is_ok());
    EXPECT_TRUE(decode<GetIdentityRequest>(writer.written()).is_ok());
    const Result<Bytes> tlvs = tlvs_of<GetIdentityRequest>(writer.written());
    ASSERT_TRUE(tlvs.is_ok());
    EXPECT_EQ(tlvs.value().size(), payload_tlv_bytes_max);
    ASSERT_TRUE(writer.put(9, {}).is_ok());
    const Result<GetIdentityRequest> refused = decode<GetIdentityRequest>(writer.written());
    ASSERT_FALSE(refused.is_ok());
    EXPECT_TRUE((refused.error() ==
                 Error{ErrorCode::capacity_exceeded, Field::tlv, payload_tlv_bytes_max + 3, 128}));
}

/// Bytes that a member takes in its struct.
[[nodiscard]] size_t member_bytes(const FieldLayout& field) {
    switch (field.shape) {
    case Shape::fixed: return field.size;
    case Shape::counted: return sizeof(Bytes);
    case Shape::list: return sizeof(ListBytes);
    case Shape::u8:
    case Shape::u16:
    case Shape::u32:
    case Shape::u64: break;
    }
    return width_of(field);
}

TEST(Codec, Every_member_has_exactly_one_row_in_the_order_of_the_struct) {
    for_each_layout([](const Layout& layout) {
        size_t end = 0;
        for (uint16_t i = 0; i < layout.field_count; ++i) {
            const FieldLayout& field = layout.fields[i];
            const size_t width = field.shape == Shape::fixed ? 1 : member_bytes(field);
            const size_t align = width > 8 ? 8 : width;
            EXPECT_EQ(field.offset, (end + align - 1) / align * align) << field.name;
            end = field.offset + member_bytes(field);
            EXPECT_TRUE(field.entry == nullptr || field.shape == Shape::list);
        }
        EXPECT_LT(layout.struct_bytes - end, 8u) << "a member behind the last row";
    });
}

TEST(Codec, A_list_holds_as_many_entries_as_fit_and_is_walked_in_order) {
    std::array<uint8_t, 36 * 3 + 35> buffer{};
    ListBuilder<InventoryEntry> builder{buffer};
    for (uint64_t i = 0; i < 4; ++i) {
        InventoryEntry entry;
        entry.kind = lease::ResourceKind::memory;
        entry.capacity = 100 + i;
        const Result<> put = builder.put(entry);
        EXPECT_EQ(put.is_ok(), i < 3);
    }
    InventoryEntry wrong;
    EXPECT_EQ(builder.put(wrong).error().field, Field::kind)
        << "an entry is checked when it is put";
    Out out;
    const Result<size_t> encoded = encode(GetInventoryReply{builder.list()}, out);
    ASSERT_TRUE(encoded.is_ok());
    EXPECT_EQ(encoded.value(), 2u + 3 * 36);
    const Result<GetInventoryReply> decoded =
        decode<GetInventoryReply>(Bytes{out}.first(encoded.value()));
    ASSERT_TRUE(decoded.is_ok());
    EXPECT_EQ(decoded.value().resources.size(), 3u);
    uint64_t count = 0;
    for (const InventoryEntry& entry : decoded.value().resources) {
        EXPECT_EQ(entry.capacity, 100 + count);
        count += 1;
    }
    EXPECT_EQ(count, 3u);
    EXPECT_TRUE(List<InventoryEntry>{}.is_empty());
    EXPECT_FALSE(List<InventoryEntry>{}.begin() != List<InventoryEntry>{}.end());
}

TEST(Codec, The_entries_of_a_list_are_bounded_together) {
    SeededChoice choice{8};
    std::array<uint8_t, payload_bytes_max> buffer{};
    std::array<uint8_t, limits::commit_bytes_max> data{};
    ListBuilder<CommitEntry> builder{buffer};
    ASSERT_TRUE(builder.put({0, data}).is_ok());
    ASSERT_TRUE(builder.put({1, Bytes{data}.first(85)}).is_ok());
    std::array<uint8_t, lease::token_bytes_min> token{};
    MemCommitRequest request;
    request.token = token;
    request.nonce = {1};
    request.extents = builder.list();
    Out out;
    const Result<size_t> refused = encode(request, out);
    ASSERT_FALSE(refused.is_ok());
    EXPECT_TRUE((refused.error() == Error{ErrorCode::capacity_exceeded, Field::length, 1005, 992}));
}

TEST(Codec, A_refusal_says_what_went_wrong_even_to_an_older_peer) {
    const Error error{ErrorCode::denied, Field::role, 3, 4};
    Out out;
    const Result<size_t> encoded = encode(refusal_of(error), out);
    ASSERT_TRUE(encoded.is_ok());
    EXPECT_EQ(encoded.value(), 20u);
    const Result<Refusal> decoded = decode<Refusal>(Bytes{out}.first(20));
    ASSERT_TRUE(decoded.is_ok());
    EXPECT_TRUE(error_of(decoded.value()) == error);
    store_big_endian<uint16_t>(out.data() + 2, static_cast<uint16_t>(field_last) + 1);
    const Error unknown = error_of(decode<Refusal>(Bytes{out}.first(20)).value());
    EXPECT_TRUE((unknown == Error{ErrorCode::denied, Field::none, 3, 4}));
    for (const uint16_t code : {uint16_t{0}, uint16_t{22}, uint16_t{0xffff}}) {
        store_big_endian<uint16_t>(out.data(), code);
        EXPECT_FALSE(decode<Refusal>(Bytes{out}.first(20)).is_ok()) << code;
    }
}

} // namespace
} // namespace grafos::wire
