// SPDX-License-Identifier: Apache-2.0
// Opening a session, keeping it, and noticing that it is gone.
#include "core/wire/session/client.hpp"

#include "core/wire/session/trusted_fabric.hpp"

namespace grafos::wire {
namespace {

/// One init is repeated so long; its cookie may have died, or the node with it.
constexpr Duration init_most{5'000};
/// Between the hellos of a suspect session; longer than a round trip.
constexpr Duration suspect_first{125};
/// After a forged accept, which cost up to two public-key operations, none is read for so long.
constexpr Duration forged_pause{50};
/// So many cookies, and no word in the session: the node lives and the session does not.
constexpr uint8_t cookies_to_give_up = 3;

} // namespace

ClientSession::ClientSession(const Parts& parts, const ClientStorageSpans& storage) noexcept
    : parts_{parts}, storage_{storage}, reassembler_{storage.reassemblies} {
    GRAFOS_ASSERT(parts_.seals || is_trusted_fabric_build);
}

Result<> ClientSession::open(const Principal& node, Instant now, SessionNumber left) noexcept {
    if (phase_ != Phase::closed) {
        return Error{ErrorCode::busy, Field::session};
    }
    if (node.address == hal::DatagramAddress{}) {
        return Error{ErrorCode::invalid_argument, Field::address};
    }
    if (node.exchange_key.is_zero()) {
        return Error{ErrorCode::invalid_argument, Field::key};
    }
    if (node.exchange_key != node_.exchange_key) {
        old_session_ = {};
    }
    if (left.value != 0) {
        old_session_ = left;
    }
    node_ = node;
    is_other_kind_ = false;
    enter_hello(now);
    return ok();
}

void ClientSession::close() noexcept {
    lose_session();
    for (ClientSlot& slot : storage_.slots) {
        if (slot.state == ClientSlotState::queued) {
            disconnect(slot);
        }
    }
    noise_.erase();
    phase_ = Phase::closed;
}

SessionState ClientSession::state() const noexcept {
    switch (phase_) {
    case Phase::closed: return SessionState::closed;
    case Phase::hello:
    case Phase::writing:
    case Phase::init:
    case Phase::reading: return SessionState::opening;
    case Phase::open: return SessionState::open;
    }
    return SessionState::closed;
}

std::optional<Error> ClientSession::refusal() const noexcept {
    if (!is_other_kind_) {
        return std::nullopt;
    }
    return Error{ErrorCode::unsupported, Field::session, parts_.seals ? 0u : 1u,
                 parts_.seals ? 1u : 0u};
}

uint16_t ClientSession::window() const noexcept {
    const size_t own = storage_.slots.size();
    return accepted_.window < own ? accepted_.window : static_cast<uint16_t>(own);
}

// --- phases --------------------------------------------------------------------------------------

void ClientSession::enter_hello(Instant now) noexcept {
    noise_.erase();
    parts_.drbg.fill(random_.bytes);
    phase_ = Phase::hello;
    next_send_ = now;
    wait_ = retransmit_first;
}

void ClientSession::enter_writing() noexcept {
    GRAFOS_ASSERT(phase_ == Phase::hello);
    const crypto::EphemeralSecret ephemeral{parts_.drbg};
    noise_.start(parts_.identity, node_.exchange_key, bytes_of(handshake_prologue),
                 encode_init_payload({old_session_}), ephemeral);
    phase_ = Phase::writing;
}

void ClientSession::enter_init(Instant now) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::writing);
    phase_ = Phase::init;
    next_send_ = now;
    wait_ = retransmit_first;
    next_read_ = now;
    give_up_at_ = saturating_add(now, init_most);
}

void ClientSession::enter_open(Instant now) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::reading && sent_count_ == 0);
    channel_.start(SessionSide::client, accepted_.session, parts_.seals);
    noise_.split(channel_.sending_key(), channel_.receiving_key());
    noise_.erase();
    old_session_ = accepted_.session;
    is_other_kind_ = false;
    next_request_ = 1;
    awaits_word_ = true; // until the node is heard, it may not know that we were accepted
    is_suspect_ = false;
    packet_body_bytes_ = 0;
    waiting_since_ = now;
    next_send_ = now;
    wait_ = retransmit_first;
    figures_.opened += 1;
    phase_ = Phase::open;
}

