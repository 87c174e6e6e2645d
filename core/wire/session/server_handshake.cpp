// SPDX-License-Identifier: Apache-2.0
// From a stranger's hello to a confirmed session.
#include "core/wire/session/server.hpp"

#include <algorithm>

namespace grafos::wire {

void SessionServer::on_hello(const hal::DatagramAddress& from, const PacketHeader& header,
                             Bytes packet, Instant now) noexcept {
    const Result<ClientRandom> random = decode_hello(header, packet);
    if (!random.is_ok()) {
        drop(SessionDrop::hello_malformed);
        return;
    }
    const Cookie cookie = cookies_.make(from, random.value(), now);
    parts_.port.send(from, encode_cookie({random.value(), cookie}));
    figures_.hellos += 1;
}

void SessionServer::on_init(const hal::DatagramAddress& from, const PacketHeader& header,
                            Bytes packet, Instant now) noexcept {
    const Result<InitBody> body = decode_init(header, packet);
    if (!body.is_ok()) {
        drop(SessionDrop::init_malformed);
        return;
    }
    const CookieBody& proof = body.value().proof;
    if (!cookies_.accepts(proof.cookie, from, proof.random, now)) {
        drop(SessionDrop::cookie_wrong);
        return;
    }
    const WaitingInit init{from, header.session, body.value().noise};
    if (is_known_attempt(init)) {
        return;
    }
    switch (desk_.take_in(init)) {
    case HandshakeDesk::Intake::taken: figures_.inits += 1; break;
    case HandshakeDesk::Intake::waits_already: drop(SessionDrop::init_repeated); break;
    case HandshakeDesk::Intake::full: drop(SessionDrop::queue_full); break;
    }
}

bool SessionServer::is_known_attempt(const WaitingInit& init) noexcept {
    for (const SessionEntry& entry : storage_.entries) {
        const bool is_it = entry.state != EntryState::free && entry.address == init.from &&
                           is_equal(entry.ephemeral, init.ephemeral());
        if (!is_it) {
            continue;
        }
        if (entry.state == EntryState::pending) {
            // Its client did not get the answer: the same bytes, no public-key operation.
            parts_.port.send(init.from, entry.accept);
            figures_.accepts_repeated += 1;
        } else {
            drop(SessionDrop::init_repeated);
        }
        return true;
    }
    return false;
}

void SessionServer::advance_handshake(Instant now) noexcept {
    const HandshakeDesk::Progress progress = desk_.step(parts_.identity, now);
    figures_.public_key_steps = desk_.steps();
    switch (progress) {
    case HandshakeDesk::Progress::resting:
    case HandshakeDesk::Progress::working: break;
    case HandshakeDesk::Progress::refused: dismiss(SessionDrop::key_refused); break;
    case HandshakeDesk::Progress::named:
        if (!parts_.peers.find(desk_.noise().initiator()).is_ok()) {
            dismiss(SessionDrop::principal_unknown);
        }
        break;
    case HandshakeDesk::Progress::asked: on_asked(); break;
    case HandshakeDesk::Progress::ready: on_ready(now); break;
    }
}

void SessionServer::dismiss(SessionDrop why) noexcept {
    drop(why);
    desk_.dismiss();
    if (accepting_ != nullptr) {
        free_entry(*accepting_);
        accepting_ = nullptr;
    }
}

void SessionServer::on_asked() noexcept {
    GRAFOS_ASSERT(accepting_ == nullptr);
    const Result<InitPayload> asked = decode_init_payload(desk_.noise().payload());
    const Result<size_t> principal = parts_.peers.find(desk_.noise().initiator());
    if (!asked.is_ok() || !principal.is_ok()) {
        dismiss(SessionDrop::init_payload);
        return;
    }
    SessionEntry* entry = place_for(static_cast<uint8_t>(principal.value()));
    if (entry == nullptr) {
        dismiss(SessionDrop::table_full);
        return;
    }
    entry->principal = static_cast<uint8_t>(principal.value());
    entry->old_session = asked.value().old_session;
    if (!has_room_for(*entry)) {
        entry->old_session = {};
        dismiss(SessionDrop::table_full);
        return;
    }
    std::array<uint8_t, 8> random;
    parts_.drbg.fill(random);
    const uint64_t drawn = load_big_endian<uint64_t>(random.data());
    entry->number = {(drawn & ~uint64_t{0xFFFF}) | index_of(*entry)};
    if (entry->number.value == index_of(*entry)) {
        entry->number.value |= 0x10000; // 0 names no session; once in 2^48
    }
    entry->state = EntryState::accepting;
    entry->attempt = desk_.attempt();
    entry->address = desk_.init().from;
    copy_bytes(entry->ephemeral, desk_.init().ephemeral());
    accepting_ = entry;
    const AcceptPayload payload{.session = entry->number,
                                .boot = boot_,
                                .window = storage_.limits.window,
                                .seals = parts_.seals,
                                .turn_max = turn_max_,
                                .node_id = parts_.identity.node_id()};
    desk_.accept(encode_accept_payload(payload), parts_.drbg);
}

void SessionServer::on_ready(Instant now) noexcept {
    GRAFOS_ASSERT(accepting_ != nullptr && accepting_->state == EntryState::accepting);
    SessionEntry& entry = *accepting_;
    accepting_ = nullptr;
    entry.channel.start(SessionSide::node, entry.number, parts_.seals);
    desk_.noise().split(entry.channel.sending_key(), entry.channel.receiving_key());
    entry.accept = encode_accept(desk_.init().mark, desk_.noise().message());
    entry.state = EntryState::pending;
    entry.since = now;
    entry.last_heard = now;
    parts_.port.send(entry.address, entry.accept);
    figures_.accepts += 1;
    stale_at_ = earlier_of(stale_at_, stale_at(entry));
    desk_.dismiss();
}

// --- who may have a place ------------------------------------------------------------------------

size_t SessionServer::count_of(uint8_t principal, EntryState state) const noexcept {
    size_t count = 0;
    for (const SessionEntry& entry : storage_.entries) {
        const bool counts = entry.state == state && entry.principal == principal;
        count += counts ? 1u : 0u;
    }
    return count;
}

SessionEntry* SessionServer::place_for(uint8_t principal) noexcept {
    if (count_of(principal, EntryState::pending) >= pending_per_principal_max) {
        SessionEntry* oldest = nullptr;
        for (SessionEntry& entry : storage_.entries) {
            const bool is_older = entry.state == EntryState::pending &&
                                  entry.principal == principal &&
                                  (oldest == nullptr || entry.since < oldest->since);
            oldest = is_older ? &entry : oldest;
        }
        GRAFOS_ASSERT(oldest != nullptr);
        figures_.pending_ended += 1;
        free_entry(*oldest);
    }
    for (SessionEntry& entry : storage_.entries) {
        if (entry.state == EntryState::free) {
            return &entry;
        }
    }
    return nullptr;
}

SessionEntry* SessionServer::own_by(const SessionEntry& entry, SessionNumber number) noexcept {
    SessionEntry* const own = find(number);
    const bool is_its_own = own != nullptr && own != &entry && own->principal == entry.principal;
    return is_its_own ? own : nullptr;
}

/// The open session that ends when this one is confirmed. One that was named and was itself never
/// confirmed stands for the one that it names.
SessionEntry* SessionServer::named_by(const SessionEntry& entry) noexcept {
    SessionEntry* old = own_by(entry, entry.old_session);
    for (size_t i = 0; i < storage_.entries.size() && old != nullptr; ++i) {
        if (old->state == EntryState::open) {
            return old;
        }
        old = own_by(entry, old->old_session);
    }
    return nullptr;
}

/// Their client gave them up before the node heard a word in them; it must not hear one later.
void SessionServer::forget_named(SessionEntry& entry) noexcept {
    for (size_t i = 0; i < storage_.entries.size(); ++i) {
        SessionEntry* const old = own_by(entry, entry.old_session);
        if (old == nullptr || old->state == EntryState::open) {
            return;
        }
        entry.old_session = old->old_session;
        figures_.pending_ended += 1;
        free_entry(*old);
    }
}

SessionEntry* SessionServer::longest_silent(uint8_t principal) noexcept {
    SessionEntry* found = nullptr;
    for (SessionEntry& entry : storage_.entries) {
        const bool is_better = entry.state == EntryState::open && entry.principal == principal &&
                               (found == nullptr || entry.last_heard < found->last_heard);
        found = is_better ? &entry : found;
    }
    return found;
}

/// Of the principal that has most open, if that is at least two more than `principal` has: then the
/// one that takes the place has still no more than the one that gives it. Else one of its own.
SessionEntry* SessionServer::given_up_for(uint8_t principal) noexcept {
    size_t most = count_of(principal, EntryState::open) + 1;
    uint8_t richest = principal;
    for (uint8_t other = 0; other < parts_.peers.size(); ++other) {
        const size_t count = count_of(other, EntryState::open);
        richest = count > most ? other : richest;
        most = std::max(most, count);
    }
    return longest_silent(richest);
}

bool SessionServer::has_room_for(SessionEntry& entry) noexcept {
    return windows_free_count_ > 0 || named_by(entry) != nullptr ||
           count_of(entry.principal, EntryState::open) >= storage_.limits.per_principal_max ||
           given_up_for(entry.principal) != nullptr;
}

bool SessionServer::confirm(SessionEntry& entry, Instant now) noexcept {
    GRAFOS_ASSERT(entry.state == EntryState::pending);
    if (!has_room_for(entry)) {
        return false;
    }
    forget_named(entry);
    if (SessionEntry* old = named_by(entry); old != nullptr) {
        end(*old, SessionEnd::replaced);
    } else if (count_of(entry.principal, EntryState::open) >= storage_.limits.per_principal_max) {
        end(*longest_silent(entry.principal), SessionEnd::displaced);
    } else if (windows_free_count_ == 0) {
        end(*given_up_for(entry.principal), SessionEnd::displaced);
    }
    GRAFOS_ASSERT(windows_free_count_ > 0);
    windows_free_count_ -= 1;
    entry.window = storage_.windows_free[windows_free_count_];
    const size_t window = storage_.limits.window;
    entry.requests.start(storage_.slots.subspan(entry.window * window, window));
    entry.state = EntryState::open;
    entry.since = now;
    entry.last_heard = now;
    entry.turn = 0;
    desk_.give_back(entry.attempt);
    open_count_ += 1;
    figures_.opened += 1;
    stale_at_ = earlier_of(stale_at_, stale_at(entry));
    return true;
}

} // namespace grafos::wire
