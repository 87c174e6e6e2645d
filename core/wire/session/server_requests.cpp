// SPDX-License-Identifier: Apache-2.0
// What comes in an open session, up to the sink.
#include "core/wire/session/server.hpp"

namespace grafos::wire {
namespace {

[[nodiscard]] SessionDrop drop_of(Opening opening) noexcept {
    switch (opening) {
    case Opening::opened: break;
    case Opening::kind_refused: return SessionDrop::kind_refused;
    case Opening::counter_old: return SessionDrop::counter_old;
    case Opening::counter_repeated: return SessionDrop::counter_repeated;
    case Opening::tag_wrong: return SessionDrop::tag_wrong;
    }
    GRAFOS_ASSERT(opening != Opening::opened);
    return SessionDrop::tag_wrong;
}

[[nodiscard]] bool is_last_piece(const MessageView& message) noexcept {
    return (message.flags & message_flags::continued) == 0;
}

} // namespace

void SessionServer::on_sealed(const hal::DatagramAddress& from, const PacketHeader& header,
                              MutableBytes packet, Instant now) noexcept {
    SessionEntry* entry = find(header.session);
    if (entry == nullptr) {
        drop(SessionDrop::session_unknown);
        return;
    }
    // Answers go where the cookie proved somebody listens, so requests come from there.
    if (entry->address != from) {
        drop(SessionDrop::address_foreign);
        return;
    }
    Bytes messages;
    const Opening opening = entry->channel.open(header, packet, messages);
    if (opening != Opening::opened) {
        drop(drop_of(opening));
        return;
    }
    figures_.packets += 1;
    if (entry->state == EntryState::pending && !confirm(*entry, now)) {
        drop(SessionDrop::table_full);
        return;
    }
    entry->last_heard = now;
    if (messages.empty()) {
        figures_.probes += 1;
        owe_sign(*entry);
        return;
    }
    on_messages(ref_of(*entry), messages, now);
}

void SessionServer::on_messages(SessionRef session, Bytes messages, Instant now) noexcept {
    while (!messages.empty()) { // each turn takes a message header at least
        SessionEntry* entry = find_open(session);
        if (entry == nullptr) { // ended by what its sink did
            return;
        }
        const Result<MessageView> message = take_message(messages);
        if (!message.is_ok() || message.value().is_reply()) {
            drop(SessionDrop::message_malformed);
            return;
        }
        on_request(*entry, message.value(), now);
    }
}

void SessionServer::on_request(SessionEntry& entry, const MessageView& message,
                               Instant now) noexcept {
    const MessageEntry* known = find_message(message.type);
    const bool mutates = known != nullptr && known->is_mutating;
    switch (entry.requests.arrive(message, mutates)) {
    case Arrival::again: figures_.reads_repeated += is_last_piece(message) ? 1u : 0u; break;
    case Arrival::fresh: break;
    case Arrival::answered: repeat(entry, message); return;
    case Arrival::executing:
        drop(SessionDrop::request_executing);
        owe_sign(entry); // still here, still at it
        return;
    case Arrival::below_floor: drop(SessionDrop::request_below_floor); return;
    case Arrival::beyond_window: drop(SessionDrop::request_beyond_window); return;
    case Arrival::contradicting: drop(SessionDrop::message_malformed); return;
    }
    if (!message.fragment.has_value()) {
        execute(entry, message, mutates, now);
        return;
    }
    if (message.fragment->total == message.payload.size()) { // nothing to be put together
        MessageView whole = message;
        whole.fragment.reset();
        whole.flags &= static_cast<uint8_t>(~message_flags::final);
        execute(entry, whole, mutates, now);
        return;
    }
    const auto whole = reassembler_.add(entry.number.value, message, now);
    if (!whole.is_ok()) {
        drop(SessionDrop::fragment_refused);
    } else if (whole.value().has_value()) {
        execute(entry, *whole.value(), mutates, now);
    }
}

void SessionServer::execute(SessionEntry& entry, const MessageView& message, bool mutates,
                            Instant now) noexcept {
    if (!has_budget(entry)) {
        drop(SessionDrop::request_over_budget);
        return;
    }
    entry.requests.begin(message, mutates);
    figures_.requests += 1;
    const RequestOrigin origin{
        .session = ref_of(entry), .principal = entry.principal, .request = message.request};
    parts_.sink.on_request(origin, message, now);
}

void SessionServer::repeat(SessionEntry& entry, const MessageView& message) noexcept {
    if (!is_last_piece(message)) { // once for all its pieces
        return;
    }
    if (!has_budget(entry)) {
        drop(SessionDrop::request_over_budget);
        return;
    }
    const RequestSlot& kept = entry.requests.kept(message.request);
    figures_.replies_repeated += 1;
    put(entry, {.type = kept.type,
                .flags = kept.reply_flags,
                .request = message.request,
                .status = kept.status,
                .payload = Bytes{kept.reply}.first(kept.reply_bytes)});
}

bool SessionServer::has_budget(SessionEntry& entry) noexcept {
    if (entry.turn != turn_) {
        entry.turn = turn_;
        entry.asked_in_turn = 0;
    }
    if (entry.asked_in_turn >= storage_.limits.requests_per_turn_max) {
        return false;
    }
    entry.asked_in_turn += 1;
    return true;
}

void SessionServer::owe_sign(SessionEntry& entry) noexcept {
    if (!entry.owes_sign) {
        entry.owes_sign = true;
        signs_owed_ += 1;
    }
}

} // namespace grafos::wire