void ClientSession::lose_session() noexcept {
    for (ClientSlot& slot : storage_.slots) {
        if (slot.state == ClientSlotState::sent) {
            disconnect(slot);
        }
    }
    GRAFOS_ASSERT(sent_count_ == 0);
    if (phase_ == Phase::open) {
        channel_.erase();
    }
}

void ClientSession::step(Instant now) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::writing || phase_ == Phase::reading);
    figures_.public_key_steps += 1;
    switch (noise_.step()) {
    case crypto::Step::more: return;
    case crypto::Step::refused:
        if (phase_ == Phase::reading) { // forged: the true one may still come
            figures_.accepts_refused += 1;
            phase_ = Phase::init;
            next_read_ = saturating_add(now, forged_pause);
            return;
        }
        enter_hello(saturating_add(now, retransmit_most)); // the node's key is none
        return;
    case crypto::Step::done: break;
    }
    if (phase_ == Phase::writing) {
        enter_init(now);
        return;
    }
    const Result<AcceptPayload> accept = decode_accept_payload(noise_.payload());
    const bool is_it =
        accept.is_ok() && (node_.node_id.is_zero() || accept.value().node_id == node_.node_id);
    if (!is_it) { // proven to hold the key, and not what we were told it is
        figures_.accepts_refused += 1;
        enter_hello(saturating_add(now, retransmit_most));
        return;
    }
    if (accept.value().seals != parts_.seals) {
        refuse_kind(now);
        return;
    }
    accepted_ = accept.value();
    enter_open(now);
}

/// Of two kinds that cannot talk neither gives in: what waits is told why. The node may be built
/// anew, so it is asked again.
void ClientSession::refuse_kind(Instant now) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::reading && sent_count_ == 0);
    figures_.accepts_refused += 1;
    is_other_kind_ = true;
    for (ClientSlot& slot : storage_.slots) {
        if (slot.state == ClientSlotState::queued) {
            slot.state = ClientSlotState::done;
            slot.error = refusal();
        }
    }
    enter_hello(saturating_add(now, retransmit_most));
}

void ClientSession::tick(Instant now) noexcept {
    for (ClientSlot& slot : storage_.slots) {
        const bool waits =
            slot.state == ClientSlotState::queued || slot.state == ClientSlotState::sent;
        if (waits && now >= slot.deadline) {
            disconnect(slot);
        }
    }
    const bool is_asking = phase_ == Phase::init || phase_ == Phase::reading;
    if (is_asking && now >= give_up_at_) {
        enter_hello(now);
    }
}

// --- packets -------------------------------------------------------------------------------------

bool ClientSession::take_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                                MutableBytes packet, Instant now) noexcept {
    if (phase_ == Phase::closed || from != node_.address || !header.is_to_client) {
        return false;
    }
    switch (header.kind) {
    case PacketKind::cookie: return take_cookie(header, packet);
    case PacketKind::accept: return take_accept(header, packet, now);
    case PacketKind::sealed:
    case PacketKind::plain: return take_sealed(header, packet, now);
    case PacketKind::hello:
    case PacketKind::init: break;
    }
    return false;
}

bool ClientSession::take_cookie(const PacketHeader& header, Bytes packet) noexcept {
    const Result<CookieBody> body = decode_cookie(header, packet);
    if (!body.is_ok() || body.value().random != random_) {
        return false;
    }
    if (phase_ == Phase::open && is_suspect_) {
        cookies_heard_ += 1;
        if (cookies_heard_ < cookies_to_give_up) {
            return true;
        }
        lose_session();
        figures_.lost += 1;
        phase_ = Phase::hello;
    }
    if (phase_ == Phase::hello) { // any other cookie is a copy
        cookie_ = body.value().cookie;
        enter_writing();
    }
    return true;
}

bool ClientSession::take_accept(const PacketHeader& header, Bytes packet, Instant now) noexcept {
    const Result<Bytes> message = decode_accept(header, packet);
    if (!message.is_ok() || header.session != mark_of(random_)) {
        return false;
    }
    if (phase_ == Phase::init && now >= next_read_ && noise_.start_read(message.value())) {
        phase_ = Phase::reading;
    }
    return true;
}

