// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/keeper.hpp"

#include <algorithm>

namespace grafos::ec_counter {

void MemoryKeeper::on(Context& context, const Recover&, const Asked<Counter>& asked) noexcept {
    if (why_.has_value()) {
        context.refuse(asked, *why_);
    } else {
        context.reply(asked, Counter{value_});
    }
}

void MemoryKeeper::on(Context& context, const Keep& message, const Asked<Kept>& asked) noexcept {
    if (why_.has_value()) {
        context.refuse(asked, *why_);
        return;
    }
    value_ = std::max(value_, message.value);
    context.reply(asked, Kept{});
}

void MemoryKeeper::on(Context& context, const Check&, const Asked<Kept>& asked) noexcept {
    if (why_.has_value()) {
        context.refuse(asked, *why_);
    } else {
        context.reply(asked, Kept{});
    }
}

} // namespace grafos::ec_counter
