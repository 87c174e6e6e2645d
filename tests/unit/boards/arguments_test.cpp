// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/arguments/arguments.hpp"

#include <algorithm>
#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using namespace grafos::board;

/// The line of text a person would see, or empty.
std::string_view problem_of(std::string_view line, std::span<char> buffer) noexcept {
    Arguments arguments;
    TextWriter text{buffer};
    const auto problem = parse_arguments(line, arguments);
    if (problem.has_value()) {
        put_problem(text, *problem);
    }
    return text.text();
}

TEST(Arguments, Nothing_given_means_all_defaults) {
    for (const std::string_view line : {"", "   ", "\r\n\t "}) {
        Arguments arguments;
        EXPECT_FALSE(parse_arguments(line, arguments).has_value());
        EXPECT_TRUE(arguments.name.view() == "node");
        EXPECT_EQ(arguments.seed, 1u);
        EXPECT_TRUE(arguments.mode == Mode::node);
        EXPECT_EQ(arguments.operations, 10'000u);
        EXPECT_EQ(arguments.restarts, 2u);
        EXPECT_FALSE(arguments.unix_ms.has_value());
        EXPECT_EQ(arguments.start_time.ms, 0u);
        EXPECT_TRUE(arguments.disk.is_empty());
        EXPECT_FALSE(arguments.help);
    }
}

TEST(Arguments, Takes_every_key) {
    Arguments arguments;
    ASSERT_FALSE(parse_arguments("name=alpha seed=18446744073709551615 mode=scenario "
                                 "operations=1 restarts=0 filter=Lease start_time=4294967000 "
                                 "unix_ms=1700000000000 --console=terminal disk=/tmp/a.img "
                                 "--disk_bytes=65536 memory_bytes=4096 extra=x=y help",
                                 arguments)
                     .has_value());
    EXPECT_TRUE(arguments.name.view() == "alpha");
    EXPECT_EQ(arguments.seed, UINT64_MAX);
    EXPECT_TRUE(arguments.mode == Mode::scenario);
    EXPECT_EQ(arguments.operations, 1u);
    EXPECT_EQ(arguments.restarts, 0u);
    EXPECT_TRUE(arguments.filter.view() == "Lease");
    EXPECT_EQ(arguments.start_time.ms, 4'294'967'000u);
    EXPECT_EQ(arguments.unix_ms.value_or(UnixMillis{}).ms, 1'700'000'000'000u);
    EXPECT_TRUE(arguments.console == ConsoleMode::terminal);
    EXPECT_TRUE(arguments.disk.view() == "/tmp/a.img");
    EXPECT_EQ(arguments.disk.bytes[10], '\0');
    EXPECT_EQ(arguments.disk_bytes, 65'536u);
    EXPECT_EQ(arguments.memory_bytes, 4'096u);
    EXPECT_TRUE(arguments.extra.view() == "x=y");
    EXPECT_TRUE(arguments.help);
}

TEST(Arguments, Refusals_name_key_value_and_what_was_expected) {
    struct Case {
        std::string_view line;
        std::string_view text;
    };
    constexpr Case cases[] = {
        {"mode=fast", "argument mode: got \"fast\", expected node, scenario, test or bench"},
        {"seed=", "argument seed: got \"\", expected a decimal number below 2^64"},
        {"seed=-1", "argument seed: got \"-1\", expected a decimal number below 2^64"},
        {"seed=18446744073709551616",
         "argument seed: got \"18446744073709551616\", expected a decimal number below 2^64"},
        {"operations=0", "argument operations: got \"0\", expected a decimal number from 1 to "
                         "1000000000"},
        {"name=a/b", "argument name: got \"a/b\", expected 1 to 32 of a-z A-Z 0-9 - _ ."},
        {"name=a name=b", "argument name: got \"b\", expected each key once"},
        {"word", "argument word: got \"\", expected key=value"},
        {"=x", "argument : got \"x\", expected name, seed, mode, operations, restarts, filter, "
               "start_time, unix_ms, console, disk, disk_bytes, memory_bytes, extra or help"},
        {"filter=\x7f", "argument filter: got \"?\", expected 1 to 255 printable characters"},
    };
    for (const Case& c : cases) {
        std::array<char, 400> buffer;
        EXPECT_EQ(problem_of(c.line, buffer), c.text);
    }
}

TEST(Arguments, A_refusal_changes_nothing) {
    Arguments arguments;
    ASSERT_FALSE(parse_arguments("name=before seed=5", arguments).has_value());
    EXPECT_TRUE(parse_arguments("name=after seed=6 mode=never", arguments).has_value());
    EXPECT_TRUE(arguments.name.view() == "before");
    EXPECT_EQ(arguments.seed, 5u);
}

TEST(Arguments, Bounds_hold_at_their_borders) {
    std::array<char, arguments_bytes_max + 1> line{};
    line.fill(' ');
    Arguments arguments;
    EXPECT_FALSE(parse_arguments({line.data(), arguments_bytes_max}, arguments).has_value());
    EXPECT_TRUE(parse_arguments({line.data(), arguments_bytes_max + 1}, arguments).has_value());

    std::array<std::string_view, arguments_count_max + 1> words;
    words.fill("help");
    EXPECT_FALSE(
        parse_arguments(std::span{words}.first(arguments_count_max), arguments).has_value());
    EXPECT_TRUE(parse_arguments(std::span{words}, arguments).has_value());

    std::array<char, 7 + argument_text_bytes_max + 1> text;
    text.fill('x');
    constexpr std::string_view key = "filter=";
    std::copy(key.begin(), key.end(), text.begin());
    EXPECT_FALSE(
        parse_arguments(std::string_view{text.data(), text.size() - 1}, arguments).has_value());
    EXPECT_EQ(arguments.filter.size, argument_text_bytes_max);
    EXPECT_TRUE(parse_arguments(std::string_view{text.data(), text.size()}, arguments).has_value());
}

TEST(Arguments, Any_single_byte_in_any_place_is_answered) {
    constexpr std::string_view good = "name=a seed=1 mode=node";
    std::array<char, 64> line{};
    std::array<char, 400> buffer;
    for (size_t at = 0; at < good.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::copy(good.begin(), good.end(), line.begin());
            line[at] = static_cast<char>(byte);
            Arguments arguments;
            const auto problem =
                parse_arguments(std::string_view{line.data(), good.size()}, arguments);
            if (problem.has_value()) {
                TextWriter text{buffer};
                put_problem(text, *problem);
                EXPECT_GT(text.size(), 0u);
                EXPECT_TRUE(arguments.name.is_empty()); // nothing applied
            }
        }
    }
}

TEST(Arguments, Help_has_a_line_for_each_key) {
    std::array<char, 4096> buffer;
    TextWriter text{buffer};
    put_arguments_help(text);
    EXPECT_FALSE(text.is_cut());
    for (const std::string_view key : {"name=", "seed=", "unix_ms=", "extra="}) {
        EXPECT_TRUE(text.text().find(key) != std::string_view::npos);
    }
}

} // namespace
} // namespace grafos::test
