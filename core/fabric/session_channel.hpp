// SPDX-License-Identifier: Apache-2.0
/// A sealed session as a `Channel`.
#pragma once

#include "core/fabric/channel.hpp"

namespace grafos::fabric {

class SessionChannel final : public Channel {
public:
    /// Both outlive the channel.
    constexpr SessionChannel(wire::ClientSession& session, const wire::Principal& node) noexcept
        : session_{session}, node_{node} {}
    SessionChannel(const SessionChannel&) = delete;
    SessionChannel& operator=(const SessionChannel&) = delete;

    void connect(Instant now) noexcept override;
    [[nodiscard]] ChannelState state() const noexcept override;
    [[nodiscard]] Result<wire::RequestHandle> start(wire::MessageType type, Bytes payload,
                                                    Duration patience,
                                                    Instant now) noexcept override;
    [[nodiscard]] Result<wire::ReplyView> poll(wire::RequestHandle request) noexcept override;
    void release(wire::RequestHandle request) noexcept override;

private:
    wire::ClientSession& session_;
    const wire::Principal& node_;
};

} // namespace grafos::fabric
