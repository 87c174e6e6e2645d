// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/client.hpp"

#include "examples/ec_counter/rules.hpp"

namespace grafos::ec_counter {
namespace {

using emulation::Line;
using emulation::Rule;

[[nodiscard]] bool is_silence(const Error& why) noexcept {
    return why.code == ErrorCode::disconnected;
}

[[nodiscard]] const Rule& rule_of(const Error& why) noexcept {
    return is_silence(why) ? rules::request_timed_out : rules::request_refused;
}

void put_failure(Line& line, const Error& why) noexcept {
    if (is_silence(why)) {
        line.put("timed out");
    } else {
        line.put("refused: ").put(name_of(why.code));
    }
}

} // namespace

void Client::on(Context& context, const Start&) noexcept {
    context.line(rules::client_starting)
        .put("Starting — will send ")
        .put(options_.requests)
        .put(" requests");
    step(context);
}

void Client::on(Context& context, const Continue&) noexcept {
    step(context);
}

void Client::step(Context& context) noexcept {
    if (options_.server.is_nobody()) { // whoever started it had no server left for it
        context.stop(Error{ErrorCode::not_found, Field::peer});
        return;
    }
    if (remaining_ == 0) {
        context.line(rules::client_finished)
            .put("Finished all ")
            .put(options_.requests)
            .put(" requests");
        context.stop(Error{ErrorCode::released});
        return;
    }
    if (context.random().below(2) == 0) {
        context.call(options_.server, Get{}, options_.patience);
    } else {
        value_ = context.random().between(options_.value_least, options_.value_most);
        context.call(options_.server, Set{value_}, options_.patience);
    }
}

void Client::on(Context& context, const Answer<Get>& answer) noexcept {
    if (answer.result.is_ok()) {
        context.line(rules::get_done).put("GET -> ").put(answer.result.value().value);
    } else {
        const Error why = answer.result.error();
        put_failure(context.line(rule_of(why)).put("GET -> "), why);
        note_failure(context, why);
    }
    go_on(context);
}

void Client::on(Context& context, const Answer<Set>& answer) noexcept {
    if (answer.result.is_ok()) {
        context.line(rules::set_done)
            .put("SET ")
            .put(value_)
            .put(answer.result.value().is_accepted ? " -> accepted" : " -> rejected");
    } else {
        const Error why = answer.result.error();
        put_failure(context.line(rule_of(why)).put("SET ").put(value_).put(" -> "), why);
        note_failure(context, why);
    }
    go_on(context);
}

void Client::note_failure(Context& context, const Error& why) noexcept {
    uint64_t& count = is_silence(why) ? timed_out_ : refused_;
    count += 1;
    context.show(is_silence(why) ? "timed out" : "refused", count);
}

void Client::go_on(Context& context) noexcept {
    GRAFOS_ASSERT(remaining_ > 0);
    remaining_ -= 1;
    context.send(context.self(), Continue{});
}

} // namespace grafos::ec_counter
