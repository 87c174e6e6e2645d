// SPDX-License-Identifier: Apache-2.0
#include "core/base/ipv4.hpp"

#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

TEST(Ipv4, Parses_what_it_prints_for_every_value_of_every_part) {
    for (unsigned part = 0; part < 4; ++part) {
        for (uint32_t value = 0; value < 256; ++value) {
            const uint32_t address = 0x0a00020fu ^ (value << (8 * part));
            std::array<char, 15> buffer;
            TextWriter text{buffer};
            put_ipv4(text, address);
            ASSERT_FALSE(text.is_cut());
            const Result<uint32_t> parsed = parse_ipv4(text.text(), Field::argument);
            ASSERT_TRUE(parsed.is_ok());
            EXPECT_EQ(parsed.value(), address);
        }
    }
}

TEST(Ipv4, The_first_number_is_the_highest_byte) {
    const Result<uint32_t> parsed = parse_ipv4("10.0.2.15", Field::argument);
    ASSERT_TRUE(parsed.is_ok());
    EXPECT_EQ(parsed.value(), 0x0a00020fu);
}

TEST(Ipv4, Refuses_everything_but_four_plain_numbers) {
    for (const std::string_view text : {"",          ".",          "...",
                                        "1.2.3",     "1.2.3.",     ".1.2.3",
                                        "1..2.3",    "1.2.3.4.5",  "1.2.3.4.",
                                        "256.1.1.1", "1.1.1.256",  "01.2.3.4",
                                        "1.2.3.04",  "1.2.3.4 ",   " 1.2.3.4",
                                        "1.2.3.x",   "-1.2.3.4",   "0x1.2.3.4",
                                        "1.2.3.4:5", "1111.2.3.4", "255.255.255.2555"}) {
        const Result<uint32_t> parsed = parse_ipv4(text, Field::argument);
        ASSERT_FALSE(parsed.is_ok()) << text;
        EXPECT_TRUE(parsed.error().code == ErrorCode::invalid_argument);
        EXPECT_TRUE(parsed.error().field == Field::argument);
    }
}

TEST(Ipv4, Takes_a_port_from_0_to_65535) {
    const Result<Ipv4Port> least = parse_ipv4_port("127.0.0.1:0", Field::address);
    ASSERT_TRUE(least.is_ok());
    EXPECT_EQ(least.value().ipv4, 0x7f000001u);
    EXPECT_EQ(least.value().port, 0u);
    const Result<Ipv4Port> most = parse_ipv4_port("0.0.0.0:65535", Field::address);
    ASSERT_TRUE(most.is_ok());
    EXPECT_EQ(most.value().port, 65'535u);
    for (const std::string_view text : {"1.2.3.4", "1.2.3.4:", ":7000", "1.2.3.4:65536",
                                        "1.2.3.4:07", "1.2.3.4:7:7", "1.2.3:7", "1.2.3.4:-7"}) {
        EXPECT_FALSE(parse_ipv4_port(text, Field::address).is_ok()) << text;
    }
}

} // namespace
} // namespace grafos::test
