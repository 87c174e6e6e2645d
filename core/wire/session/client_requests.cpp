// SPDX-License-Identifier: Apache-2.0
// Requests of a client: queued, numbered, sent, sent again, answered or given up.
#include "core/wire/codec.hpp"
#include "core/wire/messages.hpp"
#include "core/wire/session/client.hpp"

namespace grafos::wire {
namespace {

/// What a reply with this status says went wrong.
[[nodiscard]] Error decode_refusal(uint16_t status, Bytes payload) noexcept {
    const Result<Refusal> refusal = decode<Refusal>(payload);
    if (!refusal.is_ok() || static_cast<uint16_t>(refusal.value().code) != status) {
        return {ErrorCode::corrupt, Field::message, status};
    }
    return error_of(refusal.value());
}

} // namespace

// --- what the program asks -----------------------------------------------------------------------

Result<RequestHandle> ClientSession::start(MessageType type, Bytes payload,
                                           const RequestOptions& options, Instant now) noexcept {
    if (phase_ == Phase::closed) {
        return Error{ErrorCode::busy, Field::session};
    }
    const size_t most = payload_bytes_each();
    if (payload.size() > most) {
        return Error{ErrorCode::capacity_exceeded, Field::length, payload.size(), most};
    }
    ClientSlot* slot = nullptr;
    for (ClientSlot& one : storage_.slots) {
        if (one.state == ClientSlotState::free) {
            slot = &one;
            break;
        }
    }
    if (slot == nullptr) {
        return Error{ErrorCode::busy, Field::slot, storage_.slots.size()};
    }
    *slot = ClientSlot{};
    slot->state = ClientSlotState::queued;
    slot->type = static_cast<uint16_t>(type);
    slot->takes_fragments = options.takes_fragments || payload.size() > whole_payload_bytes_max;
    slot->size = static_cast<uint32_t>(payload.size());
    slot->number = next_number_;
    slot->deadline = saturating_add(now, options.patience);
    slot->trace = options.trace;
    copy_bytes(buffer_of(*slot), payload);
    next_number_ += 1;
    figures_.requests += 1;
    return RequestHandle{static_cast<uint16_t>(slot - storage_.slots.data()), slot->number};
}

Result<ReplyView> ClientSession::poll(RequestHandle request) const noexcept {
    const ClientSlot* slot = find(request);
    if (slot == nullptr) {
        return Error{ErrorCode::not_found, Field::request, request.number};
    }
    if (slot->state != ClientSlotState::done) {
        return Error{ErrorCode::busy, Field::request, request.number};
    }
    if (slot->error.has_value()) {
        return *slot->error;
    }
    return ReplyView{slot->is_warned, slot->first_sent, buffer_of(*slot).first(slot->size)};
}

Result<Instant> ClientSession::first_sent(RequestHandle request) const noexcept {
    const ClientSlot* slot = find(request);
    if (slot == nullptr) {
        return Error{ErrorCode::not_found, Field::request, request.number};
    }
    return slot->first_sent;
}

void ClientSession::release(RequestHandle request) noexcept {
    if (find(request) == nullptr) {
        return;
    }
    ClientSlot& slot = storage_.slots[request.slot];
    if (slot.state == ClientSlotState::sent) {
        sent_count_ -= 1;
        forget_pieces(slot);
    }
    slot.state = ClientSlotState::free;
    slot.number = 0;
}

const ClientSlot* ClientSession::find(RequestHandle request) const noexcept {
    if (request.slot >= storage_.slots.size() || request.number == 0) {
        return nullptr;
    }
    const ClientSlot& slot = storage_.slots[request.slot];
    return slot.state != ClientSlotState::free && slot.number == request.number ? &slot : nullptr;
}

size_t ClientSession::payload_bytes_each() const noexcept {
    return storage_.payloads.size() / storage_.slots.size();
}

MutableBytes ClientSession::buffer_of(const ClientSlot& slot) const noexcept {
    const auto index = static_cast<size_t>(&slot - storage_.slots.data());
    const size_t each = payload_bytes_each();
    return storage_.payloads.subspan(index * each, each);
}

void ClientSession::disconnect(ClientSlot& slot) noexcept {
    GRAFOS_ASSERT(slot.state == ClientSlotState::queued || slot.state == ClientSlotState::sent);
    if (slot.state == ClientSlotState::sent) {
        sent_count_ -= 1;
    }
    forget_pieces(slot);
    const bool has_left = slot.first_sent != Instant::never();
    slot.state = ClientSlotState::done;
    slot.error = Error{ErrorCode::disconnected, Field::request, has_left ? 1u : 0u};
    figures_.disconnected += 1;
}

// --- what the node answers -----------------------------------------------------------------------

void ClientSession::on_reply(const MessageView& message, uint64_t counter, Instant now) noexcept {
    for (ClientSlot& slot : storage_.slots) {
        const bool is_it = slot.state == ClientSlotState::sent && slot.request == message.request &&
                           slot.type == message.type;
        if (!is_it) {
            continue;
        }
        if (message.fragment.has_value()) {
            on_piece(slot, message, counter, now);
        } else {
            complete(slot, message);
        }
        if (slot.state == ClientSlotState::done) {
            hasten_overtaken(slot.first_sent);
        }
        return;
    }
    figures_.replies_unwanted += 1;
}

/// Waits grow because a net that is silent gains nothing from being asked more often. What was
/// asked later has come through, so this net is not silent: what is still owed was lost, and it may
/// be all that keeps the window shut for those behind it.
void ClientSession::hasten_overtaken(Instant asked) noexcept {
    for (ClientSlot& slot : storage_.slots) {
        if (slot.state == ClientSlotState::sent && slot.last_sent < asked) {
            slot.wait = retransmit_first;
            slot.next_send =
                earlier_of(slot.next_send, saturating_add(slot.last_sent, retransmit_first));
        }
    }
}

/// A read that is asked again is executed again, and may read something else. Pieces of two
/// executions are kept apart by the packets they came in; the later execution wins.
void ClientSession::on_piece(ClientSlot& slot, const MessageView& message, uint64_t counter,
                             Instant now) noexcept {
    const uint64_t index = message.fragment->offset / reply_piece_bytes;
    const bool is_whole_piece = message.fragment->offset % reply_piece_bytes == 0;
    const uint64_t first = counter - index;
    if (!is_whole_piece || index > counter || (slot.pieces_name != 0 && first < slot.first_piece)) {
        figures_.fragments_refused += 1;
        return;
    }
    if (slot.pieces_name == 0 || first > slot.first_piece) {
        forget_pieces(slot);
        slot.first_piece = first;
        slot.pieces_name = next_pieces_name_;
        next_pieces_name_ += 1;
    }
    const auto whole = reassembler_.add(slot.pieces_name, message, now);
    if (!whole.is_ok()) {
        figures_.fragments_refused += 1;
    } else if (whole.value().has_value()) {
        complete(slot, *whole.value());
    }
}

void ClientSession::forget_pieces(ClientSlot& slot) noexcept {
    if (slot.pieces_name != 0) {
        reassembler_.forget(slot.pieces_name);
        slot.pieces_name = 0;
    }
}

void ClientSession::complete(ClientSlot& slot, const MessageView& message) noexcept {
    GRAFOS_ASSERT(slot.state == ClientSlotState::sent && sent_count_ > 0);
    const MutableBytes buffer = buffer_of(slot);
    slot.is_warned = message.is_warned();
    if (message.status != 0) {
        slot.error = decode_refusal(message.status, message.payload);
    } else if (message.payload.size() > buffer.size()) {
        slot.error = Error{ErrorCode::capacity_exceeded, Field::length, message.payload.size(),
                           buffer.size()};
    } else {
        copy_bytes(buffer, message.payload);
        slot.size = static_cast<uint32_t>(message.payload.size());
    }
    forget_pieces(slot);
    slot.state = ClientSlotState::done;
    sent_count_ -= 1;
    figures_.replies += 1;
}

// --- what leaves ---------------------------------------------------------------------------------

RequestId ClientSession::lowest_open() const noexcept {
    uint64_t lowest = next_request_;
    for (const ClientSlot& slot : storage_.slots) {
        const bool is_lower = slot.state == ClientSlotState::sent && slot.request.value < lowest;
        lowest = is_lower ? slot.request.value : lowest;
    }
    return {lowest};
}

ClientSlot* ClientSession::next_queued() noexcept {
    ClientSlot* next = nullptr;
    for (ClientSlot& slot : storage_.slots) {
        const bool is_earlier = slot.state == ClientSlotState::queued &&
                                (next == nullptr || slot.number < next->number);
        next = is_earlier ? &slot : next;
    }
    return next;
}

void ClientSession::fill_packets(Instant now) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::open);
    const RequestId lowest = lowest_open();
    for (ClientSlot& slot : storage_.slots) {
        if (slot.state == ClientSlotState::sent && now >= slot.next_send) {
            slot.wait = doubled(slot.wait);
            figures_.retransmitted += 1;
            put_request(slot, lowest, now);
        }
    }
    for (size_t i = 0; i < storage_.slots.size(); ++i) {
        ClientSlot* slot = next_queued();
        const bool has_room = next_request_ - lowest.value < window();
        if (slot == nullptr || !has_room || phase_ != Phase::open) {
            break;
        }
        if (!awaits_word_) {
            awaits_word_ = true;
            waiting_since_ = now;
        }
        slot->state = ClientSlotState::sent;
        slot->request = {next_request_};
        slot->first_sent = now;
        slot->wait = retransmit_first;
        next_request_ += 1;
        sent_count_ += 1;
        put_request(*slot, lowest, now);
    }
}

