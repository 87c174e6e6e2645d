// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/channel.hpp"

#include "core/wire/session/trusted_fabric.hpp"

namespace grafos::wire {

void Channel::start(SessionSide side, SessionNumber number, bool seals) noexcept {
    GRAFOS_ASSERT(seals || is_trusted_fabric_build);
    erase();
    heard_ = ReplayWindow{};
    number_ = number;
    next_counter_ = 0;
    side_ = side;
    seals_ = seals;
}

void Channel::erase() noexcept {
    sending_.erase();
    receiving_.erase();
}

Result<size_t> Channel::seal(MutableBytes packet, size_t body_bytes) noexcept {
    const size_t sealed_bytes = body_bytes + (seals_ ? packet_tag_bytes : 0);
    GRAFOS_ASSERT(packet.size() >= packet_header_bytes + sealed_bytes);
    if (next_counter_ == crypto::seal_counter_never) {
        return Error{ErrorCode::exhausted, Field::operation, next_counter_};
    }
    const PacketHeader header{.kind = seals_ ? PacketKind::sealed : PacketKind::plain,
                              .is_to_client = side_ == SessionSide::node,
                              .body_bytes = static_cast<uint16_t>(sealed_bytes),
                              .session = number_,
                              .counter = next_counter_};
    const auto head = packet.first<packet_header_bytes>();
    encode_packet_header(header, head);
    if (seals_) {
        sending_.seal(next_counter_, head, packet.subspan(packet_header_bytes, sealed_bytes));
    }
    next_counter_ += 1;
    return packet_header_bytes + sealed_bytes;
}

Opening Channel::open(const PacketHeader& header, MutableBytes packet, Bytes& messages) noexcept {
    GRAFOS_ASSERT(packet.size() == packet_header_bytes + header.body_bytes);
    if (header.kind != (seals_ ? PacketKind::sealed : PacketKind::plain)) {
        return Opening::kind_refused;
    }
    switch (heard_.look(header.counter)) {
    case ReplayWindow::Verdict::old: return Opening::counter_old;
    case ReplayWindow::Verdict::repeated: return Opening::counter_repeated;
    case ReplayWindow::Verdict::fresh: break;
    }
    const MutableBytes body = packet.subspan(packet_header_bytes);
    if (header.counter == crypto::seal_counter_never ||
        (seals_ && (body.size() < packet_tag_bytes ||
                    !receiving_.open(header.counter, packet.first(packet_header_bytes), body)))) {
        return Opening::tag_wrong;
    }
    heard_.note(header.counter);
    messages = seals_ ? body.first(body.size() - packet_tag_bytes) : body;
    return Opening::opened;
}

} // namespace grafos::wire
