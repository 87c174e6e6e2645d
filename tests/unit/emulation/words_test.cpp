// SPDX-License-Identifier: Apache-2.0
#include "core/wire/list.hpp"
#include "tests/unit/emulation/puppet.hpp"

namespace grafos::emulation {

struct Nothing {
    static constexpr std::string_view name = "Nothing";
    using Reply = Number;
};
struct Everything {
    static constexpr std::string_view name = "Everything";
    using Reply = Everything;
    uint8_t a = 0;
    uint16_t b = 0;
    uint32_t c = 0;
    uint64_t d = 0;
    std::array<uint8_t, 3> e{};
    Bytes f{};
    wire::List<Number> g{};
};
struct Truth {
    static constexpr std::string_view name = "Truth";
    struct Reply {
        bool is_so = false;
    };
    bool is_it = false;
};

} // namespace grafos::emulation

namespace grafos::wire {

template <>
inline constexpr Layout layout_of<emulation::Nothing> = empty_layout;
inline constexpr FieldLayout test_everything_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Everything, a, data, any()),
    GRAFOS_WIRE_FIELD(emulation::Everything, b, data, any()),
    GRAFOS_WIRE_FIELD(emulation::Everything, c, data, any()),
    GRAFOS_WIRE_FIELD(emulation::Everything, d, data, any()),
    GRAFOS_WIRE_FIELD(emulation::Everything, e, data, any()),
    GRAFOS_WIRE_FIELD(emulation::Everything, f, data, counted(0, 12, Rule::text)),
    GRAFOS_WIRE_FIELD(emulation::Everything, g, data, listed(4, 32))};
inline constexpr FieldLayout test_truth_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Truth, is_it, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Truth> = layout<emulation::Truth>(test_truth_fields);
inline constexpr FieldLayout test_truth_reply_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Truth::Reply, is_so, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Truth::Reply> =
    layout<emulation::Truth::Reply>(test_truth_reply_fields);
template <>
inline constexpr Layout layout_of<emulation::Everything> =
    layout<emulation::Everything>(test_everything_fields);

} // namespace grafos::wire

namespace grafos::emulation {

struct WordsProtocol : Protocol<Nothing, Everything, Note, Truth> {};

namespace {

/// A message, an answer, and what they look like.
template <typename Message>
struct Encoded {
    explicit Encoded(const Message& message) {
        const auto made = wire::encode(message, bytes);
        EXPECT_TRUE(made.is_ok());
        size = made.value();
    }
    [[nodiscard]] Bytes view() const { return Bytes{bytes}.first(size); }
    std::array<uint8_t, message_bytes_max> bytes{};
    size_t size = 0;
};

TEST(EmulationWords, Names_and_fields_of_every_shape) {
    std::array<char, 200> buffer{};
    TextWriter text{buffer};
    constexpr auto words = words_of<WordsProtocol>;
    put_message(text, words[0], {});
    EXPECT_EQ(text.text(), "Nothing");
    text.clear();
    put_message(text, words[2], Encoded{Note{323}}.view());
    EXPECT_EQ(text.text(), "Note(value=323)");
    text.clear();
    const std::array<uint8_t, 24> numbers{};
    Everything all{.a = 255,
                   .b = 65'535,
                   .c = 4'294'967'295,
                   .d = UINT64_MAX,
                   .e = {1, 0xab, 0xff},
                   .f = bytes_of("two words")};
    all.g.bytes = numbers;
    all.g.count = 3;
    put_message(text, words[1], Encoded{all}.view());
    EXPECT_EQ(text.text(), "Everything(a=255, b=65535, c=4294967295, d=18446744073709551615, "
                           "e=01abff, f=two words, g=3)");
    text.clear();
    put_answer(text, words[1], Encoded{all}.view());
    EXPECT_EQ(text.text(), "(a=255, b=65535, c=4294967295, d=18446744073709551615, "
                           "e=01abff, f=two words, g=3)");
    text.clear();
    put_answer(text, words[0], Encoded{Number{7}}.view());
    EXPECT_EQ(text.text(), "7") << "a single field needs no name";
    text.clear();
    put_answer(text, words[2], {});
    EXPECT_EQ(text.text(), "") << "nobody answers a note";
}

TEST(EmulationWords, A_truth_value_reads_true_or_false) {
    for (const bool is_so : {false, true}) {
        std::array<char, 40> buffer{};
        TextWriter text{buffer};
        put_message(text, words_of<WordsProtocol>[3], Encoded{Truth{is_so}}.view());
        EXPECT_EQ(text.text(), is_so ? "Truth(is_it=true)" : "Truth(is_it=false)");
        text.clear();
        put_answer(text, words_of<WordsProtocol>[3], Encoded{Truth::Reply{is_so}}.view());
        EXPECT_EQ(text.text(), is_so ? "true" : "false");
    }
}

TEST(EmulationWords, A_payload_cut_anywhere_harms_nobody) {
    Everything all{.f = bytes_of("text")};
    const Encoded whole{all};
    for (size_t size = 0; size <= whole.size; ++size) {
        for (size_t room = 0; room < 100; room += 9) {
            std::array<char, 100> buffer{};
            TextWriter text{std::span{buffer}.first(room)};
            put_message(text, words_of<WordsProtocol>[1], whole.view().first(size));
            EXPECT_LE(text.size(), room);
        }
    }
}

TEST(EmulationWords, Messages_have_the_numbers_of_their_places) {
    EXPECT_EQ(WordsProtocol::number_of<Nothing>(), 0u);
    EXPECT_EQ(WordsProtocol::number_of<Everything>(), 1u);
    EXPECT_EQ(WordsProtocol::number_of<Note>(), 2u);
    for (uint32_t number = 0; number <= 255; ++number) {
        size_t size = 0;
        const bool is_known = WordsProtocol::visit(
            static_cast<uint8_t>(number), [&]<typename Message>() { size = Message::name.size(); });
        EXPECT_EQ(is_known, number < 4) << number;
        EXPECT_EQ(size, number < 4 ? words_of<WordsProtocol>[number].name.size() : 0);
    }
}

TEST(EmulationWords, Every_reason_of_a_loss_has_its_own_name) {
    const std::array<std::string_view, 6> names{"loss",    "cut",  "full",
                                                "stopped", "late", "corrupt"};
    for (uint8_t i = 0; i < names.size(); ++i) {
        EXPECT_EQ(name_of(static_cast<LossReason>(i)), names[i]);
    }
}

} // namespace
} // namespace grafos::emulation