bool ClientSession::take_sealed(const PacketHeader& header, MutableBytes packet,
                                Instant now) noexcept {
    if (phase_ != Phase::open || header.session != accepted_.session) {
        return false;
    }
    Bytes messages;
    if (channel_.open(header, packet, messages) != Opening::opened) {
        figures_.packets_dropped += 1;
        return true;
    }
    figures_.packets_opened += 1;
    on_heard(now);
    while (!messages.empty()) { // each turn takes a message header at least
        const Result<MessageView> message = take_message(messages);
        if (!message.is_ok() || !message.value().is_reply()) {
            figures_.packets_dropped += 1;
            break;
        }
        on_reply(message.value(), header.counter, now);
    }
    awaits_word_ = sent_count_ > 0;
    return true;
}

void ClientSession::on_heard(Instant now) noexcept {
    is_suspect_ = false;
    waiting_since_ = now;
    next_send_ = Instant::never();
}

// --- sending what opens and keeps a session ------------------------------------------------------

void ClientSession::send_opening(Instant now) noexcept {
    if (phase_ == Phase::hello) {
        parts_.port.send(node_.address, encode_hello(random_));
        figures_.hellos += 1;
    } else {
        GRAFOS_ASSERT(phase_ == Phase::init);
        InitBody body{.proof = {random_, cookie_}, .noise = {}};
        copy_bytes(body.noise, noise_.message());
        parts_.port.send(node_.address, encode_init(body));
        figures_.inits += 1;
    }
    next_send_ = saturating_add(now, wait_);
    wait_ = doubled(wait_);
}

/// Until the node was heard it is probed; when it falls silent it is probed again, and beside each
/// probe goes a hello: if that is answered and the probe is not, the node lives and the session
/// does not.
void ClientSession::keep_up(Instant now) noexcept {
    const bool is_silent = awaits_word_ && now >= saturating_add(waiting_since_, silence_most);
    if (is_silent && !is_suspect_) {
        is_suspect_ = true;
        cookies_heard_ = 0;
        parts_.drbg.fill(random_.bytes); // cookies given before prove nothing now
        next_send_ = now;
        wait_ = suspect_first;
    }
    if (now < next_send_) {
        return;
    }
    if (packet_body_bytes_ == 0) {
        send_packet();
    }
    if (phase_ == Phase::open && is_suspect_) {
        parts_.port.send(node_.address, encode_hello(random_));
        figures_.hellos += 1;
    }
    next_send_ = saturating_add(now, wait_);
    wait_ = doubled(wait_);
}

void ClientSession::flush(Instant now) noexcept {
    const bool is_asking = phase_ == Phase::hello || phase_ == Phase::init;
    if (is_asking && now >= next_send_) {
        send_opening(now);
    }
    if (phase_ == Phase::open) {
        fill_packets(now);
    }
    if (phase_ == Phase::open) {
        keep_up(now);
    }
    if (phase_ == Phase::open && packet_body_bytes_ > 0) {
        send_packet();
    }
}

Instant ClientSession::next_deadline() const noexcept {
    Instant next = Instant::never();
    switch (phase_) {
    case Phase::closed: return next;
    case Phase::writing: next = Instant{0}; break; // a step is due
    case Phase::reading: next = Instant{0}; break;
    case Phase::hello: next = next_send_; break;
    case Phase::init: next = earlier_of(next_send_, give_up_at_); break;
    case Phase::open:
        next = next_send_;
        if (awaits_word_ && !is_suspect_) {
            next = earlier_of(next, saturating_add(waiting_since_, silence_most));
        }
        break;
    }
    const bool has_room = phase_ == Phase::open && next_request_ - lowest_open().value < window();
    for (const ClientSlot& slot : storage_.slots) {
        if (slot.state == ClientSlotState::queued && has_room) {
            return Instant{0}; // leaves at the next flush
        }
        if (slot.state == ClientSlotState::queued || slot.state == ClientSlotState::sent) {
            next = earlier_of(next, slot.deadline);
        }
        if (slot.state == ClientSlotState::sent) {
            next = earlier_of(next, slot.next_send);
        }
    }
    return next;
}

} // namespace grafos::wire
