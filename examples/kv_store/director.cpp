// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/director.hpp"

#include "examples/kv_store/rules.hpp"

namespace grafos::kv_store {

using emulation::Context;

void Director::on_start(Context<Director>& context) noexcept {
    context.send(context.self(), Begin{}); // handled when all others have been started as well
}

void Director::on(Context<Director>& context, const Begin&) noexcept {
    context.plain_line(rules::started_server).put("Started KV server");
    // Counted in the list, not in the settings: what is there is what there is.
    for (size_t i = 0; i < clients_.size(); ++i) {
        context.plain_line(rules::started_client).put("Started client ").put(uint64_t{i + 1});
    }
    for (const ClientAddress& client : clients_) {
        context.send(client, Start{});
    }
    context.plain_line(rules::all_started)
        .put("All ")
        .put(uint64_t{clients_.size()})
        .put(" clients started");
    context.send_after(run_time, context.self(), End{});
}

void Director::on(Context<Director>& context, const End&) noexcept {
    context.plain_line(rules::done).put("Done");
    is_over_ = true;
    context.stop(Error{ErrorCode::released});
}

} // namespace grafos::kv_store
