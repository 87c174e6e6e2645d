// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/template/watcher.hpp"

#include "examples/emulation/template/rules.hpp"

namespace grafos::ring {

void Watcher::on_start(Context& context) noexcept {
    for (size_t i = 0; i < stations_.size(); ++i) { // past the net: who is in the ring is no secret
        context.send_after(Duration{0}, stations_[i], Meet{stations_[(i + 1) % stations_.size()]});
    }
    context.send_after(Duration{0}, stations_[0], Token{options_.hops});
    context.send_after(options_.wait, context.self(), Look{});
}

void Watcher::on(Context& context, const Look&) noexcept {
    round_.begin(stations_);
    static_cast<void>(round_.ask_next(context));
}

void Watcher::on(Context& context, const emulation::Answer<Count>& answer) noexcept {
    const size_t index = round_.note(answer);
    if (answer.result.is_ok()) {
        const uint64_t tokens = answer.result.value().tokens;
        seen_ += tokens;
        context.line(rules::counted).put("station ").put(index + 1).put(": ").put(tokens);
    } else {
        context.line(rules::silent).put("station ").put(index + 1).put(": no answer");
    }
    if (round_.ask_next(context)) {
        return;
    }
    is_over_ = true;
    context.plain_line(rules::verdict)
        .put(is_good() ? "Done: the token was seen " : "Lost: the token was seen ")
        .put(seen_)
        .put(" times, of ")
        .put(options_.hops + 1);
}

} // namespace grafos::ring
