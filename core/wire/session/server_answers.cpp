// SPDX-License-Identifier: Apache-2.0
// From an answer to a packet: kept where it must be repeated, packed with its siblings, sealed.
#include "core/wire/codec.hpp"
#include "core/wire/messages.hpp"
#include "core/wire/session/server.hpp"

namespace grafos::wire {
namespace {

constexpr size_t refusal_bytes = layout_of<Refusal>.bytes_max; // TLVs left out

[[nodiscard]] size_t longest_reply(const RequestSlot& slot) noexcept {
    if (slot.is_mutating) {
        return kept_reply_bytes_max;
    }
    return slot.takes_fragments ? payload_bytes_max : whole_payload_bytes_max;
}

using RefusalBuffer = std::array<uint8_t, kept_reply_bytes_max>;

[[nodiscard]] Bytes encode_refusal(const Error& error, Bytes tlvs, RefusalBuffer& buffer) noexcept {
    const Result<size_t> size = encode(refusal_of(error), buffer);
    GRAFOS_ASSERT(size.is_ok() && size.value() == refusal_bytes);
    copy_bytes(MutableBytes{buffer}.subspan(refusal_bytes), tlvs);
    return Bytes{buffer}.first(refusal_bytes + tlvs.size());
}

} // namespace

size_t SessionServer::reply_bytes_max(const RequestOrigin& origin) const noexcept {
    const uint64_t index = origin.session.number.value & 0xFFFF;
    if (index >= storage_.entries.size()) {
        return 0;
    }
    const SessionEntry& entry = storage_.entries[index];
    if (entry.state != EntryState::open || entry.number != origin.session.number) {
        return 0;
    }
    const RequestSlot* slot = entry.requests.executing(origin.request);
    return slot == nullptr ? 0 : longest_reply(*slot);
}

Result<> SessionServer::answer(const RequestOrigin& origin, const Reply& reply,
                               Instant /*now*/) noexcept {
    SessionEntry* entry = find_open(origin.session);
    RequestSlot* slot = entry == nullptr ? nullptr : entry->requests.executing(origin.request);
    if (slot == nullptr) {
        figures_.answers_unwanted += 1;
        return Error{ErrorCode::not_found, Field::request, origin.request.value};
    }
    const size_t most =
        reply.error.has_value() ? kept_reply_bytes_max - refusal_bytes : longest_reply(*slot);
    if (reply.payload.size() > most) {
        return Error{ErrorCode::capacity_exceeded, Field::length, reply.payload.size(), most};
    }
    RefusalBuffer refusal;
    const Bytes payload = reply.error.has_value()
                              ? encode_refusal(*reply.error, reply.payload, refusal)
                              : reply.payload;
    const MessageView message{
        .type = slot->type,
        .flags = static_cast<uint8_t>(message_flags::reply |
                                      (reply.is_warned ? message_flags::warned : 0)),
        .request = origin.request,
        .status = reply.error.has_value() ? static_cast<uint16_t>(reply.error->code) : uint16_t{0},
        .payload = payload};
    if (slot->is_mutating) {
        copy_bytes(slot->reply, payload);
        slot->reply_bytes = static_cast<uint16_t>(payload.size());
        slot->reply_flags = message.flags;
        slot->status = message.status;
        slot->state = RequestState::kept;
    } else {
        slot->state = RequestState::read;
    }
    figures_.replies += 1;
    emit(*entry, message);
    return ok();
}

void SessionServer::emit(SessionEntry& entry, const MessageView& message) noexcept {
    if (message.payload.size() <= whole_payload_bytes_max) {
        put(entry, message);
        return;
    }
    for (size_t offset = 0; offset < message.payload.size();) { // each turn takes a packet's worth
        const Result<MessageView> piece = piece_of(message, offset, packet_body_bytes_max);
        GRAFOS_ASSERT(piece.is_ok());
        put(entry, piece.value());
        offset = piece_end(piece.value());
    }
}

void SessionServer::put(SessionEntry& entry, const MessageView& message) noexcept {
    const size_t bytes = MessageWriter::bytes_of(message);
    GRAFOS_ASSERT(bytes <= packet_body_bytes_max);
    if (entry.outgoing != no_index &&
        storage_.outgoing[entry.outgoing].body_bytes + bytes > packet_body_bytes_max) {
        send(storage_.outgoing[entry.outgoing]);
    }
    if (entry.state != EntryState::open) { // sending found its counter at the end
        return;
    }
    OutgoingPacket& packet = packet_for(entry);
    MessageWriter writer{packet.body().subspan(packet.body_bytes)};
    const Result<> put_result = writer.put(message);
    GRAFOS_ASSERT(put_result.is_ok());
    packet.body_bytes = static_cast<uint16_t>(packet.body_bytes + writer.size());
}

OutgoingPacket& SessionServer::packet_for(SessionEntry& entry) noexcept {
    if (entry.outgoing != no_index) {
        return storage_.outgoing[entry.outgoing];
    }
    OutgoingPacket* chosen = &storage_.outgoing[0];
    for (OutgoingPacket& packet : storage_.outgoing) {
        const bool is_free = packet.entry == no_index;
        const bool is_better =
            chosen->entry != no_index && (is_free || packet.order < chosen->order);
        chosen = is_better ? &packet : chosen;
    }
    if (chosen->entry != no_index) {
        send(*chosen);
    }
    order_ += 1;
    chosen->entry = index_of(entry);
    chosen->order = order_;
    chosen->body_bytes = 0;
    entry.outgoing = static_cast<uint16_t>(chosen - storage_.outgoing.data());
    return *chosen;
}

void SessionServer::send(OutgoingPacket& packet) noexcept {
    GRAFOS_ASSERT(packet.entry < storage_.entries.size());
    SessionEntry& entry = storage_.entries[packet.entry];
    packet.entry = no_index;
    entry.outgoing = no_index;
    const Result<size_t> size = entry.channel.seal(packet.bytes, packet.body_bytes);
    if (!size.is_ok()) {
        end(entry, SessionEnd::exhausted);
        return;
    }
    if (entry.owes_sign) {
        entry.owes_sign = false;
        signs_owed_ -= 1;
    }
    parts_.port.send(entry.address, Bytes{packet.bytes}.first(size.value()));
    figures_.packets_sent += 1;
}

void SessionServer::flush(Instant /*now*/) noexcept {
    for (OutgoingPacket& packet : storage_.outgoing) {
        if (packet.entry != no_index) {
            send(packet);
        }
    }
    for (SessionEntry& entry : storage_.entries) {
        if (signs_owed_ == 0) {
            break;
        }
        if (entry.owes_sign) {
            send(packet_for(entry)); // nothing inside: it says that we heard
        }
    }
    turn_ += 1;
    parts_.port.flush();
}

} // namespace grafos::wire
