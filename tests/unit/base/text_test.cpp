// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.hpp"

#include "tests/testkit/test.hpp"

namespace grafos {
namespace {

TEST(TextWriter, Puts_text_numbers_and_hexadecimal_one_after_another) {
    std::array<char, 96> buffer{};
    TextWriter out{buffer};
    const std::array<uint8_t, 3> bytes{0x00, 0x9a, 0xff};
    out.put("epoch ").put(uint64_t{18446744073709551615u}).put(' ').put(uint64_t{0});
    out.put(' ').put_hex(bytes).put(' ').put_hex(0xbeef, 8);
    EXPECT_EQ(out.text(), std::string_view{"epoch 18446744073709551615 0 009aff 0000beef"});
    EXPECT_EQ(out.size(), out.text().size());
    EXPECT_FALSE(out.is_cut());
}

TEST(TextWriter, Hexadecimal_shows_the_lowest_digits_at_every_width) {
    std::array<char, 16> buffer{};
    const std::string_view all = "0123456789abcdef";
    for (unsigned digits = 1; digits <= 16; ++digits) {
        TextWriter out{buffer};
        out.put_hex(0x0123456789abcdefu, digits);
        EXPECT_EQ(out.text(), all.substr(16 - digits));
    }
    TextWriter out{buffer};
    EXPECT_ASSERTION(out.put_hex(1, 0));
    EXPECT_ASSERTION(out.put_hex(1, 17));
}

TEST(TextWriter, Cuts_at_the_end_of_the_buffer_and_remembers) {
    for (size_t room = 0; room <= 6; ++room) {
        std::array<char, 7> buffer{'#', '#', '#', '#', '#', '#', '#'};
        TextWriter out{std::span<char>{buffer}.first(room)};
        out.put("lease");
        EXPECT_EQ(out.text(), std::string_view{"lease"}.substr(0, room));
        EXPECT_EQ(out.is_cut(), room < 5);
        EXPECT_EQ(buffer[room], '#');
    }
}

TEST(TextWriter, A_cut_stays_remembered_until_it_is_cleared) {
    std::array<char, 2> buffer{};
    TextWriter out{buffer};
    out.put("abc").put("");
    EXPECT_TRUE(out.is_cut());
    out.clear();
    EXPECT_FALSE(out.is_cut());
    EXPECT_EQ(out.size(), 0u);
    EXPECT_EQ(out.put("ab").text(), std::string_view{"ab"});
    EXPECT_FALSE(out.is_cut());
}

TEST(ParseDecimal, Takes_digits_up_to_the_most_allowed) {
    EXPECT_EQ(parse_decimal("0", 0, Field::ttl).value(), 0u);
    EXPECT_EQ(parse_decimal("00042", 42, Field::ttl).value(), 42u);
    EXPECT_EQ(parse_decimal("9", 9, Field::ttl).value(), 9u);
    EXPECT_EQ(parse_decimal("18446744073709551615", UINT64_MAX, Field::ttl).value(), UINT64_MAX);
    EXPECT_EQ(parse_decimal("18446744073709551614", UINT64_MAX - 1, Field::ttl).value(),
              UINT64_MAX - 1);
}

TEST(ParseDecimal, Agrees_with_plain_counting_around_every_bound) {
    for (uint64_t most = 0; most < 130; ++most) {
        for (uint64_t value = 0; value < 140; ++value) {
            std::array<char, 8> buffer{};
            TextWriter text{buffer};
            text.put(value);
            const Result<uint64_t> parsed = parse_decimal(text.text(), most, Field::amount);
            EXPECT_EQ(parsed.is_ok(), value <= most) << value << " of " << most;
            if (parsed.is_ok()) {
                EXPECT_EQ(parsed.value(), value);
            } else {
                EXPECT_EQ(parsed.error().expected, most);
            }
        }
    }
}

TEST(ParseDecimal, Refuses_what_is_not_a_number_and_names_the_field) {
    constexpr std::string_view bad[] = {"",
                                        " 1",
                                        "1 ",
                                        "-1",
                                        "+1",
                                        "0x1",
                                        "1a",
                                        "1.0",
                                        "18446744073709551616",
                                        "99999999999999999999",
                                        "000000000000000000001",
                                        "\xff",
                                        std::string_view{"1\0", 2}};
    for (const std::string_view text : bad) {
        SCOPED_TRACE(text);
        const Result<uint64_t> parsed = parse_decimal(text, UINT64_MAX, Field::ttl);
        ASSERT_FALSE(parsed.is_ok());
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(parsed.error().field, Field::ttl);
        EXPECT_EQ(parsed.error().expected, UINT64_MAX);
    }
}

TEST(ParseDecimal, Refuses_every_character_that_is_no_digit_and_shows_it) {
    for (unsigned c = 0; c < 256; ++c) {
        const std::array<char, 2> text{'0', static_cast<char>(c)};
        const Result<uint64_t> parsed = parse_decimal({text.data(), 2}, UINT64_MAX, Field::ttl);
        EXPECT_EQ(parsed.is_ok(), c >= '0' && c <= '9') << c;
        if (!parsed.is_ok()) {
            EXPECT_EQ(parsed.error().value, c);
        }
    }
}

TEST(ParseHex, Takes_both_cases_of_every_byte) {
    constexpr std::string_view lower = "0123456789abcdef";
    constexpr std::string_view upper = "0123456789ABCDEF";
    for (size_t byte = 0; byte < 256; ++byte) {
        for (const std::string_view digits : {lower, upper}) {
            const std::array<char, 2> text{digits[byte / 16], digits[byte % 16]};
            std::array<uint8_t, 1> to{};
            EXPECT_TRUE(parse_hex({text.data(), 2}, to, Field::hex).is_ok());
            EXPECT_EQ(to[0], byte);
        }
    }
    EXPECT_TRUE(parse_hex("", {}, Field::hex).is_ok());
}

TEST(ParseHex, Refuses_every_character_that_is_no_digit_and_changes_nothing) {
    for (unsigned c = 0; c < 256; ++c) {
        const bool is_digit =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        const std::array<char, 4> text{'1', '2', '3', static_cast<char>(c)};
        std::array<uint8_t, 2> to{0xee, 0xee};
        const Result<> parsed = parse_hex({text.data(), 4}, to, Field::lease);
        EXPECT_EQ(parsed.is_ok(), is_digit);
        if (!is_digit) {
            EXPECT_TRUE((parsed.error() == Error{ErrorCode::invalid_argument, Field::lease, 3, 4}));
            EXPECT_EQ(to[0], 0xee);
            EXPECT_EQ(to[1], 0xee);
        }
    }
}

TEST(ParseHex, Refuses_every_other_length) {
    constexpr std::string_view digits = "00112233";
    for (size_t length = 0; length <= digits.size(); ++length) {
        std::array<uint8_t, 2> to{};
        const Result<> parsed = parse_hex(digits.substr(0, length), to, Field::hex);
        EXPECT_EQ(parsed.is_ok(), length == 4);
        if (!parsed.is_ok()) {
            EXPECT_EQ(parsed.error().value, length);
            EXPECT_EQ(parsed.error().expected, 4u);
        }
    }
}

TEST(PutError, Names_code_field_value_and_expectation) {
    std::array<char, 96> buffer{};
    TextWriter out{buffer};
    put_error(out, {ErrorCode::stale_epoch, Field::epoch, 3, 4});
    EXPECT_EQ(out.text(), std::string_view{"stale_epoch at epoch: got 3, expected 4"});
    out.clear();
    put_error(out, {ErrorCode::busy});
    EXPECT_EQ(out.text(), std::string_view{"busy"});
}

} // namespace
} // namespace grafos
