// SPDX-License-Identifier: Apache-2.0
/// An observer that keeps what it is told: the events themselves, and a digest over all of them.
#pragma once

#include "examples/emulation/observer.hpp"

namespace grafos::emulation {

class Journal final : public Observer {
public:
    enum class What : uint8_t { line, sent, arrived, lost, timed_out, shown, stopped };
    struct Event {
        What what = What::line;
        Instant at{};
        uint64_t order = 0; ///< of the letter; the value of what is shown
        ActorNumber from = ActorNumber::nobody;
        ActorNumber to = ActorNumber::nobody;
        LetterKind kind = LetterKind::message;
        LossReason reason = LossReason::loss;
        Instant arrives{};
        uint64_t copy_of = 0;
        bool is_timer = false;
    };
    static constexpr size_t events_max = 192;

    void on_line(Instant now, const ActorView& actor, const Rule& rule,
                 std::string_view text) noexcept override {
        last_size = text.size() < last_line.size() ? text.size() : last_line.size();
        copy_bytes({reinterpret_cast<uint8_t*>(last_line.data()), last_size},
                   bytes_of(text.substr(0, last_size)));
        digest(bytes_of(text));
        digest(bytes_of(rule.name));
        add({.what = What::line, .at = now, .from = actor.number});
    }
    void on_sent(Instant now, const Letter& letter, const MessageWord& word,
                 Instant arrives) noexcept override {
        digest(letter.view());
        digest(bytes_of(word.name));
        Event event = event_of(What::sent, now, letter);
        event.arrives = arrives;
        add(event);
    }
    void on_arrived(Instant now, const Letter& letter) noexcept override {
        add(event_of(What::arrived, now, letter));
    }
    void on_lost(Instant now, const Letter& letter, LossReason reason) noexcept override {
        Event event = event_of(What::lost, now, letter);
        event.reason = reason;
        add(event);
    }
    void on_timed_out(Instant now, const ActorView& actor, uint64_t order) noexcept override {
        add({.what = What::timed_out, .at = now, .order = order, .from = actor.number});
    }
    void on_shown(Instant now, const ActorView& actor, std::string_view name,
                  uint64_t value) noexcept override {
        digest(bytes_of(name));
        add({.what = What::shown, .at = now, .order = value, .from = actor.number});
    }
    void on_stopped(Instant now, const ActorView& actor, const Error& why) noexcept override {
        add({.what = What::stopped,
             .at = now,
             .order = static_cast<uint64_t>(why.code),
             .from = actor.number});
    }

    [[nodiscard]] size_t count_of(What what) const noexcept {
        size_t found = 0;
        for (size_t i = 0; i < kept(); ++i) {
            found += events[i].what == what ? 1u : 0u;
        }
        return found;
    }
    /// The `index`-th of its kind; asserts that there is one.
    [[nodiscard]] const Event& get(What what, size_t index = 0) const noexcept {
        size_t left = index;
        for (size_t i = 0; i < kept(); ++i) {
            if (events[i].what != what) {
                continue;
            }
            if (left == 0) {
                return events[i];
            }
            left -= 1;
        }
        GRAFOS_UNREACHABLE();
    }
    [[nodiscard]] std::string_view line() const noexcept { return {last_line.data(), last_size}; }

    std::array<Event, events_max> events{};
    size_t count = 0; ///< also of those that found no room
    uint32_t sum = 0; ///< over every byte of every event
    std::array<char, 256> last_line{};
    size_t last_size = 0;

private:
    [[nodiscard]] size_t kept() const noexcept { return count < events_max ? count : events_max; }
    [[nodiscard]] static Event event_of(What what, Instant now, const Letter& letter) noexcept {
        return {.what = what,
                .at = now,
                .order = letter.order,
                .from = letter.from,
                .to = letter.to,
                .kind = letter.kind,
                .copy_of = letter.copy_of,
                .is_timer = letter.is_timer};
    }
    void digest(Bytes bytes) noexcept { sum = crc32c(bytes, sum); }
    void digest_number(uint64_t number) noexcept {
        std::array<uint8_t, 8> bytes{};
        store_big_endian(bytes.data(), number);
        digest(bytes);
    }
    void add(const Event& event) noexcept {
        digest_number(static_cast<uint64_t>(event.what));
        digest_number(event.at.ms);
        digest_number(event.order);
        digest_number(static_cast<uint64_t>(event.from) << 32 | static_cast<uint64_t>(event.to));
        digest_number(static_cast<uint64_t>(event.kind) << 8 | static_cast<uint64_t>(event.reason));
        digest_number(event.arrives.ms);
        if (count < events_max) {
            events[count] = event;
        }
        count += 1;
    }
};

} // namespace grafos::emulation