void ClientSession::put_request(ClientSlot& slot, RequestId lowest, Instant now) noexcept {
    GRAFOS_ASSERT(slot.request >= lowest);
    slot.last_sent = now;
    slot.next_send = saturating_add(now, slot.wait);
    const Bytes whole = buffer_of(slot).first(slot.size);
    const MessageView message{.type = slot.type,
                              .request = slot.request,
                              .open = static_cast<uint16_t>(slot.request.value - lowest.value),
                              .trace = slot.trace,
                              .payload = whole};
    if (!slot.takes_fragments) {
        put(message);
        return;
    }
    size_t offset = 0;
    do { // each turn takes a packet's worth; an empty payload is one piece
        const Result<MessageView> piece = piece_of(message, offset, packet_body_bytes_max);
        GRAFOS_ASSERT(piece.is_ok());
        put(piece.value());
        offset = piece_end(piece.value());
    } while (offset < whole.size());
}

void ClientSession::put(const MessageView& message) noexcept {
    const size_t bytes = MessageWriter::bytes_of(message);
    if (packet_body_bytes_ + bytes > packet_body_bytes_max) {
        send_packet();
    }
    if (phase_ != Phase::open) { // its counter is at the end
        return;
    }
    MessageWriter writer{Channel::body_of(packet_).subspan(packet_body_bytes_)};
    const Result<> result = writer.put(message);
    GRAFOS_ASSERT(result.is_ok());
    packet_body_bytes_ += writer.size();
}

void ClientSession::send_packet() noexcept {
    GRAFOS_ASSERT(phase_ == Phase::open);
    const Result<size_t> size = channel_.seal(packet_, packet_body_bytes_);
    packet_body_bytes_ = 0;
    if (!size.is_ok()) { // 2^64 − 1 packets: a new session, and what was asked is unknown
        lose_session();
        figures_.lost += 1;
        enter_hello(Instant{0});
        return;
    }
    parts_.port.send(node_.address, Bytes{packet_}.first(size.value()));
    figures_.packets_sent += 1;
}

} // namespace grafos::wire
