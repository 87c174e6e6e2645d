// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/event_file.hpp"

#include <array>

namespace grafos::emulation_host {
namespace {

/// `server-3` is a server.
std::string kind_of(const std::string& name) {
    const size_t dash = name.find_last_of('-');
    const bool is_numbered = dash != std::string::npos && dash + 1 < name.size() &&
                             name.find_first_not_of("0123456789", dash + 1) == std::string::npos;
    return is_numbered ? name.substr(0, dash) : name;
}

const char* kind_of(const em::Letter& letter) {
    if (letter.is_timer) {
        return "timer";
    }
    switch (letter.kind) {
    case em::LetterKind::message: return "send";
    case em::LetterKind::question: return "call";
    case em::LetterKind::answer:
    case em::LetterKind::refusal: return "answer";
    }
    return "";
}

std::string text_of(const em::Letter& letter, const em::MessageWord& word) {
    std::array<char, 256> buffer;
    TextWriter text{buffer};
    switch (letter.kind) {
    case em::LetterKind::message:
    case em::LetterKind::question: em::put_message(text, word, letter.view()); break;
    case em::LetterKind::answer: em::put_answer(text, word, letter.view()); break;
    case em::LetterKind::refusal: text.put("refused"); break;
    }
    return std::string{text.text()};
}

} // namespace

bool EventFile::open(const std::string& path) {
    file_ = std::fopen(path.c_str(), "w");
    return file_ != nullptr;
}

void EventFile::begin(const std::string& program, uint64_t seed, const std::string& settings,
                      const std::vector<std::string>& actors,
                      const std::vector<PlannedFault>& faults) {
    if (!is_open()) {
        return;
    }
    faults_ = faults;
    std::string list = "[";
    for (size_t i = 0; i < actors.size(); ++i) {
        list += i > 0 ? "," : "";
        list += JsonObject{}
                    .add("number", i)
                    .add("name", actors[i])
                    .add("kind", kind_of(actors[i]))
                    .text();
    }
    has_begun_ = true;
    put_line(JsonObject{}
                 .add("what", "run")
                 .add("program", program)
                 .add("seed", seed)
                 .add_json("settings", settings)
                 .add_json("actors", list + "]")
                 .text() +
             (waiting_.empty() ? "" : "\n") + waiting_);
    waiting_.clear();
}

void EventFile::put_break(Instant now, uint64_t actor, std::string_view property,
                          std::string_view text) {
    put(now, event("break", now).add("actor", actor).add("property", property).add("text", text));
}

void EventFile::end(Instant now, bool has_converged, uint64_t value, int exit_code) {
    put(now, event("end", now)
                 .add("converged", has_converged)
                 .add("value", value)
                 .add("exit", static_cast<uint64_t>(exit_code)));
}

bool EventFile::close() {
    if (is_open()) {
        const bool is_closed = std::fclose(file_) == 0;
        has_failed_ = has_failed_ || !is_closed;
        file_ = nullptr;
    }
    return !has_failed_;
}

void EventFile::on_line(Instant now, const em::ActorView& actor, const em::Rule& rule,
                        std::string_view text) noexcept {
    put(now, event("line", now)
                 .add("actor", index_of(actor.number))
                 .add("rule", rule.name)
                 .add("text", text));
}

void EventFile::on_sent(Instant now, const em::Letter& letter, const em::MessageWord& word,
                        Instant) noexcept {
    JsonObject sent = event("send", now);
    sent.add("letter", letter.order)
        .add("from", index_of(letter.from))
        .add("to", index_of(letter.to))
        .add("kind", kind_of(letter))
        .add("message", word.name)
        .add("text", text_of(letter, word));
    if (letter.copy_of != 0) {
        sent.add("copy_of", letter.copy_of);
    }
    put(now, sent);
}

void EventFile::on_arrived(Instant now, const em::Letter& letter) noexcept {
    put(now, event("arrive", now).add("letter", letter.order));
}

void EventFile::on_lost(Instant now, const em::Letter& letter, em::LossReason reason) noexcept {
    put(now, event("lose", now).add("letter", letter.order).add("why", name_of(reason)));
}

void EventFile::on_timed_out(Instant now, const em::ActorView& actor, uint64_t order) noexcept {
    put(now, event("timeout", now).add("actor", index_of(actor.number)).add("letter", order));
}

void EventFile::on_shown(Instant now, const em::ActorView& actor, std::string_view name,
                         uint64_t value) noexcept {
    put(now, event("show", now)
                 .add("actor", index_of(actor.number))
                 .add("name", name)
                 .add("value", value));
}

void EventFile::on_stopped(Instant now, const em::ActorView& actor, const Error& why) noexcept {
    put(now, event("stop", now).add("actor", index_of(actor.number)).add("why", name_of(why.code)));
}

JsonObject EventFile::event(const char* what, Instant now) {
    return JsonObject{}.add("what", what).add("t", now.ms);
}

void EventFile::put(Instant now, const JsonObject& event) {
    while (!faults_.empty() && faults_.front().from <= now) {
        const PlannedFault fault = faults_.front();
        faults_.erase(faults_.begin());
        JsonObject told = EventFile::event("fault", fault.from);
        told.add("text", fault.text);
        if (fault.until > fault.from) {
            told.add("until", fault.until.ms);
        }
        put_line(told.text());
    }
    put_line(event.text());
}

void EventFile::put_line(const std::string& line) {
    if (!has_begun_) {
        waiting_ += (waiting_.empty() ? "" : "\n") + line;
    } else if (is_open()) {
        const bool is_put = std::fprintf(file_, "%s\n", line.c_str()) >= 0;
        has_failed_ = has_failed_ || !is_put;
    }
}

} // namespace grafos::emulation_host
