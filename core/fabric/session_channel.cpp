// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/session_channel.hpp"

namespace grafos::fabric {

void SessionChannel::connect(Instant now) noexcept {
    if (session_.state() == wire::SessionState::closed) {
        // An entry without address or key is no node; `FabricOf` makes no channel to it.
        const Result<> opened = session_.open(node_, now);
        GRAFOS_ASSERT(opened.is_ok());
    }
}

ChannelState SessionChannel::state() const noexcept {
    return {session_.state() == wire::SessionState::open,
            session_.boot(),
            session_.turn_max(),
            session_.window(),
            session_.node_id(),
            session_.refusal()};
}

Result<wire::RequestHandle> SessionChannel::start(wire::MessageType type, Bytes payload,
                                                  Duration patience, Instant now) noexcept {
    return session_.start(type, payload, patience, now);
}

Result<wire::ReplyView> SessionChannel::poll(wire::RequestHandle request) noexcept {
    const Result<wire::ReplyView> reply = session_.poll(request);
    if (!reply.is_ok() && reply.error().code == ErrorCode::busy &&
        reply.error().field == Field::request) {
        return Error{ErrorCode::busy, Field::ticket, request.number};
    }
    return reply.is_ok() ? Result<wire::ReplyView>{reply.value()} : reply.error();
}

void SessionChannel::release(wire::RequestHandle request) noexcept {
    session_.release(request);
}

} // namespace grafos::fabric
