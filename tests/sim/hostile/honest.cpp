// SPDX-License-Identifier: Apache-2.0
// What a hostile peer does as anybody would: tokens, leases, renewals, additions. And when the ends
// of its leases are to be tried out.
#include "core/lease/token/token.hpp"
#include "tests/sim/hostile/make_request.hpp"

namespace grafos::test {
namespace {

constexpr Duration cap_life{60'000};
constexpr Duration ttl_least{400};
constexpr Duration over_for_sure{300};
constexpr uint64_t cap_units = 4;

/// As honest programs write: what it belongs to, and a count.
void fill_honest(MutableBytes to, uint64_t tag) noexcept {
    for (size_t at = 0; at + 8 <= to.size(); at += 8) {
        const uint64_t word = at % 16 == 0 ? tag : 1;
        for (size_t i = 0; i < 8; ++i) {
            to[at + i] = static_cast<uint8_t>(word >> (8 * i));
        }
    }
}

} // namespace

/// Sessions, tokens, leases; whether there is something to play tricks with.
bool HostilePeer::prepare(Instant world) noexcept {
    for (std::optional<HostileSession>& of : sessions_) {
        if (of->is_closed()) {
            of->open(session(Who::ann).home(), of->number(), world);
        }
    }
    if (!session(Who::ann).is_open() || !session(Who::bob).is_open()) {
        return false;
    }
    const Instant soon = saturating_add(clock().now(), Duration{2'000});
    for (size_t i = 0; i < caps_.size(); ++i) {
        if (caps_[i].size == 0 || expiry_of(caps_[i]) < soon) {
            ask_cap(i);
            return false;
        }
    }
    for (size_t i = 0; i < held_.size(); ++i) {
        look_after(i);
    }
    if (live_perhaps() < wanted_) {
        AllocKey key;
        drbg_.fill(key.bytes);
        (void)finish(ask_alloc(choice_.chance(500) ? Who::ann : Who::ann_again, Job::alloc,
                               Trick::leases_over_quota, key, unit_bytes));
    }
    if (choice_.chance(80)) {
        (void)clear_older();
    }
    if (choice_.chance(50)) {
        (void)finish(make(Who::bob, Job::fences, Trick::clear_older_fence,
                          wire::MessageType::fence_list, none, wire::FenceListRequest{}));
    }
    return live_for_certain(clock().now()) > 0;
}

void HostilePeer::look_after(size_t held) noexcept {
    Held& of = held_[held];
    if (!of.is_used) {
        return;
    }
    const Instant now = clock().now();
    if (now >= saturating_add(of.expires_at, over_for_sure)) {
        bury(of, Trick::use_long_after);
        return;
    }
    const Duration left = left_until(of.expires_at, now);
    if (of.renewals_left > 0 && left.ms * 5 < of.ttl.ms * 2) {
        (void)ask_renew(held, Trick::renew_previous);
    } else if (choice_.chance(100)) {
        (void)ask_add(held, Trick::use_before_end);
    } else if (choice_.chance(8)) {
        ask_end(held, choice_.chance(400));
    }
}

bool HostilePeer::finish(Asked* asked) noexcept {
    if (asked == nullptr) {
        return false;
    }
    send(*asked);
    return true;
}

void HostilePeer::ask_cap(size_t index) noexcept {
    for (const Asked& asked : asked_) {
        if (asked.job == Job::cap) {
            return;
        }
    }
    wire::CapRequestRequest request;
    request.tenant = tenant;
    request.kind = lease::ResourceKind::memory;
    request.bytes_max = cap_units * unit_bytes;
    request.ttl_max = ttl_most;
    request.token_ttl = cap_life;
    Asked* const asked = make(Who::bob, Job::cap, Trick::token_unasked,
                              wire::MessageType::cap_request, none, request);
    if (asked != nullptr) {
        asked->value = index;
        send(*asked);
    }
}

HostilePeer::Asked* HostilePeer::ask_alloc(Who who, Job job, Trick trick, const AllocKey& key,
                                           uint64_t bytes) noexcept {
    const lease::Token& cap = caps_[static_cast<size_t>(choice_.below(caps_.size()))];
    if (cap.size == 0) {
        return nullptr;
    }
    wire::LeaseAllocRequest request;
    request.token = cap.view();
    request.kind = lease::ResourceKind::memory;
    request.amount_bytes = bytes;
    request.ttl = Duration{choice_.between(ttl_least.ms, ttl_allowed.ms)};
    request.alloc_key = key;
    const uint64_t live = live_perhaps();
    Asked* const asked = make(who, job, trick, wire::MessageType::lease_alloc, none, request);
    if (asked != nullptr) {
        asked->value = live;
        asked->end = expiry_of(cap);
    }
    return asked;
}

bool HostilePeer::ask_renew(size_t held, Trick trick) noexcept {
    Held& of = held_[held];
    if (of.is_busy || of.is_ending) {
        return false;
    }
    Asked* const asked = make(of.who, Job::renew, trick, wire::MessageType::lease_renew, held,
                              wire::LeaseRenewRequest{of.tokens[0].view(), Duration{}});
    if (asked == nullptr) {
        return false;
    }
    of.is_busy = true;
    of.renewals_left = static_cast<uint8_t>(of.renewals_left - (of.renewals_left > 0 ? 1u : 0u));
    send(*asked);
    if (choice_.chance(300)) {
        (void)read_tail(); // while its record is on its way to the disk
    }
    return true;
}

/// The newest records there may be.
bool HostilePeer::read_tail() noexcept {
    const uint64_t from = anchored_ > 0 ? anchored_ - 1 : 0;
    Asked* const asked =
        make(Who::bob, Job::tail, Trick::early_export, wire::MessageType::audit_read, none,
             wire::AuditReadRequest{{from}, wire::audit_records_max});
    return finish(asked);
}

/// Gives it back, or has it taken.
void HostilePeer::ask_end(size_t held, bool revokes) noexcept {
    Held& of = held_[held];
    if (of.is_ending || of.is_busy) {
        return;
    }
    Asked* asked = nullptr;
    if (revokes) {
        wire::LeaseRevokeRequest request;
        request.lease_ref = of.ref;
        asked = make(Who::bob, Job::revoke, Trick::use_of_revoked, wire::MessageType::lease_revoke,
                     held, request);
    } else {
        asked = make(of.who, Job::free, Trick::use_of_freed, wire::MessageType::lease_free, held,
                     wire::LeaseFreeRequest{of.id});
    }
    of.is_ending = finish(asked);
}

bool HostilePeer::ask_add(size_t held, Trick trick) noexcept {
    Held& of = held_[held];
    if (of.is_busy || of.is_ending) {
        return false;
    }
    const uint64_t addend = choice_.between(1, 9);
    Asked* const asked = make(of.who, Job::add, trick, wire::MessageType::mem_fetch_add, held,
                              wire::MemFetchAddRequest{of.tokens[0].view(), 0, addend});
    if (asked == nullptr) {
        return false;
    }
    asked->value = addend;
    of.is_busy = true;
    send(*asked);
    return true;
}

// --- the ends of leases and tokens ---------------------------------------------------------------

/// Of a lease that was granted or renewed: if it is for the last time, its end is tried out.
void HostilePeer::plan_end(size_t held) noexcept {
    const Held& of = held_[held];
    const Duration shorter{choice_.between(20, of.ttl.ms / 3)};
    plan(Trick::use_before_short_end, held, of.expires_at, shorter);
    plan(Trick::use_at_short_end, held, of.expires_at, shorter);
    if (of.renewals_left > 0) {
        return;
    }
    plan(Trick::use_before_end, held, of.expires_at, {});
    plan(Trick::use_at_end, held, of.expires_at, {});
    plan(Trick::use_after_end, held, of.expires_at, {});
    if (of.token_count > 1) {
        plan(Trick::use_previous, held, expiry_of(of.tokens[1]), {});
    }
}

void HostilePeer::plan(Trick trick, size_t held, Instant end, Duration shorter) noexcept {
    const uint64_t before = shorter.ms;
    uint64_t at = end.ms - (before < end.ms ? before : 0);
    at -= trick == Trick::use_before_end || trick == Trick::use_before_short_end ? 1 : 0;
    at += trick == Trick::use_after_end ? 1 : 0;
    for (Timed& timed : timed_) {
        if (!timed.is_used) {
            timed = {true,
                     trick,
                     held,
                     held_[held].number,
                     shorter,
                     Instant{at},
                     clock().world_of(Instant{at}, world_.machine(home_).setup().clock)};
            return;
        }
    }
}

void HostilePeer::fire(const Timed& timed) noexcept {
    const Held& of = held_[timed.held];
    if (!of.is_used || of.is_ending || of.number != timed.number) {
        return;
    }
    const bool is_previous = timed.trick == Trick::use_previous;
    lease::Token token = of.tokens[is_previous ? 1 : 0];
    const bool is_short = timed.shorter.ms > 0;
    if (is_short && !lease::attenuate(token, lease::Caveat::shorter(timed.shorter)).is_ok()) {
        return;
    }
    const Instant end{expiry_of(of.tokens[is_previous ? 1 : 0]).ms - timed.shorter.ms};
    const bool is_near = timed.at.ms + 1 >= end.ms && timed.at.ms <= end.ms + 1;
    if (!is_near || (is_previous && of.is_busy)) { // renewed meanwhile
        return;
    }
    std::array<uint8_t, 16> bytes;
    fill_honest(bytes, (mark_ * (2 * of.number + 1)) | 1);
    Asked* const asked = make(of.who, Job::trick, timed.trick, wire::MessageType::mem_write,
                              timed.held, wire::MemWriteRequest{token.view(), 512, bytes});
    if (asked == nullptr) {
        return;
    }
    asked->end = end;
    asked->meant = timed.at;
    send(*asked, true);
}

size_t HostilePeer::pick_held() noexcept {
    const size_t first = static_cast<size_t>(choice_.below(held_.size()));
    for (size_t i = 0; i < held_.size(); ++i) {
        const size_t index = (first + i) % held_.size();
        const Held& held = held_[index];
        // far enough from its end for what is sent now to come before it
        const bool is_good = held.is_used && !held.is_ending && !held.is_doubtful &&
                             session(held.who).is_open() &&
                             held.expires_at > saturating_add(clock().now(), Duration{60});
        if (is_good) {
            return index;
        }
    }
    return none;
}

} // namespace grafos::test
