// SPDX-License-Identifier: Apache-2.0
// Tricks with sessions, quotas, bounds and floods.
#include "tests/sim/hostile/make_request.hpp"

namespace grafos::test {
namespace {

/// Of a LEASE_ALLOC request: behind its token are kind, resource, amount, then the TTL.
[[nodiscard]] size_t ttl_offset(size_t token_size) noexcept {
    return 4 + token_size + 2 + 16 + 8;
}

constexpr size_t flood_packets = 40;
constexpr size_t flood_grants = 4; ///< in each packet
constexpr uint64_t flood_permille = 60;
constexpr size_t burst_requests = 13; ///< more than a turn takes, less than a window

} // namespace

// --- sessions ------------------------------------------------------------------------------------

bool HostilePeer::attempt_session(Trick trick, size_t held) noexcept {
    Held& of = held_[held];
    HostileSession& in = session(of.who);
    const bool is_twice = trick == Trick::number_again || trick == Trick::number_for_other ||
                          trick == Trick::packet_again;
    if (is_twice) {
        return ask_add(held, trick);
    }
    if (trick == Trick::refusal_again) {
        return ask_refused(held);
    }
    if (trick == Trick::below_floor) {
        return in.last_number() > 60 && ask_below(held);
    }
    GRAFOS_ASSERT(trick == Trick::beyond_window || trick == Trick::other_address);
    return write_mark(trick, of.who, held, of.tokens[0], mark_offset, true);
}

/// An addition that is refused; its number is used again.
bool HostilePeer::ask_refused(size_t held) noexcept {
    Held& of = held_[held];
    if (of.is_busy) {
        return false;
    }
    lease::Token token = of.tokens[0];
    token.bytes[token.size - 1u] ^= 1;
    Asked* const asked =
        make(of.who, Job::add, Trick::refusal_again, wire::MessageType::mem_fetch_add, held,
             wire::MemFetchAddRequest{token.view(), 0, uint64_t{1} << 32});
    of.is_busy = finish(asked);
    return of.is_busy;
}

/// Under a number that was answered long ago.
bool HostilePeer::ask_below(size_t held) noexcept {
    const Held& of = held_[held];
    std::array<uint8_t, 8> bytes;
    store_big_endian<uint64_t>(bytes.data(), mark_);
    Asked* const asked = make(of.who, Job::trick, Trick::below_floor, wire::MessageType::mem_write,
                              held, wire::MemWriteRequest{of.tokens[0].view(), mark_offset, bytes});
    if (asked != nullptr) {
        asked->is_silent = true;
        asked->request -= choice_.between(40, 60);
    }
    return finish(asked);
}

/// First a packet is sealed and kept and its session replaced, or lost with its home; then it is
/// sent.
bool HostilePeer::attempt_old_session(Trick trick) noexcept {
    for (Old& old : old_) {
        const HostileSession& in = session(old.who);
        const bool is_other_boot = old.boot != clock().boot();
        const bool fits = old.is_used && !old.is_sent && (is_other_boot || !old.is_for_later) &&
                          old.home == home_ && in.is_confirmed() && in.number() != old.session &&
                          is_other_boot == (trick == Trick::session_of_other_boot);
        if (fits) {
            old.is_sent = true;
            judge_.note_sent(trick);
            judge_.note_right(trick); // unless it is answered, or the sum says otherwise
            world_.net().inject(in.address(), in.home().address, old.packet.view());
            return true;
        }
    }
    HostileSession& in = session(Who::ann_again);
    const size_t held = pick_held();
    if (trick != Trick::old_session || held == none || !in.is_open() || !choice_.chance(500)) {
        return false;
    }
    for (const Asked& asked : asked_) {
        if (asked.job != Job::none && asked.who == Who::ann_again) {
            return false;
        }
    }
    keep_packet(held);
    in.open(in.home(), in.number(), world_now());
    return true;
}

/// One that was sent, or the oldest.
HostilePeer::Old& HostilePeer::place_for_old() noexcept {
    for (Old& old : old_) {
        if (!old.is_used || old.is_sent) {
            return old;
        }
    }
    next_old_ += 1;
    return old_[next_old_ % old_.size()];
}

/// An addition of a mark, sealed for ann's second session as it is.
void HostilePeer::keep_packet(size_t held) noexcept {
    Asked* const asked =
        make(Who::ann_again, Job::trick, Trick::old_session, wire::MessageType::mem_fetch_add, held,
             wire::MemFetchAddRequest{held_[held].tokens[0].view(), 0, uint64_t{1} << 32});
    if (asked == nullptr) {
        return;
    }
    Old& old = place_for_old();
    old.is_used = true;
    old.is_sent = false;
    old.is_for_later = choice_.chance(500);
    old.who = Who::ann_again;
    old.session = session(Who::ann_again).number();
    old.home = home_;
    old.boot = clock().boot();
    seal(*asked, old.packet);
    asked->job = Job::none;
    held_[held].marked = Trick::old_session;
}

// --- grants --------------------------------------------------------------------------------------

bool HostilePeer::attempt_key(Trick trick, size_t held) noexcept {
    const Held& of = held_[held];
    if (trick == Trick::key_again) {
        const Who who = of.who == Who::bob    ? Who::bob
                        : choice_.chance(500) ? Who::ann
                                              : Who::ann_again;
        Asked* const asked = ask_alloc(who, Job::trick, trick, of.key, unit_bytes);
        if (asked != nullptr) {
            asked->held = held;
            asked->end = earlier_of(asked->end, of.expires_at);
            asked->generation = generation_of(of.tokens[0]).value;
        }
        return finish(asked);
    }
    if (of.who == Who::bob || live_perhaps() >= quota_leases) {
        return false;
    }
    return finish(ask_alloc(Who::bob, Job::trick, trick, of.key, unit_bytes));
}

bool HostilePeer::attempt_quota(Trick trick) noexcept {
    AllocKey key;
    drbg_.fill(key.bytes);
    const Instant soon = saturating_add(clock().now(), Duration{100});
    const Who who = choice_.chance(400)   ? Who::ann
                    : choice_.chance(500) ? Who::ann_again
                                          : Who::bob;
    if (trick == Trick::leases_over_quota) {
        return live_for_certain(soon) >= quota_leases &&
               finish(ask_alloc(who, Job::trick, trick, key, unit_bytes));
    }
    if (trick == Trick::bytes_over_quota) {
        return live_for_certain(soon) >= 2 && live_for_certain(soon) < quota_leases &&
               finish(ask_alloc(who, Job::trick, trick, key, 4 * unit_bytes));
    }
    const bool is_amount = trick == Trick::amount_over_token;
    Asked* const asked = ask_alloc(who, Job::trick, trick, key, (is_amount ? 5 : 1) * unit_bytes);
    if (asked != nullptr && !is_amount) {
        store_big_endian<uint64_t>(asked->payload.data() + ttl_offset(caps_[0].size),
                                   choice_.between(3'001, 300'000));
    }
    return finish(asked);
}

bool HostilePeer::attempt_ttl(Trick trick) noexcept {
    AllocKey key;
    drbg_.fill(key.bytes);
    Asked* const asked = ask_alloc(Who::ann, Job::trick, trick, key, unit_bytes);
    if (asked != nullptr) {
        const uint64_t too_long = choice_.chance(500) ? 300'001 : ~uint64_t{0} - choice_.below(9);
        const uint64_t too_short = choice_.below(100);
        store_big_endian<uint64_t>(asked->payload.data() + ttl_offset(caps_[0].size),
                                   trick == Trick::zero_ttl ? too_short : too_long);
    }
    return finish(asked);
}

// --- bounds --------------------------------------------------------------------------------------

bool HostilePeer::attempt_bounds(Trick trick, size_t held) noexcept {
    using wire::MessageType;
    const Held& of = held_[held];
    const lease::Token& token = of.tokens[0];
    if (trick == Trick::over_end) {
        return write_mark(trick, of.who, held, token,
                          of.size_bytes - (choice_.chance(500) ? 8 : 0));
    }
    if (trick == Trick::over_numbers) {
        return write_mark(trick, of.who, held, token, ~uint64_t{0} - 7 - 8 * choice_.below(2));
    }
    if (trick == Trick::unknown_message) {
        return finish(make(of.who, Job::trick, trick,
                           static_cast<MessageType>(0x7000 + choice_.below(256)), held,
                           wire::GetIdentityRequest{}));
    }
    if (trick == Trick::unknown_tlv) {
        Asked* const asked = make(of.who, Job::trick, trick, MessageType::mem_read, held,
                                  wire::MemReadRequest{token.view(), 0, 8});
        if (asked != nullptr) {
            const std::array<uint8_t, 5> tlv{200, 0, 2, 0xab, 0xcd};
            copy_bytes(MutableBytes{asked->payload}.subspan(asked->size), tlv);
            asked->size = static_cast<uint16_t>(asked->size + tlv.size());
        }
        return finish(asked);
    }
    if (trick == Trick::unaligned) {
        Asked* const asked = make(of.who, Job::trick, trick, MessageType::mem_compare_exchange,
                                  held, wire::MemCompareExchangeRequest{token.view(), 0, 0, 1});
        if (asked != nullptr) { // the last byte of the offset, behind the token
            asked->payload[4 + token.size + 7] = static_cast<uint8_t>(choice_.between(1, 7));
        }
        return finish(asked);
    }
    GRAFOS_ASSERT(trick == Trick::endless_pieces || trick == Trick::reserved_bits);
    return write_mark(trick, of.who, held, token, mark_offset, true);
}

// --- floods --------------------------------------------------------------------------------------

/// Much more than a turn's budget at once, and behind it a renewal that must not wait for long.
bool HostilePeer::attempt_flood(Trick trick, size_t held) noexcept {
    const Held& of = held_[held];
    HostileSession& in = session(of.who == Who::ann ? Who::ann_again : Who::ann);
    const bool has_time =
        of.expires_at > saturating_add(clock().now(), Duration{400}) && of.renewals_left > 0;
    if (!choice_.chance(flood_permille) || !in.is_open() || of.is_busy || !has_time) {
        return false;
    }
    if (trick == Trick::handshake_flood) {
        stranger_.flood(in.home(), flood_packets);
    } else {
        flood(trick, in, of);
    }
    judge_.note_sent(trick);
    return ask_renew(held, trick);
}

/// Reads with one number, which are executed each time; or grants under the key of a lease that is
/// there, each with a number of its own.
void HostilePeer::flood(Trick trick, HostileSession& in, const Held& of) noexcept {
    const bool is_data = trick == Trick::data_flood;
    std::array<uint8_t, 512> payload;
    wire::LeaseAllocRequest request;
    if (!is_data) {
        request.token = caps_[0].view();
        request.kind = lease::ResourceKind::memory;
        request.amount_bytes = unit_bytes;
        request.ttl = Duration{100};
        request.alloc_key = of.key;
        perhaps_until_ = saturating_add(clock().now(), Duration{1'000});
    }
    const Result<size_t> size =
        is_data ? wire::encode(wire::MemReadRequest{of.tokens[0].view(), 0, 8}, payload)
                : wire::encode(request, payload);
    GRAFOS_ASSERT(size.is_ok());
    const Who who = of.who == Who::ann ? Who::ann_again : Who::ann;
    const uint64_t floor = floor_of(who);
    const uint64_t number = in.take_number();
    const size_t packets = is_data ? flood_packets : 3;
    for (size_t i = 0; i < packets; ++i) {
        std::array<uint8_t, wire::packet_body_bytes_max> body;
        wire::MessageWriter writer{body};
        for (size_t m = 0; m < flood_grants && in.last_number() + 2 < floor + in.window(); ++m) {
            wire::MessageView message;
            message.type = static_cast<uint16_t>(is_data ? wire::MessageType::mem_read
                                                         : wire::MessageType::lease_alloc);
            message.request = {is_data ? number : in.take_number()};
            message.open = static_cast<uint16_t>(message.request.value - floor);
            message.payload = Bytes{payload}.first(size.value());
            const Result<> put = writer.put(message);
            GRAFOS_ASSERT(put.is_ok());
        }
        SealedPacket packet;
        in.seal(Bytes{body}.first(writer.size()), packet);
        in.inject(packet);
    }
}

/// Each is refused when it is executed, since its principal may not have so long a lease; so the
/// answers show how many were executed in one turn.
bool HostilePeer::attempt_burst(Trick trick, size_t held) noexcept {
    const Held& of = held_[held];
    const HostileSession& in = session(Who::ann);
    const Duration too_long{ttl_allowed.ms + 1};
    const bool is_free = floor_of(Who::ann) == in.last_number() + 1;
    if (!choice_.chance(flood_permille) || of.who == Who::bob || !in.is_confirmed() || !is_free) {
        return false;
    }
    burst_count_ = 0;
    for (size_t i = 0; i < burst_requests; ++i) {
        Asked* asked = nullptr;
        if (trick == Trick::renew_burst) {
            asked = make(Who::ann, Job::burst, trick, wire::MessageType::lease_renew, held,
                         wire::LeaseRenewRequest{of.tokens[0].view(), too_long});
        } else {
            wire::LeaseAllocRequest request;
            request.token = caps_[0].view();
            request.kind = lease::ResourceKind::memory;
            request.amount_bytes = unit_bytes;
            request.ttl = too_long;
            asked =
                make(Who::ann, Job::burst, trick, wire::MessageType::lease_alloc, none, request);
        }
        if (asked != nullptr) {
            send(*asked, true);
        }
    }
    return true;
}

} // namespace grafos::test
