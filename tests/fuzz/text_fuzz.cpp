// SPDX-License-Identifier: Apache-2.0
/// The parsers of core/base: decimal and hexadecimal text, and the byte reader. Whatever is
/// accepted must print back to what was read; whatever is refused names the field it was asked for.
#include <array>

#include "core/base/text.hpp"

namespace grafos {
namespace {

void must(bool condition) {
    GRAFOS_ASSERT(condition);
}

void parse_number(std::string_view text, uint64_t most) {
    const Result<uint64_t> parsed = parse_decimal(text, most, Field::amount);
    if (!parsed.is_ok()) {
        must(parsed.error().code == ErrorCode::invalid_argument);
        must(parsed.error().field == Field::amount && parsed.error().expected == most);
        return;
    }
    must(parsed.value() <= most);
    std::array<char, 20> buffer{};
    TextWriter out{buffer};
    out.put(parsed.value());
    const size_t zeroes = text.size() - out.size();
    must(text.substr(zeroes) == out.text());
    must(text.substr(0, zeroes).find_first_not_of('0') == std::string_view::npos);
}

void parse_digits(std::string_view text) {
    std::array<uint8_t, 64> bytes{};
    const size_t size = text.size() / 2 < bytes.size() ? text.size() / 2 : bytes.size();
    const MutableBytes to = MutableBytes{bytes}.first(size);
    if (parse_hex(text, to, Field::hex).is_ok()) {
        std::array<char, 128> buffer{};
        TextWriter out{buffer};
        out.put_hex(to);
        must(out.size() == text.size());
        for (size_t i = 0; i < text.size(); ++i) {
            must((text[i] | 0x20) == (out.text()[i] | 0x20));
        }
    } else {
        must(is_all_zero(bytes));
    }
}

// The bytes are a program: each says what to take next.
void read_fields(Bytes program) {
    ByteReader reader{program};
    while (reader.is_ok() && reader.left() > 0) {
        const size_t before = reader.left();
        switch (reader.take<uint8_t>() % 6) {
        case 0: static_cast<void>(reader.take<uint8_t>()); break;
        case 1: static_cast<void>(reader.take<uint16_t>()); break;
        case 2: static_cast<void>(reader.take<uint32_t>()); break;
        case 3: static_cast<void>(reader.take<uint64_t>()); break;
        case 4: static_cast<void>(reader.take_counted(before)); break;
        case 5: static_cast<void>(reader.take_array<7>()); break;
        }
        must(reader.offset() + reader.left() == program.size());
        must(reader.left() < before);
    }
}

} // namespace
} // namespace grafos

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const grafos::Bytes input{data, size};
    grafos::parse_number(grafos::text_of(input), UINT64_MAX);
    grafos::parse_number(grafos::text_of(input), 300'000);
    grafos::parse_digits(grafos::text_of(input));
    grafos::read_fields(input);
    return 0;
}
