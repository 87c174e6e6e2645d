// SPDX-License-Identifier: Apache-2.0
#include "core/wire/fragment.hpp"

#include <algorithm>

#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

namespace flag = message_flags;

constexpr uint64_t sender = 77;

class FragmentTest : public ::testing::Test {
protected:
    FragmentTest() {
        for (size_t i = 0; i < payload_.size(); ++i) {
            payload_[i] = static_cast<uint8_t>(i * 7 + i / 256);
        }
    }

    [[nodiscard]] MessageView whole(size_t size, uint64_t request = 5) {
        MessageView message;
        message.type = 0x0501;
        message.flags = flag::reply;
        message.request = {request};
        message.payload = Bytes{payload_}.first(size);
        return message;
    }
    /// The bytes from `begin` to `end` of a message of `total`.
    [[nodiscard]] MessageView piece(size_t begin, size_t end, size_t total, uint64_t request = 5) {
        MessageView message = whole(total, request);
        message.payload = message.payload.subspan(begin, end - begin);
        message.fragment = Fragment{static_cast<uint32_t>(begin), static_cast<uint32_t>(total)};
        message.flags |= flag::frag_v2 | (end == total ? flag::final : flag::continued);
        return message;
    }
    [[nodiscard]] bool is_pending(const MessageView& message) {
        const auto added = reassembler_.add(sender, message, now_);
        return added.is_ok() && !added.value().has_value();
    }
    /// Size of the whole payload if `message` completed it, and it is right.
    [[nodiscard]] size_t completes(const MessageView& message) {
        const auto added = reassembler_.add(sender, message, now_);
        if (!added.is_ok() || !added.value().has_value()) {
            return SIZE_MAX;
        }
        const MessageView& made = *added.value();
        EXPECT_EQ(made.type, message.type);
        EXPECT_EQ(made.flags, flag::reply | flag::frag_v2);
        EXPECT_EQ(made.request.value, message.request.value);
        EXPECT_TRUE((made.fragment == Fragment{0, static_cast<uint32_t>(made.payload.size())}));
        EXPECT_TRUE(is_equal(made.payload, Bytes{payload_}.first(made.payload.size())));
        return made.payload.size();
    }
    [[nodiscard]] Error refused(const MessageView& message) {
        const auto added = reassembler_.add(sender, message, now_);
        return added.is_ok() ? Error{} : added.error();
    }

    Instant now_ = test::start_time();
    std::array<uint8_t, payload_bytes_max + 8> payload_{};
    ReassemblerOf<3> reassembler_{};
};

TEST_F(FragmentTest, A_payload_of_every_size_is_cut_and_put_together_again) {
    for (size_t size = 0; size <= 200; ++size) {
        for (const size_t room : {size_t{24 + 13}, size_t{24 + 40}, size_t{24 + 300}}) {
            size_t offset = 0;
            size_t made = SIZE_MAX;
            do {
                const Result<MessageView> cut = piece_of(whole(size), offset, room);
                ASSERT_TRUE(cut.is_ok());
                EXPECT_LE(MessageWriter::bytes_of(cut.value()), room);
                offset = piece_end(cut.value());
                if (offset == size) {
                    made = completes(cut.value());
                } else {
                    EXPECT_TRUE(is_pending(cut.value()));
                }
            } while (offset < size);
            EXPECT_EQ(made, size) << room;
            EXPECT_EQ(reassembler_.in_use(), 0u);
        }
    }
}

TEST_F(FragmentTest, The_largest_payload_goes_and_one_byte_more_does_not) {
    size_t offset = 0;
    size_t made = 0;
    while (offset < payload_bytes_max) {
        const MessageView cut = piece_of(whole(payload_bytes_max), offset, 1360).value();
        offset = piece_end(cut);
        made = offset < payload_bytes_max ? (is_pending(cut) ? 0 : 1) : completes(cut);
    }
    EXPECT_EQ(made, payload_bytes_max);
    constexpr Error expected{ErrorCode::capacity_exceeded, Field::length, 4097, 4096};
    EXPECT_TRUE(piece_of(whole(payload_bytes_max + 1), 0, 1360).error() == expected);
    EXPECT_TRUE(refused(piece(0, 10, payload_bytes_max + 1)) == expected);
    EXPECT_EQ(reassembler_.in_use(), 0u);
    EXPECT_EQ(reassembler_.figures().refused, 1u);
}

