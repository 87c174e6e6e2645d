// SPDX-License-Identifier: Apache-2.0
#include "boards/common/shared_console.hpp"

#include <algorithm>
#include <array>

#include "tests/support/memory_console.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using board::SharedConsole;

class SharedConsoleTest : public ::testing::Test {
protected:
    [[nodiscard]] size_t console_says(std::string_view text) noexcept {
        return shared_.write(bytes_of(text));
    }

    std::array<uint8_t, 20 * 1024> transcript_{};
    MemoryConsole port_{transcript_};
    SharedConsole shared_{port_};
};

TEST_F(SharedConsoleTest, A_line_leaves_whole_with_its_prefix) {
    EXPECT_TRUE(shared_.print_line("one"));
    EXPECT_TRUE(shared_.print_line(""));
    shared_.print_notice("program=x ended");
    EXPECT_TRUE(shared_.wants_turn());
    EXPECT_EQ(port_.transcript(), "");
    shared_.drain();
    EXPECT_EQ(port_.transcript(), "| one\r\n| \r\ngrafos program=x ended\r\n");
    EXPECT_FALSE(shared_.wants_turn());
}

TEST_F(SharedConsoleTest, The_console_is_not_cut_in_the_middle_of_a_line) {
    EXPECT_EQ(console_says("half of "), 8u);
    EXPECT_TRUE(shared_.print_line("later"));
    shared_.drain();
    EXPECT_FALSE(shared_.wants_turn()); // it is the console that has to go on
    EXPECT_EQ(console_says("a line\r\n"), 8u);
    EXPECT_TRUE(shared_.wants_turn());
    shared_.drain();
    EXPECT_EQ(port_.transcript(), "half of a line\r\n| later\r\n");
}

/// However much the line takes at once, each of both comes whole, and the console comes first.
TEST_F(SharedConsoleTest, Neither_cuts_the_other_however_slow_the_line_is) {
    constexpr std::string_view answer = "ok 12\r\n";
    for (size_t most = 1; most < 24; ++most) {
        SCOPED_TRACE(most);
        port_.clear();
        port_.set_write_most(most);
        EXPECT_TRUE(shared_.print_line("first"));
        EXPECT_TRUE(shared_.print_line("second"));
        shared_.drain(); // a piece of it is out
        size_t told = 0;
        for (int turn = 0; turn < 60; ++turn) {
            told += console_says(answer.substr(told));
            shared_.drain();
        }
        const bool is_after_first =
            port_.transcript() == "| first\r\nok 12\r\n| second\r\n" && most < 18;
        const bool is_after_both = port_.transcript() == "| first\r\n| second\r\nok 12\r\n";
        EXPECT_TRUE(is_after_first || is_after_both) << port_.transcript();
    }
}

/// A program that prints without end does not keep the operator from being answered.
TEST_F(SharedConsoleTest, The_console_waits_for_the_rest_of_one_line_at_most) {
    constexpr std::string_view line = "0123456789"; // 14 bytes as it leaves
    constexpr std::string_view answer = "ok 12\r\n";
    for (size_t most = 1; most < 24; ++most) {
        SCOPED_TRACE(most);
        port_.clear();
        port_.set_write_most(most);
        size_t told = 0;
        size_t turns = 0;
        for (; told < answer.size() && turns < 60; ++turns) {
            while (shared_.print_line(line)) {}
            told += console_says(answer.substr(told));
            shared_.drain();
        }
        EXPECT_LE(turns, (14 + answer.size()) / most + 2);
    }
}

TEST_F(SharedConsoleTest, A_full_ring_loses_whole_lines_and_says_how_many) {
    port_.set_write_most(0);
    uint64_t kept = 0;
    for (int i = 0; i < 4000; ++i) {
        kept += shared_.print_line("0123456789") ? 1u : 0u;
    }
    EXPECT_EQ(kept, (SharedConsole::ring_bytes - SharedConsole::notice_bytes) / 14);
    EXPECT_EQ(shared_.lost_lines(), 4000 - kept);
    shared_.print_notice("program=x ended"); // there is room for it
    EXPECT_EQ(console_says("ok\r\n"), 0u);
    port_.set_write_most(SIZE_MAX);
    shared_.drain();
    EXPECT_TRUE(shared_.wants_turn()); // to say it, if nobody prints any more
    shared_.drain();
    EXPECT_TRUE(shared_.print_line("after"));
    shared_.drain();
    std::array<char, 80> buffer;
    TextWriter end{buffer};
    end.put("| 0123456789\r\ngrafos program=x ended\r\ngrafos program_lines_lost=");
    end.put(4000 - kept).put("\r\n| after\r\n");
    EXPECT_TRUE(port_.transcript().ends_with(end.text()));
    EXPECT_EQ(port_.transcript().size(), kept * 14 + end.size() - 14);
    EXPECT_EQ(shared_.lost_lines(), 4000 - kept); // it only rises
}

/// The ring goes round many times at every alignment, and no byte of it is lost or doubled.
TEST_F(SharedConsoleTest, The_ring_goes_round) {
    std::array<char, 300> text;
    text.fill('x');
    for (size_t i = 0; i < 2000; ++i) {
        const size_t length = i % text.size();
        ASSERT_TRUE(shared_.print_line({text.data(), length}));
        port_.clear();
        shared_.drain();
        ASSERT_EQ(port_.transcript().size(), std::min(length, SharedConsole::line_bytes_max) + 4);
        ASSERT_TRUE(port_.transcript().starts_with("| "));
        ASSERT_TRUE(port_.transcript().ends_with("\r\n"));
    }
}

TEST_F(SharedConsoleTest, Reads_are_the_lines_own) {
    port_.type("off\n");
    std::array<uint8_t, 8> input{};
    EXPECT_EQ(shared_.read(input), 4u);
    EXPECT_EQ(text_of(Bytes{input}.first(4)), "off\n");
}

} // namespace
} // namespace grafos::test
