// SPDX-License-Identifier: Apache-2.0
/// For the sources of the hostile peer: a request from its struct.
#pragma once

#include "core/wire/messages.hpp"
#include "tests/sim/hostile/hostile_peer.hpp"

namespace grafos::test {

/// Null: its session is not open, or has too much open.
template <typename Request>
HostilePeer::Asked* HostilePeer::make(Who who, Job job, Trick trick, wire::MessageType type,
                                      size_t held, const Request& request) noexcept {
    Asked* const asked = make(who, job, trick, type, held);
    if (asked == nullptr) {
        return nullptr;
    }
    const Result<size_t> size = wire::encode(request, asked->payload);
    GRAFOS_ASSERT(size.is_ok());
    asked->size = static_cast<uint16_t>(size.value());
    return asked;
}

} // namespace grafos::test
