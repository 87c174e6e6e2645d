// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/request_window.hpp"

#include "tests/support/seeded_entropy.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

constexpr auto write_type = static_cast<uint16_t>(MessageType::mem_fetch_add);
constexpr auto read_type = static_cast<uint16_t>(MessageType::mem_read);

class RequestWindowTest : public ::testing::Test {
protected:
    RequestWindowTest() noexcept { window.start(slots); }

    [[nodiscard]] static MessageView ask(uint64_t request, uint64_t floor,
                                         uint16_t type = write_type) noexcept {
        return {.type = type, .request = {request}, .open = static_cast<uint16_t>(request - floor)};
    }
    Arrival arrive(uint64_t request, uint64_t floor) noexcept {
        return window.arrive(ask(request, floor), true);
    }
    void answer(uint64_t request, RequestState state = RequestState::kept) noexcept {
        RequestSlot* slot = window.executing({request});
        ASSERT_TRUE(slot != nullptr);
        slot->state = state;
    }

    std::array<RequestSlot, 4> slots{};
    RequestWindow window{};
};

TEST_F(RequestWindowTest, Goes_through_the_life_of_a_request) {
    EXPECT_EQ(arrive(1, 1), Arrival::fresh);
    EXPECT_EQ(arrive(1, 1), Arrival::fresh); // until it is begun
    window.begin(ask(1, 1), true);
    EXPECT_EQ(window.executing_count(), 1u);
    EXPECT_EQ(arrive(1, 1), Arrival::executing);
    answer(1);
    EXPECT_EQ(arrive(1, 1), Arrival::answered);
    EXPECT_EQ(arrive(1, 1), Arrival::answered);
    EXPECT_TRUE(window.executing({1}) == nullptr);
    EXPECT_EQ(arrive(2, 2), Arrival::fresh); // the client knows the answer to 1
    EXPECT_EQ(arrive(1, 1), Arrival::below_floor);
}

TEST_F(RequestWindowTest, Executes_reads_again_and_keeps_nothing_of_them) {
    const MessageView read = ask(1, 1, read_type);
    ASSERT_EQ(window.arrive(read, false), Arrival::fresh);
    window.begin(read, false);
    EXPECT_EQ(window.arrive(read, false), Arrival::executing);
    answer(1, RequestState::read);
    EXPECT_EQ(window.arrive(read, false), Arrival::again);
    window.begin(read, false);
    EXPECT_EQ(window.arrive(read, false), Arrival::executing);
    EXPECT_EQ(window.arrive(ask(1, 1), true), Arrival::contradicting);
    EXPECT_EQ(window.arrive(ask(1, 1, write_type + 1), true), Arrival::contradicting);
}

TEST_F(RequestWindowTest, Takes_no_more_than_its_window) {
    for (uint64_t request = 1; request <= 4; ++request) {
        ASSERT_EQ(arrive(request, 1), Arrival::fresh);
        window.begin(ask(request, 1), true);
    }
    EXPECT_EQ(arrive(5, 1), Arrival::beyond_window);
    EXPECT_EQ(arrive(UINT64_MAX, 1), Arrival::beyond_window);
    EXPECT_EQ(arrive(3, 0), Arrival::beyond_window); // numbers begin at 1
    EXPECT_EQ(window.floor(), 1u);
    answer(1);
    answer(2);
    EXPECT_EQ(arrive(5, 3), Arrival::fresh);
    EXPECT_EQ(window.floor(), 3u);
    EXPECT_EQ(arrive(2, 1), Arrival::below_floor);
    EXPECT_EQ(arrive(3, 3), Arrival::executing);
}

TEST_F(RequestWindowTest, Raises_its_floor_and_never_lowers_it) {
    EXPECT_EQ(arrive(10, 9), Arrival::fresh);
    EXPECT_EQ(window.floor(), 9u);
    EXPECT_EQ(arrive(10, 8), Arrival::fresh);
    EXPECT_EQ(window.floor(), 9u);
    EXPECT_EQ(arrive(8, 8), Arrival::below_floor);
    EXPECT_EQ(arrive(12, 9), Arrival::fresh);
    EXPECT_EQ(arrive(UINT64_MAX, UINT64_MAX - 3), Arrival::fresh);
    EXPECT_EQ(window.floor(), UINT64_MAX - 3);
    window.begin(ask(UINT64_MAX, UINT64_MAX), true);
    EXPECT_EQ(arrive(UINT64_MAX, UINT64_MAX), Arrival::executing);
}

