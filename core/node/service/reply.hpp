// SPDX-License-Identifier: Apache-2.0
/// One answer from struct to session; included by the sources of the service only.
#pragma once

#include "core/node/service/fabric_service.hpp"

namespace grafos::node {

/// Encoding cannot fail for what this build puts together: its bounds are the table's.
template <typename Message>
Result<> FabricService::reply(const wire::RequestOrigin& origin, const Message& message,
                              bool is_warned, Instant now) noexcept {
    const Result<size_t> size = wire::encode(message, reply_);
    if (!size.is_ok()) {
        return size.error();
    }
    const Result<> answered = parts_.sessions.answer(
        origin, {.is_warned = is_warned, .payload = Bytes{reply_}.first(size.value())}, now);
    if (!answered.is_ok() && answered.error().code == ErrorCode::capacity_exceeded) {
        return answered.error(); // too long for a client that takes no fragments
    }
    return ok(); // or its session has ended: nobody is there to be told
}

} // namespace grafos::node
