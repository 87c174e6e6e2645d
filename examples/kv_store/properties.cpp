// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/properties.hpp"

#include <algorithm>

#include "core/wire/codec.hpp"
#include "examples/kv_store/rules.hpp"

namespace grafos::kv_store {

using emulation::ActorView;
using emulation::Letter;
using emulation::LetterKind;
using emulation::LossReason;
using emulation::MessageWord;
using emulation::Rule;

namespace {

/// One of two texts, each with its length: none is counted at run time.
[[nodiscard]] constexpr std::string_view either(bool is_first, std::string_view first,
                                                std::string_view second) noexcept {
    return is_first ? first : second;
}

[[nodiscard]] bool is_known_key(std::string_view key) noexcept {
    return key.size() == 1 && key[0] >= 'a' && key[0] <= 'e';
}

/// `val_0` … `val_99`
[[nodiscard]] bool is_known_value(std::string_view value) noexcept {
    if (!value.starts_with("val_") || value.size() < 5 || value.size() > 6) {
        return false;
    }
    value.remove_prefix(4);
    const bool has_digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    return has_digits && (value.size() == 1 || value[0] != '0');
}

} // namespace

void Properties::expect(const Cast& cast) noexcept {
    GRAFOS_ASSERT(cast.clients <= memory_.askers.size());
    cast_ = cast;
}

Properties::Asker* Properties::asker_of(Actor number) noexcept {
    const size_t first = index_of(cast_.first_client);
    const size_t index = index_of(number);
    const bool is_client = index >= first && index - first < cast_.clients;
    return is_client ? &memory_.askers[index - first] : nullptr;
}

Properties::Pair* Properties::pair_of(std::string_view key) noexcept {
    const auto found = std::ranges::find_if(
        pairs_, [&](const Pair& pair) { return pair.is_there && pair.key.view() == key; });
    return found != pairs_.end() ? &*found : nullptr;
}

Properties::Pair* Properties::free_pair() noexcept {
    const auto found =
        std::ranges::find_if(pairs_, [](const Pair& pair) { return !pair.is_there; });
    return found != pairs_.end() ? &*found : nullptr;
}

Properties::Figures Properties::figures() const noexcept {
    Figures figures{};
    for (const Asker& asker : memory_.askers.first(cast_.clients)) {
        figures.requests += asker.requests;
        figures.timed_out += asker.timed_out;
        figures.unfinished += asker.has_finished ? 0u : 1u;
    }
    return figures;
}

// --- what happens --------------------------------------------------------------------------------

void Properties::on_sent(Instant now, const Letter& letter, const MessageWord& word,
                         Instant) noexcept {
    if (letter.copy_of != 0) {
        return; // the net's doing
    }
    Asker* const told = asker_of(letter.to);
    if (told != nullptr && letter.from == cast_.main && word.name == Start::name) {
        told->is_sent_start = true;
    }
    if (letter.kind == LetterKind::question) {
        Asker* const asker = asker_of(letter.from);
        const std::optional<Request> request = request_in(letter);
        if (asker != nullptr && request.has_value()) {
            judge_request(now, *asker, *request);
        }
    } else if (letter.kind == LetterKind::answer && letter.from == cast_.server) {
        judge_answer(now, letter);
    }
}

void Properties::on_arrived(Instant, const Letter& letter) noexcept {
    if (letter.to == cast_.server && letter.kind == LetterKind::question) {
        const std::optional<Request> request = request_in(letter);
        if (request.has_value()) {
            GRAFOS_ASSERT(waiting_count_ < memory_.waiting.size());
            memory_.waiting[(waiting_first_ + waiting_count_) % memory_.waiting.size()] = *request;
            waiting_count_ += 1;
        }
        return;
    }
    Asker* const asker = asker_of(letter.to);
    if (asker == nullptr) {
        return;
    }
    if (letter.kind == LetterKind::refusal) { // the server's mailbox was full
        hear(*asker, false, name_of(ErrorCode::capacity_exceeded));
        return;
    }
    const Result<Said> said = wire::decode<Said>(letter.view());
    if (letter.kind == LetterKind::answer && said.is_ok()) {
        hear(*asker, said.value().outcome == Outcome::ok, text_of(said.value().text));
    }
}

void Properties::on_lost(Instant, const Letter& letter, LossReason reason) noexcept {
    Asker* const asker = asker_of(letter.from);
    const bool is_request = letter.kind == LetterKind::question && letter.copy_of == 0;
    if (asker != nullptr && is_request && reason == LossReason::full) {
        hear(*asker, false, name_of(ErrorCode::capacity_exceeded)); // no letter was left for it
    }
}

void Properties::on_timed_out(Instant, const ActorView& actor, uint64_t) noexcept {
    Asker* const asker = asker_of(actor.number);
    if (asker != nullptr) {
        asker->timed_out += 1;
        hear(*asker, false, "timed out");
    }
}

void Properties::on_line(Instant now, const ActorView& actor, const Rule& rule,
                         std::string_view text) noexcept {
    Asker* const asker = asker_of(actor.number);
    if (asker != nullptr) {
        judge_client_line(now, actor.number, *asker, text);
        return;
    }
    if (actor.number == cast_.main) {
        judge_main_line(now, rule);
        return;
    }
    if (actor.number == cast_.server) {
        if (has_server_line_) {
            fall(now, actor.number, property::lines_true).put("a second line: ").put(text);
        }
        server_line_.keep(text);
        has_server_line_ = true;
    }
}

void Properties::on_stopped(Instant now, const ActorView& actor, const Error& why) noexcept {
    const Asker* const asker = asker_of(actor.number);
    if (asker != nullptr && !asker->has_finished) { // it will never say so
        fall(now, actor.number, property::ten_each)
            .put("stopped after ")
            .put(asker->requests)
            .put(" requests: ")
            .put(name_of(why.code));
    }
}

void Properties::judge_main_line(Instant now, const Rule& rule) noexcept {
    const auto started = static_cast<uint64_t>(
        std::ranges::count_if(memory_.askers.first(cast_.clients), &Asker::is_sent_start));
    if (&rule == &rules::all_started && started != cast_.clients) {
        fall(now, cast_.main, property::all_started)
            .put(started)
            .put(" of ")
            .put(cast_.clients)
            .put(" clients were sent Start");
    }
}

/// The end by itself tells nothing: who has not finished may have been cut short.
void Properties::finish(Instant) noexcept {}

// --- at the server -------------------------------------------------------------------------------

/// The server answers in the order of arrival, so this is the answer to the first that waits.
void Properties::judge_answer(Instant now, const Letter& letter) noexcept {
    const Result<Said> said = wire::decode<Said>(letter.view());
    GRAFOS_ASSERT(said.is_ok()); // it was encoded a moment ago
    if (waiting_count_ == 0) {
        fall(now, cast_.server, property::lines_true).put("an answer to nobody");
        return;
    }
    const Request request = memory_.waiting[waiting_first_];
    waiting_first_ = (waiting_first_ + 1) % memory_.waiting.size();
    waiting_count_ -= 1;
    if (request.from != letter.to || request.call != letter.call) {
        fall(now, cast_.server, property::lines_true).put("answered out of order");
    }
    judge_said(now, request, said.value());
    judge_server_line(now, request, said.value());
    remember(request);
}

void Properties::judge_said(Instant now, const Request& request, const Said& said) noexcept {
    const Pair* const pair = pair_of(request.key.view());
    const bool has_room = free_pair() != nullptr;
    const bool is_done = said.outcome == Outcome::ok;
    std::string_view fallen{};
    switch (request.kind) {
    case RequestKind::put:
        if (pair != nullptr) {
            fallen = is_done ? property::first_put_wins : "";
        } else if (has_room) {
            fallen = is_done ? "" : property::absent_can_be_put;
        } else {
            fallen = is_done ? property::full_is_full : "";
        }
        break;
    case RequestKind::get:
    case RequestKind::remove: {
        const bool is_get = request.kind == RequestKind::get;
        if (pair == nullptr) {
            fallen = is_done ? property::absent_not_found : "";
        } else {
            const bool is_same = !is_get || text_of(said.text) == pair->value.view();
            fallen = is_done && is_same ? "" : property::value_stays;
        }
        break;
    }
    }
    if (fallen.empty()) {
        judge_reason(now, request, said);
        return;
    }
    std::array<char, emulation::line_bytes_max> buffer;
    TextWriter asked{buffer};
    put_request(asked, request, true);
    fall(now, cast_.server, fallen)
        .put(asked.text())
        .put(either(is_done, " was done, answered \"", " was refused, answered \""))
        .put(text_of(said.text))
        .put("\"; the key ")
        .put(either(pair != nullptr, "has the value \"", "is absent"))
        .put(pair != nullptr ? pair->value.view() : std::string_view{})
        .put(either(pair != nullptr, "\"", ""));
}

/// Done or refused as it should be; does it say so?
void Properties::judge_reason(Instant now, const Request& request, const Said& said) noexcept {
    std::array<char, said_bytes_max> buffer;
    TextWriter reason{buffer};
    Outcome outcome = Outcome::ok;
    const bool is_there = pair_of(request.key.view()) != nullptr;
    if (request.kind == RequestKind::put && is_there) {
        outcome = Outcome::key_exists;
        reason.put("key already exists: ").put(request.key.view());
    } else if (request.kind == RequestKind::put && free_pair() == nullptr) {
        outcome = Outcome::store_full;
        reason.put("store is full: ").put(uint64_t{store_keys_max}).put(" keys");
    } else if (request.kind != RequestKind::put && !is_there) {
        outcome = Outcome::key_not_found;
        reason.put("key not found: ").put(request.key.view());
    } else if (request.kind == RequestKind::get) {
        return; // a value, and it was judged
    } else {
        reason.put("OK");
    }
    if (said.outcome != outcome || text_of(said.text) != reason.text()) {
        fall(now, cast_.server, property::reasons_exact)
            .put(verb_of(request.kind))
            .put(" was answered \"")
            .put(text_of(said.text))
            .put("\", due was \"")
            .put(reason.text())
            .put('"');
    }
}

/// By what it answered, not by what it should have: that has been judged.
void Properties::judge_server_line(Instant now, const Request& request, const Said& said) noexcept {
    std::array<char, emulation::line_bytes_max> buffer;
    TextWriter line{buffer};
    line.put("[server] ");
    put_request(line, request, said.outcome == Outcome::ok);
    line.put(" -> ");
    switch (said.outcome) {
    case Outcome::ok:
        if (request.kind == RequestKind::get) {
            line.put('"').put(text_of(said.text)).put('"');
        } else {
            line.put("OK");
        }
        break;
    case Outcome::key_exists: line.put("REJECTED (key exists)"); break;
    case Outcome::key_not_found: line.put("NOT FOUND"); break;
    case Outcome::store_full: line.put("REJECTED (store full)"); break;
    }
    if (!has_server_line_ || server_line_.view() != line.text()) {
        fall(now, cast_.server, property::lines_true)
            .put("printed: ")
            .put(has_server_line_ ? server_line_.view() : "nothing")
            .put("; due: ")
            .put(line.text());
    }
    has_server_line_ = false;
}

/// What an honest server does with it.
void Properties::remember(const Request& request) noexcept {
    Pair* const pair = pair_of(request.key.view());
    Pair* const room = free_pair();
    if (request.kind == RequestKind::put && pair == nullptr && room != nullptr) {
        room->is_there = true;
        room->key = request.key;
        room->value = request.value;
    }
    if (request.kind == RequestKind::remove && pair != nullptr) {
        pair->is_there = false;
    }
}

// --- at a client ---------------------------------------------------------------------------------

void Properties::judge_request(Instant now, Asker& asker, const Request& request) noexcept {
    if (asker.is_open || asker.has_finished || asker.requests == 10) {
        fall(now, request.from, property::ten_each)
            .put(either(asker.is_open, "asks again before it was answered; request ",
                        "asks once more; request "))
            .put(asker.requests + 1);
    }
    const bool is_known =
        is_known_key(request.key.view()) &&
        (request.kind == RequestKind::get ||
         (request.kind == RequestKind::put && is_known_value(request.value.view())));
    if (!is_known) {
        std::array<char, emulation::line_bytes_max> buffer;
        TextWriter asked{buffer};
        put_request(asked, request, true);
        fall(now, request.from, property::five_keys).put("a client asks ").put(asked.text());
    }
    asker.requests += 1;
    asker.is_open = true;
    asker.has_heard = false;
    asker.request = request;
}

/// What it now has to print: a value, or in words why there is none.
void Properties::hear(Asker& asker, bool is_value, std::string_view said) noexcept {
    std::array<char, emulation::line_bytes_max> buffer;
    TextWriter line{buffer};
    line.put("[client] ");
    put_request(line, asker.request, true);
    line.put(" -> ");
    if (is_value && asker.request.kind == RequestKind::get) {
        line.put('"').put(said).put('"');
    } else {
        line.put(is_value ? "OK" : said);
    }
    asker.line.keep(line.text());
    asker.has_heard = true;
}

void Properties::judge_client_line(Instant now, Actor number, Asker& asker,
                                   std::string_view text) noexcept {
    if (text.starts_with("[client] GET") || text.starts_with("[client] PUT")) {
        if (!asker.has_heard || asker.line.view() != text) {
            fall(now, number, property::lines_true)
                .put("printed: ")
                .put(text)
                .put("; due: ")
                .put(asker.has_heard ? asker.line.view() : "nothing");
        }
        asker.is_open = false;
        asker.has_heard = false;
        return;
    }
    const bool is_start = text == "[client] Starting — will send 10 requests";
    const bool is_end = text == "[client] Finished all 10 requests";
    if ((is_start && asker.requests != 0) || (is_end && asker.requests != 10) ||
        (!is_start && !is_end)) {
        fall(now, number, property::ten_each)
            .put(text)
            .put("; requests made: ")
            .put(asker.requests);
    }
    asker.has_finished = asker.has_finished || is_end;
}

} // namespace grafos::kv_store
