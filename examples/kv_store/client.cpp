// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/client.hpp"

#include "examples/kv_store/rules.hpp"

namespace grafos::kv_store {

using emulation::Rule;

namespace {

/// Why there is no answer, in one word: nothing came in time, or there was no room for the request.
[[nodiscard]] std::string_view word_of(const Error& error) noexcept {
    return error.code == ErrorCode::disconnected ? "timed out" : name_of(error.code);
}

[[nodiscard]] const Rule& rule_of(const Result<Said>& result) noexcept {
    if (!result.is_ok()) {
        return rules::timed_out;
    }
    return result.value().outcome == Outcome::ok ? rules::answered : rules::refused;
}

} // namespace

void Client::on(Context& context, const Start&) noexcept {
    context.plain_line(rules::starting)
        .put("[client] Starting — will send ")
        .put(remaining_)
        .put(" requests");
    step(context);
}

void Client::on(Context& context, const Continue&) noexcept {
    step(context);
}

void Client::step(Context& context) noexcept {
    if (remaining_ == 0) {
        context.plain_line(rules::finished)
            .put("[client] Finished all ")
            .put(requests_per_client)
            .put(" requests");
        context.stop(Error{ErrorCode::released});
        return;
    }
    key_ = draw_key(context);
    if (context.random().below(2) == 0) {
        get(context);
    } else {
        put(context);
    }
}

void Client::get(Context& context) noexcept {
    context.call(server_, Get{.key = bytes_of(key_)});
}

void Client::put(Context& context) noexcept {
    std::array<char, value_bytes_max> buffer;
    TextWriter value{buffer};
    value.put("val_").put(context.random().below(client_value_count));
    value_.keep(value.text());
    context.call(server_, Put{.key = bytes_of(key_), .value = bytes_of(value_.view())});
}

std::string_view Client::draw_key(Context& context) noexcept {
    return client_keys[context.random().below(client_keys.size())];
}

bool Client::is_done(const Said& said) const noexcept {
    return said.outcome == Outcome::ok;
}

void Client::on(Context& context, const Answer<Get>& answer) noexcept {
    {
        auto line = context.plain_line(rule_of(answer.result));
        line.put("[client] GET \"").put(key_).put("\" -> ");
        if (!answer.result.is_ok()) {
            line.put(word_of(answer.result.error()));
        } else if (is_done(answer.result.value())) {
            line.put('"').put(text_of(answer.result.value().text)).put('"');
        } else {
            line.put(text_of(answer.result.value().text));
        }
    } // printed here
    if (!answer.result.is_ok()) {
        note_time_out(context, answer.result.error());
    }
    go_on(context);
}

void Client::on(Context& context, const Answer<Put>& answer) noexcept {
    {
        auto line = context.plain_line(rule_of(answer.result));
        line.put("[client] PUT \"").put(key_).put("\" = \"").put(value_.view()).put("\" -> ");
        if (!answer.result.is_ok()) {
            line.put(word_of(answer.result.error()));
        } else if (is_done(answer.result.value())) {
            line.put("OK");
        } else {
            line.put(text_of(answer.result.value().text));
        }
    } // printed here
    if (!answer.result.is_ok()) {
        note_time_out(context, answer.result.error());
    }
    go_on(context);
}

void Client::note_time_out(Context& context, const Error& error) noexcept {
    if (error.code == ErrorCode::disconnected) {
        timed_out_ += 1;
        context.show("timed out", timed_out_);
    }
}

/// Answered or not, the request is counted: a client never asks twice.
void Client::go_on(Context& context) noexcept {
    GRAFOS_ASSERT(remaining_ > 0);
    remaining_ -= 1;
    context.send(context.self(), Continue{});
}

} // namespace grafos::kv_store
