// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/template/station.hpp"

#include "examples/emulation/template/rules.hpp"

namespace grafos::ring {

void Station::on(Context&, const Meet& message) noexcept {
    next_ = message.next;
}

void Station::on(Context& context, const Token& message) noexcept {
    tokens_ += 1;
    context.show("tokens", tokens_);
    if (message.hops == 0) {
        context.line(rules::kept).put("TOKEN has arrived");
        return;
    }
    context.line(rules::passed).put("TOKEN ").put(message.hops).put(" -> next");
    context.send(next_, Token{message.hops - 1});
}

void Station::on(Context& context, const Count&, const emulation::Asked<Passed>& asked) noexcept {
    context.reply(asked, Passed{tokens_});
}

} // namespace grafos::ring