TEST_F(FragmentTest, A_piece_needs_room_for_its_head_and_a_byte) {
    for (size_t room = 0; room < 25; ++room) {
        EXPECT_TRUE((piece_of(whole(9), 0, room).error() ==
                     Error{ErrorCode::capacity_exceeded, Field::length, 25, room}));
    }
    EXPECT_EQ(piece_of(whole(9), 0, 25).value().payload.size(), 1u);
    EXPECT_TRUE(piece_of(whole(0), 0, 24).is_ok()) << "an empty whole needs none";
    MessageView traced = whole(9);
    traced.trace = TraceParent{};
    EXPECT_FALSE(piece_of(traced, 0, 24 + 26).is_ok());
    EXPECT_TRUE(piece_of(traced, 0, 25 + 26).is_ok());
}

TEST_F(FragmentTest, Pieces_may_come_in_any_order) {
    constexpr size_t cuts[] = {0, 10, 30, 60, 100};
    uint32_t order[] = {0, 1, 2, 3};
    do {
        for (uint32_t i = 0; i < 4; ++i) {
            const MessageView next = piece(cuts[order[i]], cuts[order[i] + 1], 100);
            if (i < 3) {
                ASSERT_TRUE(is_pending(next));
            } else {
                ASSERT_EQ(completes(next), 100u);
            }
        }
    } while (std::next_permutation(std::begin(order), std::end(order)));
    EXPECT_EQ(reassembler_.figures().completed, 24u);
}

TEST_F(FragmentTest, A_whole_in_one_piece_takes_no_place) {
    for (uint64_t i = 0; i < 4; ++i) {
        EXPECT_TRUE(is_pending(piece(0, 1, 9, 100 + i)) == (i < 2));
    }
    EXPECT_EQ(completes(piece(0, 50, 50, 1)), 50u);
    EXPECT_EQ(completes(piece(0, 0, 0, 2)), 0u);
    EXPECT_EQ(reassembler_.in_use(), 2u);
}

TEST_F(FragmentTest, A_piece_that_comes_again_is_ignored) {
    EXPECT_TRUE(is_pending(piece(0, 40, 90)));
    EXPECT_TRUE(is_pending(piece(0, 40, 90)));
    EXPECT_TRUE(is_pending(piece(60, 90, 90)));
    EXPECT_TRUE(is_pending(piece(60, 90, 90)));
    EXPECT_EQ(completes(piece(40, 60, 90)), 90u);
    EXPECT_EQ(reassembler_.figures().repeated, 2u);
}

TEST_F(FragmentTest, The_same_place_with_other_bytes_ends_the_whole) {
    EXPECT_TRUE(is_pending(piece(0, 40, 90)));
    payload_[12] ^= 1;
    EXPECT_EQ(refused(piece(0, 40, 90)).field, Field::fragment);
    EXPECT_EQ(reassembler_.in_use(), 0u);
}

TEST_F(FragmentTest, Every_overlap_ends_the_whole) {
    for (size_t begin = 0; begin < 30; ++begin) {
        for (size_t end = begin + 1; end <= 30; ++end) {
            ASSERT_TRUE(is_pending(piece(10, 20, 30)));
            const MessageView second = piece(begin, end, 30);
            const bool is_repeat = begin == 10 && end == 20;
            const bool is_apart = end <= 10 || begin >= 20;
            if (is_repeat || is_apart) {
                EXPECT_TRUE(is_pending(second)) << begin << " " << end;
                EXPECT_EQ(reassembler_.in_use(), 1u);
                reassembler_.forget(sender);
            } else if (begin == 0 && end == 30) {
                EXPECT_EQ(refused(second).field, Field::fragment) << "the whole over a piece";
            } else {
                EXPECT_TRUE((refused(second) ==
                             Error{ErrorCode::invalid_argument, Field::fragment, begin, 10}));
            }
            EXPECT_EQ(reassembler_.in_use(), 0u);
        }
    }
}