TEST_F(RequestWindowTest, Lets_go_of_a_request_its_client_gave_up) {
    ASSERT_EQ(arrive(1, 1), Arrival::fresh);
    window.begin(ask(1, 1), true);
    ASSERT_EQ(arrive(2, 2), Arrival::fresh);
    EXPECT_TRUE(window.executing({1}) == nullptr); // its answer is nobody's
    EXPECT_EQ(window.executing_count(), 0u);
    ASSERT_EQ(arrive(5, 2), Arrival::fresh); // and its slot is another's
    window.begin(ask(5, 2), true);
    EXPECT_TRUE(window.executing({5}) != nullptr);
    EXPECT_TRUE(window.executing({1}) == nullptr);
}

TEST_F(RequestWindowTest, Begins_each_number_once_for_all_patterns_of_five_arrivals) {
    // Two requests; each of five arrivals is one of them, saying one of the floors its client may
    // say, before or after an answer: 4^5 · 2^5 patterns. Nothing is begun twice.
    struct Copy {
        uint64_t request;
        uint64_t floor;
    };
    constexpr Copy copies[] = {{1, 1}, {2, 1}, {2, 2}, {3, 2}};
    for (uint32_t pattern = 0; pattern < 1'024; ++pattern) {
        for (uint32_t answers = 0; answers < 32; ++answers) {
            window.start(slots);
            uint32_t begun[4] = {};
            bool is_answered[4] = {};
            uint64_t told = 1; // the highest floor any arrival has said
            for (uint32_t i = 0; i < 5; ++i) {
                const Copy& copy = copies[(pattern >> (2 * i)) & 3u];
                told = copy.floor > told ? copy.floor : told;
                const Arrival arrival = arrive(copy.request, copy.floor);
                if (copy.request < told) {
                    ASSERT_EQ(arrival, Arrival::below_floor);
                    continue;
                }
                if (arrival == Arrival::fresh) {
                    window.begin(ask(copy.request, copy.floor), true);
                    begun[copy.request] += 1;
                } else {
                    ASSERT_EQ(arrival,
                              is_answered[copy.request] ? Arrival::answered : Arrival::executing);
                }
                ASSERT_EQ(begun[copy.request], 1u) << pattern << " " << answers;
                if (((answers >> i) & 1u) != 0 && !is_answered[copy.request]) {
                    answer(copy.request);
                    is_answered[copy.request] = true;
                }
            }
        }
    }
}

TEST_F(RequestWindowTest, Agrees_with_a_model_over_random_arrivals) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        test::SeededChoice choice{seed};
        window.start(slots);
        static std::array<uint8_t, 4'096> begun;
        begun = {};
        uint64_t floor = 1;
        for (int i = 0; i < 4'000; ++i) {
            const uint64_t request = floor + choice.below(8);
            const uint64_t said = choice.chance(300) ? request : floor;
            const Arrival arrival =
                request - said < 4 ? arrive(request, said) : Arrival::beyond_window;
            floor = request - said < 4 && said > floor ? said : floor;
            ASSERT_EQ(window.floor(), floor);
            if (arrival == Arrival::fresh) {
                window.begin(ask(request, said), true);
                begun[request] += 1;
                ASSERT_EQ(begun[request], 1u);
            } else if (arrival == Arrival::executing && choice.chance(500)) {
                answer(request);
            }
            if (floor > 4'000) {
                break;
            }
        }
    }
}

TEST_F(RequestWindowTest, Wants_a_power_of_two_of_slots) {
    std::array<RequestSlot, 3> three{};
    EXPECT_ASSERTION(window.start(three));
    EXPECT_ASSERTION(window.start({}));
    RequestWindow nothing;
    EXPECT_TRUE(nothing.executing({1}) == nullptr);
}

} // namespace
} // namespace grafos::wire
