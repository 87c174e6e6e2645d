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
        EXPECT_TRUE(arguments.program.is_empty());
        EXPECT_FALSE(arguments.help);
        EXPECT_FALSE(arguments.address.has_value());
        EXPECT_EQ(arguments.netmask, 0xffffff00u);
        EXPECT_EQ(arguments.gateway, 0x0a000202u);
        EXPECT_EQ(arguments.peer_count, 0u);
    }
}

TEST(Arguments, Takes_every_key) {
    Arguments arguments;
    ASSERT_FALSE(
        parse_arguments("name=alpha seed=18446744073709551615 mode=scenario "
                        "operations=1 restarts=0 filter=Lease start_time=4294967000 "
                        "unix_ms=1700000000000 --console=terminal disk=/tmp/a.img "
                        "--disk_bytes=65536 memory_bytes=4096 extra=x=y program=ec-counter "
                        "help",
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
    EXPECT_TRUE(arguments.program.view() == "ec-counter");
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
        {"program=a/b", "argument program: got \"a/b\", expected 1 to 32 of a-z A-Z 0-9 - _ ."},
        {"name=a name=b", "argument name: got \"b\", expected each key once"},
        {"word", "argument word: got \"\", expected key=value"},
        {"=x",
         "argument : got \"x\", expected name, seed, mode, operations, restarts, filter, "
         "start_time, unix_ms, console, disk, disk_bytes, memory_bytes, extra, program, address, "
         "netmask, gateway, peer or help"},
        {"address=10.0.2.15",
         "argument address: got \"10.0.2.15\", expected A.B.C.D:PORT in decimal"},
        {"address=10.0.2.256:1",
         "argument address: got \"10.0.2.256:1\", expected A.B.C.D:PORT in decimal"},
        {"netmask=255.0.255.0",
         "argument netmask: got \"255.0.255.0\", expected A.B.C.D, ones before zeroes, from "
         "128.0.0.0 to 255.255.255.252"},
        {"gateway=router", "argument gateway: got \"router\", expected A.B.C.D in decimal"},
        {"gateway=1.2.3.4 gateway=1.2.3.4",
         "argument gateway: got \"1.2.3.4\", expected each key once"},
        {"peer=", "argument peer: got \"\", expected at most 16 peers of 1 to 255 printable "
                  "characters"},
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

TEST(Arguments, Takes_where_the_machine_stands_in_its_network) {
    Arguments arguments;
    ASSERT_FALSE(parse_arguments("address=192.168.7.9:65535 netmask=255.255.240.0 "
                                 "gateway=0.0.0.0",
                                 arguments)
                     .has_value());
    EXPECT_TRUE((arguments.address == hal::DatagramAddress{0xc0a80709, 65'535}));
    EXPECT_EQ(arguments.netmask, 0xfffff000u);
    EXPECT_EQ(arguments.gateway, 0u);
}

TEST(Arguments, A_netmask_is_ones_before_zeroes_with_room_for_two_machines) {
    for (unsigned ones = 0; ones <= 32; ++ones) {
        const uint32_t mask = ones == 0 ? 0 : 0xffffffffu << (32 - ones);
        std::array<char, 64> buffer;
        TextWriter text{buffer};
        text.put("netmask=").put(uint64_t{mask >> 24}).put('.');
        text.put(uint64_t{(mask >> 16) & 255}).put('.');
        text.put(uint64_t{(mask >> 8) & 255}).put('.').put(uint64_t{mask & 255});
        Arguments arguments;
        const bool is_taken = !parse_arguments(text.text(), arguments).has_value();
        EXPECT_EQ(is_taken, ones >= 1 && ones <= 30) << ones;
    }
}

TEST(Arguments, Peers_are_kept_as_they_were_given_and_bounded) {
    std::array<std::string_view, argument_peers_max + 1> words;
    words.fill("peer=beta,key=00ff,at=10.0.2.2:7001,roles=a+b");
    words[3] = "--peer=x";
    Arguments arguments;
    ASSERT_FALSE(
        parse_arguments(std::span{words}.first(argument_peers_max), arguments).has_value());
    EXPECT_EQ(arguments.peer_count, argument_peers_max);
    EXPECT_TRUE(arguments.peers[0].view() == "beta,key=00ff,at=10.0.2.2:7001,roles=a+b");
    EXPECT_TRUE(arguments.peers[3].view() == "x");
    const auto problem = parse_arguments(std::span{words}, arguments);
    ASSERT_TRUE(problem.has_value());
    EXPECT_TRUE(problem->key == "peer");
}

TEST(Arguments, Help_has_a_line_for_each_key) {
    std::array<char, 4096> buffer;
    TextWriter text{buffer};
    put_arguments_help(text);
    EXPECT_FALSE(text.is_cut());
    for (const std::string_view key :
         {"name=", "seed=", "unix_ms=", "extra=", "program=", "address=", "peer="}) {
        EXPECT_TRUE(text.text().find(key) != std::string_view::npos);
    }
}

} // namespace
} // namespace grafos::test
