// SPDX-License-Identifier: Apache-2.0
#include "core/wire/message.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

namespace flag = message_flags;

using Body = std::array<uint8_t, 128>;

constexpr uint8_t payload_bytes[] = {0xa1, 0xa2, 0xa3};

[[nodiscard]] TraceParent trace() {
    TraceParent parent;
    for (uint8_t i = 0; i < 16; ++i) {
        parent.trace_id[i] = static_cast<uint8_t>(0x10 + i);
    }
    for (uint8_t i = 0; i < 8; ++i) {
        parent.span_id[i] = static_cast<uint8_t>(0x30 + i);
    }
    parent.flags = 1;
    return parent;
}

[[nodiscard]] MessageView message_of(uint8_t flags, bool is_traced = false) {
    MessageView message;
    message.type = 0x0203;
    message.flags = flags;
    message.request = {0x0102030405060708};
    ((flags & flag::reply) != 0 ? message.status : message.open) = 0x0b0c;
    message.payload = payload_bytes;
    if (is_traced) {
        message.flags |= flag::traced;
        message.trace = trace();
    }
    return message;
}

[[nodiscard]] bool is_same(const MessageView& a, const MessageView& b) {
    return a.type == b.type && a.flags == b.flags && a.request == b.request && a.open == b.open &&
           a.status == b.status && a.trace == b.trace && a.fragment == b.fragment &&
           is_equal(a.payload, b.payload);
}

[[nodiscard]] size_t write(const MessageView& message, Body& body) {
    MessageWriter writer{body};
    EXPECT_TRUE(writer.put(message).is_ok());
    return writer.size();
}

[[nodiscard]] Error refusal_of(Bytes bytes) {
    const Bytes before = bytes;
    const Result<MessageView> taken = take_message(bytes);
    EXPECT_EQ(bytes.size() == before.size(), !taken.is_ok()) << "nothing is taken on a failure";
    return taken.is_ok() ? Error{} : taken.error();
}

/// Every kind of message: traced or not, a whole, a piece or the last piece, either direction.
template <typename Use>
void for_each_kind(const Use& use) {
    for (uint32_t i = 0; i < 12; ++i) {
        const auto reply = static_cast<uint8_t>((i & 1u) != 0 ? flag::reply : 0);
        MessageView message = message_of(reply, (i & 2u) != 0);
        if (i / 4 == 1) {
            message.flags |= flag::frag_v2 | flag::continued;
            message.fragment = Fragment{16, 400};
        }
        if (i / 4 == 2) {
            message.flags |= flag::frag_v2 | flag::final;
            message.fragment = Fragment{397, 400};
        }
        use(message);
    }
}

TEST(Message, Every_kind_comes_back_as_it_went) {
    for_each_kind([](const MessageView& message) {
        Body body{};
        const size_t size = write(message, body);
        EXPECT_EQ(size, MessageWriter::bytes_of(message));
        Bytes from = Bytes{body}.first(size);
        const Result<MessageView> taken = take_message(from);
        ASSERT_TRUE(taken.is_ok());
        EXPECT_TRUE(is_same(taken.value(), message));
        EXPECT_TRUE(from.empty());
    });
}

TEST(Message, Fields_stand_big_endian_in_their_places) {
    MessageView message = message_of(flag::reply | flag::warned, true);
    message.flags |= flag::frag_v2 | flag::continued;
    message.fragment = Fragment{0x00000102, 0x00030405};
    Body body{};
    const size_t size = write(message, body);
    const uint8_t expected[] = {2,    3,    0x3b, 0,    1,    2,    3,    4,    5,    6,    7,
                                8,    0x0b, 0x0c, 0,    3,    0,    0x10, 0x11, 0x12, 0x13, 0x14,
                                0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
                                0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 1,    0,    0,
                                1,    2,    0,    3,    4,    5,    0xa1, 0xa2, 0xa3};
    EXPECT_TRUE(is_equal(Bytes{body}.first(size), expected));
}

TEST(Message, A_packet_carries_as_many_as_fit_and_hands_them_out_in_order) {
    Body body{};
    MessageWriter writer{body};
    EXPECT_TRUE(writer.is_empty());
    uint64_t count = 0;
    for (;; ++count) {
        MessageView message = message_of(0);
        message.request = {count + 1};
        const Result<> put = writer.put(message);
        if (!put.is_ok()) {
            EXPECT_TRUE(
                (put.error() == Error{ErrorCode::capacity_exceeded, Field::length, 19, 128 % 19}));
            break;
        }
    }
    EXPECT_EQ(count, 128 / 19);
    EXPECT_EQ(writer.size(), count * 19);
    Bytes from = Bytes{body}.first(writer.size());
    for (uint64_t i = 1; i <= count; ++i) {
        const Result<MessageView> taken = take_message(from);
        ASSERT_TRUE(taken.is_ok());
        EXPECT_EQ(taken.value().request.value, i);
    }
    EXPECT_TRUE(from.empty());
}

TEST(Message, Every_shorter_length_is_refused_with_what_was_wanted) {
    for_each_kind([](const MessageView& message) {
        Body body{};
        const size_t size = write(message, body);
        for (size_t length = 0; length < size; ++length) {
            const size_t wanted = length < message_header_bytes ? message_header_bytes : size;
            EXPECT_TRUE((refusal_of(Bytes{body}.first(length)) ==
                         Error{ErrorCode::corrupt, Field::length, length, wanted}));
        }
    });
}

/// What flags may stand together, said a second time.
[[nodiscard]] bool is_allowed(uint32_t flags) {
    const bool is_piece = (flags & flag::frag_v2) != 0;
    const uint32_t ends = flags & (flag::continued | flag::final);
    if ((flags & 0xC0u) != 0 || ((flags & flag::warned) != 0 && (flags & flag::reply) == 0)) {
        return false;
    }
    return is_piece ? ends == flag::continued || ends == flag::final : ends == 0;
}

