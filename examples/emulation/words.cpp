// SPDX-License-Identifier: Apache-2.0
/// Names and messages as text.
#include "examples/emulation/context.hpp"

namespace grafos::emulation {
namespace {

constexpr std::string_view word_true = "true";
constexpr std::string_view word_false = "false";

/// A byte whose row allows 0 and 1 alone, as that of every `bool` does.
[[nodiscard]] bool is_truth(const wire::FieldLayout& field) noexcept {
    return field.shape == wire::Shape::u8 && field.least == 0 && field.most == 1;
}

void put_number(TextWriter& to, ByteReader& from, wire::Shape shape) noexcept {
    switch (shape) {
    case wire::Shape::u8: to.put(uint64_t{from.take<uint8_t>()}); return;
    case wire::Shape::u16: to.put(uint64_t{from.take<uint16_t>()}); return;
    case wire::Shape::u32: to.put(uint64_t{from.take<uint32_t>()}); return;
    case wire::Shape::u64: to.put(from.take<uint64_t>()); return;
    case wire::Shape::fixed:
    case wire::Shape::counted:
    case wire::Shape::list: return;
    }
}

void put_field(TextWriter& to, ByteReader& from, const wire::FieldLayout& field) noexcept {
    if (is_truth(field)) {
        to.put(from.take<uint8_t>() != 0 ? word_true : word_false);
        return;
    }
    switch (field.shape) {
    case wire::Shape::u8:
    case wire::Shape::u16:
    case wire::Shape::u32:
    case wire::Shape::u64: put_number(to, from, field.shape); return;
    case wire::Shape::fixed: to.put_hex(from.take_bytes(field.size)); return;
    case wire::Shape::counted: to.put(text_of(from.take_counted(field.most))); return;
    case wire::Shape::list: // entries have one length in every protocol here: it is the last field
        to.put(uint64_t{from.take<uint16_t>()});
        static_cast<void>(from.take_bytes(from.left()));
        return;
    }
}

/// The name of a row: what ends it is found here, since a bare machine need not have strlen.
[[nodiscard]] std::string_view name_of(const wire::FieldLayout& field) noexcept {
    size_t size = 0;
    while (field.name[size] != '\0') {
        size += 1;
    }
    return {field.name, size};
}

void put_fields(TextWriter& to, const wire::Layout& layout, Bytes payload) noexcept {
    ByteReader reader{payload};
    to.put('(');
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        to.put(i > 0 ? ", " : "").put(name_of(layout.fields[i])).put('=');
        put_field(to, reader, layout.fields[i]);
    }
    to.put(')');
}

} // namespace

std::string_view name_of(LossReason reason) noexcept {
    switch (reason) {
    case LossReason::loss: return "loss";
    case LossReason::cut: return "cut";
    case LossReason::full: return "full";
    case LossReason::stopped: return "stopped";
    case LossReason::late: return "late";
    case LossReason::corrupt: return "corrupt";
    }
    GRAFOS_UNREACHABLE();
}

void put_message(TextWriter& to, const MessageWord& word, Bytes payload) noexcept {
    to.put(word.name);
    if (word.layout->field_count > 0) {
        put_fields(to, *word.layout, payload);
    }
}

void put_answer(TextWriter& to, const MessageWord& word, Bytes payload) noexcept {
    if (word.reply == nullptr) {
        return;
    }
    if (word.reply->field_count == 1) {
        ByteReader reader{payload};
        put_field(to, reader, word.reply->fields[0]);
    } else {
        put_fields(to, *word.reply, payload);
    }
}

Line::Line(System& system, ActorNumber actor, const Rule& rule, bool has_name) noexcept
    : system_{system}, actor_{actor}, rule_{rule} {
    if (has_name) {
        text_.put('[').put(system.view(actor).name).put("] ");
    }
}

void Observer::on_line(Instant, const ActorView&, const Rule&, std::string_view) noexcept {}
void Observer::on_sent(Instant, const Letter&, const MessageWord&, Instant) noexcept {}
void Observer::on_arrived(Instant, const Letter&) noexcept {}
void Observer::on_lost(Instant, const Letter&, LossReason) noexcept {}
void Observer::on_timed_out(Instant, const ActorView&, uint64_t) noexcept {}
void Observer::on_shown(Instant, const ActorView&, std::string_view, uint64_t) noexcept {}
void Observer::on_stopped(Instant, const ActorView&, const Error&) noexcept {}

} // namespace grafos::emulation
