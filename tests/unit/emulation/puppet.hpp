// SPDX-License-Identifier: Apache-2.0
/// One kind of actor that does what a test tells it to, and a stage with as many as are wanted.
///
/// `stage.pull(number)` hands a puppet a message from nowhere; what it does then is a function of
/// the test's (`puppet.on_pull`). What every puppet saw stands in `seen`, what observers saw in
/// `stage.journal`.
#pragma once

#include "examples/emulation/actor.hpp"
#include "examples/emulation/network.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/emulation/journal.hpp"

namespace grafos::emulation {

struct Number {
    uint64_t value = 0;
    friend bool operator==(const Number&, const Number&) = default;
};
struct Pull {
    static constexpr std::string_view name = "Pull";
    uint64_t value = 0;
};
struct Note {
    static constexpr std::string_view name = "Note";
    uint64_t value = 0;
};
struct Add {
    static constexpr std::string_view name = "Add";
    using Reply = Number;
    uint64_t value = 0;
};
struct Say {
    static constexpr std::string_view name = "Say";
    Bytes text{};
};
struct PuppetProtocol;
struct Meet {
    static constexpr std::string_view name = "Meet";
    Address<PuppetProtocol> whom{};
};

} // namespace grafos::emulation

namespace grafos::wire {

inline constexpr FieldLayout test_number_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Number, value, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Number> =
    layout<emulation::Number>(test_number_fields);
inline constexpr FieldLayout test_pull_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Pull, value, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Pull> = layout<emulation::Pull>(test_pull_fields);
inline constexpr FieldLayout test_note_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Note, value, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Note> = layout<emulation::Note>(test_note_fields);
inline constexpr FieldLayout test_add_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Add, value, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Add> = layout<emulation::Add>(test_add_fields);
inline constexpr FieldLayout test_say_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Say, text, data, counted(0, 40))};
template <>
inline constexpr Layout layout_of<emulation::Say> = layout<emulation::Say>(test_say_fields);
inline constexpr FieldLayout test_meet_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Meet, whom, slot, any())};
template <>
inline constexpr Layout layout_of<emulation::Meet> = layout<emulation::Meet>(test_meet_fields);

} // namespace grafos::wire

namespace grafos::emulation {

struct PuppetProtocol : Protocol<Pull, Note, Add, Say, Meet> {};
using PuppetAddress = Address<PuppetProtocol>;

class Puppet final : public Actor<Puppet, PuppetProtocol> {
public:
    using Context = emulation::Context<Puppet>;
    enum class What : uint8_t { pull, note, add, say, meet, answer, refusal };
    struct Seen {
        What what = What::pull;
        uint64_t value = 0; ///< the refusal's code
        Instant at{};
    };
    static constexpr size_t seen_max = 64;

    void on(Context& context, const Pull& pull) noexcept {
        note(context, What::pull, pull.value);
        if (on_pull != nullptr) {
            on_pull(*this, context);
        }
    }
    void on(Context& context, const Note& told) noexcept {
        note(context, What::note, told.value);
        if (on_note != nullptr) {
            on_note(*this, context);
        }
    }
    void on(Context& context, const Add& add, const Asked<Number>& asked) noexcept {
        note(context, What::add, add.value);
        if (on_add != nullptr) {
            kept = asked;
            on_add(*this, context);
        } else {
            context.reply(asked, Number{add.value + 1});
        }
    }
    void on(Context& context, const Say& say) noexcept {
        note(context, What::say, say.text.size());
    }
    void on(Context& context, const Meet& meet) noexcept {
        note(context, What::meet, 0);
        peer = meet.whom;
    }
    void on(Context& context, const Answer<Add>& answer) noexcept {
        if (answer.result.is_ok()) {
            note(context, What::answer, answer.result.value().value);
        } else {
            last_error = answer.result.error();
            note(context, What::refusal, static_cast<uint64_t>(last_error.code));
        }
        if (on_answer != nullptr) {
            on_answer(*this, context);
        }
    }
    void note(Context& context, What what, uint64_t value) noexcept {
        GRAFOS_ASSERT(count < seen_max);
        seen[count] = {what, value, context.now()};
        count += 1;
    }

    using Act = void (*)(Puppet&, Context&) noexcept;
    Act on_pull = nullptr;
    Act on_note = nullptr;
    Act on_add = nullptr;
    Act on_answer = nullptr;
    PuppetAddress peer{};
    Asked<Number> kept{};
    Duration patience = call_patience;
    Error last_error{ErrorCode::busy};
    std::array<Seen, seen_max> seen{};
    size_t count = 0;
};

/// Calls its peer, with the number of what it saw before.
inline void ask_peer(Puppet& puppet, Puppet::Context& context) noexcept {
    context.call(puppet.peer, Add{puppet.count}, puppet.patience);
}
inline void note_to_peer(Puppet& puppet, Puppet::Context& context) noexcept {
    context.send(puppet.peer, Note{puppet.count});
}
inline void do_nothing(Puppet&, Puppet::Context&) noexcept {}

template <size_t puppets, SystemLimits limits = SystemLimits{.actors_max = 8, .letters_max = 32}>
class Stage {
public:
    static constexpr std::array<std::string_view, 6> names{"anna",  "bert", "cara",
                                                           "dario", "ella", "finn"};

    explicit Stage(uint64_t seed = 1, Weather* weather = nullptr,
                   uint16_t mailbox_max = mailbox_default)
        : system{seed} {
        system.set_weather(weather);
        system.add(journal);
        static_cast<void>(system.tick(begin));
        for (size_t i = 0; i < puppets; ++i) {
            const auto started =
                system.start(puppet[i], names[i], System::StartOptions{mailbox_max});
            EXPECT_TRUE(started.is_ok());
            address[i] = started.value();
        }
    }

    /// A message from nowhere, so that nothing of it crosses the net.
    void pull(size_t number, uint64_t value = 0) { EXPECT_TRUE(try_pull(number, value).is_ok()); }
    [[nodiscard]] Result<> try_pull(size_t number, uint64_t value = 0) {
        std::array<uint8_t, 8> bytes{};
        store_big_endian(bytes.data(), value);
        return system.take_in(number, 0, bytes, std::nullopt);
    }
    /// Everything due until so long after the begin.
    void run_until(Duration end) {
        const Instant last = at(end);
        for (size_t i = 0; system.next_deadline() <= last; ++i) {
            ASSERT_LT(i, 100'000u) << "it never ends";
            static_cast<void>(system.tick(system.next_deadline()));
        }
        static_cast<void>(system.tick(last));
    }
    [[nodiscard]] Instant at(Duration after) const { return saturating_add(begin, after); }

    const Instant begin = test::start_time();
    SystemOf<limits> system;
    Journal journal{};
    std::array<Puppet, puppets> puppet{};
    std::array<PuppetAddress, puppets> address{};
};

} // namespace grafos::emulation
