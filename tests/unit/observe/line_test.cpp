// SPDX-License-Identifier: Apache-2.0
#include "core/observe/line.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::observe {
namespace {

TEST(Line, Is_a_noun_and_its_fields) {
    char text[128];
    TextWriter out{text};
    const std::array<uint8_t, 3> bytes{0x00, 0xab, 0x7f};
    out.put("lease");
    put_field(out, "epoch", uint64_t{18});
    put_field(out, "kind", "memory");
    put_field(out, "ref", Bytes{bytes});
    put_field(out, "empty", "");
    EXPECT_EQ(out.text(), std::string_view{"lease epoch=18 kind=memory ref=00ab7f empty="});
    EXPECT_FALSE(out.is_cut());
}

TEST(Line, No_byte_of_a_text_can_break_the_line_or_forge_a_field) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        char text[32];
        TextWriter out{text};
        const char value[] = {'a', static_cast<char>(byte), 'b'};
        out.put('n');
        put_field(out, "k", std::string_view{value, 3});
        const char expected = byte > 0x20 && byte < 0x7f ? static_cast<char>(byte) : '_';
        ASSERT_EQ(out.size(), 7u);
        EXPECT_EQ(out.text()[5], expected) << byte;
    }
}

TEST(Line, What_does_not_fit_is_cut_and_said) {
    char text[8];
    TextWriter out{text};
    out.put("lease");
    put_field(out, "epoch", uint64_t{18});
    EXPECT_EQ(out.text(), std::string_view{"lease ep"});
    EXPECT_TRUE(out.is_cut());
}

TEST(Line, A_field_has_a_key) {
    char text[8];
    TextWriter out{text};
    EXPECT_ASSERTION(put_field(out, "", uint64_t{1}));
}

} // namespace
} // namespace grafos::observe