TEST(Message, Of_all_flags_only_those_that_make_sense_together_are_taken) {
    for (uint32_t flags = 0; flags < 256; ++flags) {
        Body body{};
        MessageView message = message_of(0);
        message.payload = {};
        (void)write(message, body);
        body[2] = static_cast<uint8_t>(flags);
        const size_t size = message_header_bytes +
                            ((flags & flag::traced) != 0 ? traceparent_bytes : 0) +
                            ((flags & flag::frag_v2) != 0 ? fragment_header_bytes : 0);
        const Error error = refusal_of(Bytes{body}.first(size));
        if (!is_allowed(flags)) {
            EXPECT_TRUE((error == Error{ErrorCode::invalid_argument, Field::flags, flags, 0x3f}));
        } else if ((flags & flag::continued) != 0) {
            EXPECT_EQ(error.field, Field::flags) << "an empty whole is final";
        } else {
            EXPECT_TRUE(error == Error{}) << flags;
        }
    }
}

TEST(Message, A_reserved_byte_a_request_zero_and_a_newer_trace_are_refused) {
    Body body{};
    const size_t size = write(message_of(0, true), body);
    for (uint32_t value = 1; value < 256; ++value) {
        body[3] = static_cast<uint8_t>(value);
        EXPECT_TRUE((refusal_of(Bytes{body}.first(size)) ==
                     Error{ErrorCode::invalid_argument, Field::padding, value, 0}));
    }
    body[3] = 0;
    for (uint32_t version = 1; version < 256; ++version) {
        body[16] = static_cast<uint8_t>(version);
        EXPECT_TRUE((refusal_of(Bytes{body}.first(size)) ==
                     Error{ErrorCode::unsupported_version, Field::version, version, 0}));
    }
    body[16] = 0;
    zero_bytes(MutableBytes{body}.subspan(4, 8));
    EXPECT_TRUE((refusal_of(Bytes{body}.first(size)) ==
                 Error{ErrorCode::invalid_argument, Field::request, 0, 1}));
}

TEST(Message, A_piece_lies_inside_its_whole_and_is_final_exactly_at_its_end) {
    for (uint32_t total = 0; total < 9; ++total) {
        for (uint32_t offset = 0; offset < 9; ++offset) {
            for (uint32_t is_final = 0; is_final < 2; ++is_final) {
                Body body{};
                MessageView message = message_of(0);
                message.flags = flag::frag_v2 | flag::final;
                message.fragment = Fragment{0, 3};
                const size_t size = write(message, body);
                body[2] = static_cast<uint8_t>(flag::frag_v2 |
                                               (is_final != 0 ? flag::final : flag::continued));
                store_big_endian<uint32_t>(body.data() + 16, offset);
                store_big_endian<uint32_t>(body.data() + 20, total);
                const Error error = refusal_of(Bytes{body}.first(size));
                if (offset + 3 > total) {
                    EXPECT_TRUE((error == Error{ErrorCode::invalid_argument, Field::fragment,
                                                offset + 3, total}));
                } else if ((offset + 3 == total) != (is_final != 0)) {
                    EXPECT_EQ(error.field, Field::flags);
                } else {
                    EXPECT_TRUE(error == Error{});
                }
            }
        }
    }
    Body body{};
    MessageView message = message_of(0);
    message.flags = flag::frag_v2 | flag::final;
    message.fragment = Fragment{0, 3};
    const size_t size = write(message, body);
    store_big_endian<uint32_t>(body.data() + 16, UINT32_MAX - 1);
    EXPECT_EQ(refusal_of(Bytes{body}.first(size)).field, Field::fragment) << "a sum past 32 bits";
}

TEST(Message, An_empty_piece_is_one_only_of_an_empty_whole) {
    Body body{};
    MessageView message = message_of(0);
    message.payload = {};
    message.flags = flag::frag_v2 | flag::final;
    message.fragment = Fragment{0, 0};
    const size_t size = write(message, body);
    EXPECT_TRUE(refusal_of(Bytes{body}.first(size)) == Error{});
    body[23] = 5;
    body[2] = flag::frag_v2 | flag::continued;
    EXPECT_EQ(refusal_of(Bytes{body}.first(size)).field, Field::fragment);
}

TEST(Message, A_message_that_does_not_fit_changes_nothing) {
    const MessageView message = message_of(0, true);
    const size_t wanted = MessageWriter::bytes_of(message);
    for (size_t room = 0; room < wanted; ++room) {
        Body body{};
        MessageWriter writer{MutableBytes{body}.first(room)};
        const Result<> put = writer.put(message);
        ASSERT_FALSE(put.is_ok());
        EXPECT_TRUE(
            (put.error() == Error{ErrorCode::capacity_exceeded, Field::length, wanted, room}));
        EXPECT_TRUE(writer.is_empty());
        EXPECT_TRUE(is_all_zero(body));
    }
}

TEST(Message, Writing_what_nobody_would_take_is_a_broken_program) {
    Body body{};
    MessageWriter writer{body};
    EXPECT_ASSERTION(writer.put(message_of(flag::warned)));
    EXPECT_ASSERTION(writer.put(message_of(flag::signed_by)));
    EXPECT_ASSERTION(writer.put(message_of(flag::final)));
    MessageView message = message_of(0);
    message.request = {0};
    EXPECT_ASSERTION(writer.put(message));
    message = message_of(flag::final);
    message.fragment = Fragment{1, 100};
    EXPECT_ASSERTION(writer.put(message));
}

} // namespace
} // namespace grafos::wire
