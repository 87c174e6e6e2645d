// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/server.hpp"

#include "core/wire/session/trusted_fabric.hpp"

namespace grafos::wire {

SessionServer::SessionServer(const Parts& parts, const SessionStorageSpans& storage) noexcept
    : parts_{parts}, storage_{storage}, reassembler_{storage.reassemblies} {
    GRAFOS_ASSERT(parts_.seals || is_trusted_fabric_build);
}

void SessionServer::start(BootNumber boot, Duration turn_max) noexcept {
    GRAFOS_ASSERT(!cookies_.is_started() && boot.value > 0);
    boot_ = boot;
    turn_max_ = turn_max;
    cookies_.start(parts_.drbg);
    windows_free_count_ = storage_.windows_free.size();
    for (size_t i = 0; i < windows_free_count_; ++i) {
        storage_.windows_free[i] = static_cast<uint16_t>(windows_free_count_ - 1 - i);
    }
}

void SessionServer::on_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                              MutableBytes packet, Instant now) noexcept {
    GRAFOS_ASSERT(cookies_.is_started());
    if (header.is_to_client) {
        drop(SessionDrop::kind_unexpected);
        return;
    }
    switch (header.kind) {
    case PacketKind::hello: on_hello(from, header, packet, now); break;
    case PacketKind::init: on_init(from, header, packet, now); break;
    case PacketKind::sealed:
    case PacketKind::plain: on_sealed(from, header, packet, now); break;
    case PacketKind::cookie:
    case PacketKind::accept: drop(SessionDrop::kind_unexpected); break;
    }
}

bool SessionServer::tick(Instant now) noexcept {
    GRAFOS_ASSERT(cookies_.is_started());
    advance_handshake(now);
    if (now >= stale_at_) {
        end_stale(now);
    }
    if (now >= reassembler_.next_deadline()) {
        reassembler_.tick(now);
    }
    return desk_.next_step_at() <= now;
}

Instant SessionServer::next_deadline() const noexcept {
    return earlier_of(desk_.next_step_at(), earlier_of(stale_at_, reassembler_.next_deadline()));
}

void SessionServer::close_all(Instant now) noexcept {
    GRAFOS_ASSERT(cookies_.is_started());
    desk_.clear();
    accepting_ = nullptr;
    for (SessionEntry& entry : storage_.entries) {
        if (entry.state == EntryState::open) {
            end(entry, SessionEnd::closed);
        } else if (entry.state != EntryState::free) {
            figures_.pending_ended += 1;
            free_entry(entry);
        }
    }
    end_stale(now);
    GRAFOS_ASSERT(open_count_ == 0 && windows_free_count_ == storage_.windows_free.size());
}

SessionInfo SessionServer::info(size_t index) const noexcept {
    GRAFOS_ASSERT(index < open_count_);
    SessionInfo info;
    for (const SessionEntry& entry : storage_.entries) {
        if (entry.state != EntryState::open) {
            continue;
        }
        if (index == 0) {
            info = {.session = ref_of(entry),
                    .principal = entry.principal,
                    .address = entry.address,
                    .since = entry.since,
                    .last_heard = entry.last_heard,
                    .executing = static_cast<uint16_t>(entry.requests.executing_count()),
                    .packets_sent = entry.channel.sent_count()};
            break;
        }
        index -= 1;
    }
    return info;
}

// --- entries -------------------------------------------------------------------------------------

SessionEntry* SessionServer::find(SessionNumber number) noexcept {
    const uint64_t index = number.value & 0xFFFF;
    if (index >= storage_.entries.size()) {
        return nullptr;
    }
    SessionEntry& entry = storage_.entries[index];
    const bool is_there = entry.state == EntryState::open || entry.state == EntryState::pending;
    return is_there && entry.number == number ? &entry : nullptr;
}

SessionEntry* SessionServer::find_open(SessionRef session) noexcept {
    SessionEntry* entry = find(session.number);
    return entry != nullptr && entry->state == EntryState::open ? entry : nullptr;
}

uint16_t SessionServer::index_of(const SessionEntry& entry) const noexcept {
    const auto index = static_cast<size_t>(&entry - storage_.entries.data());
    GRAFOS_ASSERT(index < storage_.entries.size());
    return static_cast<uint16_t>(index);
}

SessionRef SessionServer::ref_of(const SessionEntry& entry) const noexcept {
    return {index_of(entry), entry.number};
}

void SessionServer::end(SessionEntry& entry, SessionEnd why) noexcept {
    GRAFOS_ASSERT(entry.state == EntryState::open && open_count_ > 0);
    const SessionRef ref = ref_of(entry);
    if (entry.outgoing != no_index) {
        storage_.outgoing[entry.outgoing].entry = no_index;
    }
    storage_.windows_free[windows_free_count_] = entry.window;
    windows_free_count_ += 1;
    open_count_ -= 1;
    figures_.ends[static_cast<size_t>(why)] += 1;
    if (entry.owes_sign) {
        signs_owed_ -= 1;
    }
    reassembler_.forget(entry.number.value);
    free_entry(entry);
    parts_.sink.on_session_end(ref);
}

void SessionServer::free_entry(SessionEntry& entry) noexcept {
    entry.channel.erase();
    entry.state = EntryState::free;
    entry.window = no_index;
    entry.outgoing = no_index;
    entry.owes_sign = false;
    entry.number = {};
    entry.old_session = {};
}

Instant SessionServer::stale_at(const SessionEntry& entry) const noexcept {
    switch (entry.state) {
    case EntryState::free:
    case EntryState::accepting: return Instant::never();
    case EntryState::pending: return saturating_add(entry.since, pending_most);
    case EntryState::open: return saturating_add(entry.last_heard, storage_.limits.idle_max);
    }
    return Instant::never();
}

void SessionServer::end_stale(Instant now) noexcept {
    Instant next = Instant::never();
    for (SessionEntry& entry : storage_.entries) {
        const Instant at = stale_at(entry);
        if (now < at) {
            next = earlier_of(next, at);
        } else if (entry.state == EntryState::open) {
            end(entry, SessionEnd::idle);
        } else {
            figures_.pending_ended += 1;
            free_entry(entry);
        }
    }
    stale_at_ = next;
}

} // namespace grafos::wire