TEST_F(FragmentTest, Pieces_that_contradict_one_another_end_the_whole) {
    for (uint32_t i = 0; i < 6; ++i) {
        ASSERT_TRUE(is_pending(piece(0, 10, 30)));
        MessageView second = piece(10, 20, i == 0 ? 40 : 30);
        second.type = i == 1 ? 0x0500 : second.type;
        second.flags = static_cast<uint8_t>(second.flags | (i == 2 ? flag::warned : 0));
        second.flags = static_cast<uint8_t>(second.flags & (i == 3 ? ~flag::reply : 0xff));
        second.status = i == 4 ? 9 : 0;
        second.trace = i == 5 ? std::optional{TraceParent{}} : std::nullopt;
        EXPECT_EQ(refused(second).field, Field::fragment) << i;
        EXPECT_EQ(reassembler_.in_use(), 0u);
    }
    EXPECT_EQ(reassembler_.figures().contradicted, 6u);
}

TEST_F(FragmentTest, The_lowest_open_of_all_pieces_counts) {
    MessageView first = piece(0, 10, 20);
    first.flags = flag::frag_v2 | flag::continued;
    first.open = 9;
    MessageView second = piece(10, 20, 20);
    second.flags = flag::frag_v2 | flag::final;
    second.open = 4;
    EXPECT_TRUE(is_pending(first));
    const auto added = reassembler_.add(sender, second, now_);
    ASSERT_TRUE(added.is_ok() && added.value().has_value());
    EXPECT_EQ(added.value()->open, 4);
    EXPECT_EQ(added.value()->flags, flag::frag_v2);
}

TEST_F(FragmentTest, There_are_only_so_many_pieces) {
    for (size_t i = 0; i < fragments_max; ++i) {
        EXPECT_TRUE(is_pending(piece(i, i + 1, 100)));
    }
    EXPECT_TRUE((refused(piece(50, 51, 100)) ==
                 Error{ErrorCode::capacity_exceeded, Field::fragment, 17, 16}));
    EXPECT_EQ(reassembler_.in_use(), 0u);
}

TEST_F(FragmentTest, Places_are_few_and_nobody_takes_anothers) {
    constexpr Error full{ErrorCode::capacity_exceeded, Field::slot, 1, 0};
    EXPECT_TRUE(is_pending(piece(0, 10, 30, 1)));
    EXPECT_TRUE(is_pending(piece(0, 10, 30, 2)));
    EXPECT_TRUE(refused(piece(0, 10, 30, 3)) == full) << "two a sender";
    EXPECT_TRUE(reassembler_.add(78, piece(0, 10, 30, 1), now_).is_ok());
    const auto fourth = reassembler_.add(79, piece(0, 10, 30, 1), now_);
    ASSERT_FALSE(fourth.is_ok());
    EXPECT_TRUE(fourth.error() == full) << "three in all";
    EXPECT_EQ(completes(piece(10, 30, 30, 2)), 30u) << "the others go on";
    EXPECT_TRUE(is_pending(piece(0, 10, 30, 3)));
    reassembler_.forget(sender);
    EXPECT_EQ(reassembler_.in_use(), 1u);
}

TEST_F(FragmentTest, What_stays_incomplete_is_given_up_in_time) {
    EXPECT_EQ(reassembler_.next_deadline(), Instant::never());
    EXPECT_TRUE(is_pending(piece(0, 10, 30, 1)));
    now_.ms += 500;
    EXPECT_TRUE(is_pending(piece(0, 10, 30, 2)));
    const Instant first{test::start_time().ms + 2'000};
    EXPECT_EQ(reassembler_.next_deadline(), first);
    reassembler_.tick({first.ms - 1});
    EXPECT_EQ(reassembler_.in_use(), 2u);
    reassembler_.tick(first);
    EXPECT_EQ(reassembler_.in_use(), 1u);
    EXPECT_EQ(reassembler_.next_deadline(), Instant{first.ms + 500});
    reassembler_.tick({first.ms + 500});
    EXPECT_EQ(reassembler_.in_use(), 0u);
    EXPECT_EQ(reassembler_.figures().timed_out, 2u);
}

} // namespace
} // namespace grafos::wire
