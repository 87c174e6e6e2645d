// SPDX-License-Identifier: Apache-2.0
// Tricks with tokens, with names of leases, and with what a principal may not ask.
#include "tests/sim/hostile/make_request.hpp"

namespace grafos::test {
namespace {

constexpr uint8_t unknown_kind = 99;

} // namespace

bool HostilePeer::attempt(Trick trick) noexcept {
    const size_t held = pick_held();
    switch (trick) {
    case Trick::use_before_end:
    case Trick::use_at_end:
    case Trick::use_after_end:
    case Trick::use_before_short_end:
    case Trick::use_at_short_end:
    case Trick::use_previous: return false; // planned for their moment
    case Trick::use_long_after:
    case Trick::use_of_freed:
    case Trick::use_of_revoked:
    case Trick::use_of_other_boot:
    case Trick::other_home:
    case Trick::renew_ended: return attempt_ended(trick);
    case Trick::use_two_behind:
    case Trick::renew_previous:
    case Trick::renew_two_behind: return held != none && attempt_generation(trick, held);
    case Trick::inside_window:
    case Trick::outside_window:
    case Trick::write_read_only:
    case Trick::renew_without_right:
    case Trick::longer_than_allowed:
    case Trick::unknown_caveat:
    case Trick::dropped_caveat:
    case Trick::refreshed_caveat:
    case Trick::renewed_caveat:
    case Trick::other_holder: return held != none && attempt_caveat(trick, held);
    case Trick::changed_mac:
    case Trick::changed_claim:
    case Trick::other_lease:
    case Trick::other_tenant:
    case Trick::wrong_kind:
    case Trick::wrong_verb: return held != none && attempt_token(trick, held);
    case Trick::number_again:
    case Trick::number_for_other:
    case Trick::refusal_again:
    case Trick::below_floor:
    case Trick::beyond_window:
    case Trick::packet_again:
    case Trick::other_address: return held != none && attempt_session(trick, held);
    case Trick::old_session:
    case Trick::session_of_other_boot: return attempt_old_session(trick);
    case Trick::key_again:
    case Trick::key_of_other: return held != none && attempt_key(trick, held);
    case Trick::leases_over_quota:
    case Trick::bytes_over_quota:
    case Trick::amount_over_token:
    case Trick::ttl_over_token: return attempt_quota(trick);
    case Trick::revoke_of_other: return attempt_operator(trick);
    case Trick::revoke_unasked:
    case Trick::clear_unasked:
    case Trick::trim_unasked:
    case Trick::time_unasked:
    case Trick::token_unasked:
    case Trick::look_unasked:
    case Trick::call_unasked: return held != none && attempt_role(trick, held);
    case Trick::call_malformed: return call_malformed();
    case Trick::token_for_other_tenant:
    case Trick::clear_older_fence:
    case Trick::trim_wrong_hash:
    case Trick::trim_beyond: return attempt_operator(trick);
    case Trick::free_guessed:
    case Trick::free_of_other:
    case Trick::attach_of_other: return held != none && attempt_name(trick, held);
    case Trick::zero_ttl:
    case Trick::long_ttl: return attempt_ttl(trick);
    case Trick::over_end:
    case Trick::over_numbers:
    case Trick::unknown_message:
    case Trick::unknown_tlv:
    case Trick::unaligned:
    case Trick::endless_pieces:
    case Trick::reserved_bits: return held != none && attempt_bounds(trick, held);
    case Trick::data_flood:
    case Trick::grant_flood:
    case Trick::handshake_flood: return held != none && attempt_flood(trick, held);
    case Trick::renew_burst:
    case Trick::grant_burst: return held != none && attempt_burst(trick, held);
    case Trick::early_export: return read_tail();
    case Trick::garbage:
    case Trick::replayed:
    case Trick::forged_cookie:
    case Trick::unknown_key: return stranger_.attempt(trick, session(Who::ann).home(), world_now());
    }
    GRAFOS_UNREACHABLE();
}

bool HostilePeer::write_mark(Trick trick, Who who, size_t held, const lease::Token& token,
                             uint64_t offset, bool is_silent) noexcept {
    std::array<uint8_t, 16> bytes;
    store_big_endian<uint64_t>(bytes.data(), mark_);
    store_big_endian<uint64_t>(bytes.data() + 8, mark_);
    Asked* const asked = make(who, Job::trick, trick, wire::MessageType::mem_write, held,
                              wire::MemWriteRequest{token.view(), offset, bytes});
    if (asked != nullptr) {
        asked->carries_mark = true;
        asked->is_silent = is_silent;
    }
    return finish(asked);
}

bool HostilePeer::read(Trick trick, Who who, size_t held, const lease::Token& token,
                       uint64_t offset, uint32_t length) noexcept {
    return finish(make(who, Job::trick, trick, wire::MessageType::mem_read, held,
                       wire::MemReadRequest{token.view(), offset, length}));
}

/// Tokens of leases that are over, of other boots and of other homes.
bool HostilePeer::attempt_ended(Trick trick) noexcept {
    const size_t first = static_cast<size_t>(choice_.below(dead_.size()));
    for (size_t i = 0; i < dead_.size(); ++i) {
        const Dead& dead = dead_[(first + i) % dead_.size()];
        const bool is_here = dead.home == home_;
        const bool is_of_boot = is_here && dead.boot == clock().boot();
        const bool is_over = expiry_of(dead.token) < clock().now();
        const bool is_ended = is_of_boot && (is_over || dead.how != Trick::use_long_after);
        bool fits = false;
        if (trick == Trick::other_home) {
            fits = !is_here;
        } else if (trick == Trick::use_of_other_boot) {
            fits = is_here && !is_of_boot;
        } else if (trick == Trick::renew_ended) {
            fits = is_ended;
        } else {
            fits = is_ended && (dead.how == trick || (is_over && trick == Trick::use_long_after));
        }
        if (!dead.is_used || !fits) {
            continue;
        }
        if (trick == Trick::renew_ended) {
            return finish(make(Who::ann, Job::trick, trick, wire::MessageType::lease_renew, none,
                               wire::LeaseRenewRequest{dead.token.view(), Duration{}}));
        }
        return write_mark(trick, Who::ann, none, dead.token);
    }
    return false;
}

bool HostilePeer::attempt_generation(Trick trick, size_t held) noexcept {
    Held& of = held_[held];
    if (trick == Trick::renew_previous) {
        const Instant soon = saturating_add(clock().now(), Duration{20});
        if (of.is_busy || of.token_count < 2 || expiry_of(of.tokens[1]) < soon) {
            return false;
        }
        Asked* const asked = make(of.who, Job::trick, trick, wire::MessageType::lease_renew, held,
                                  wire::LeaseRenewRequest{of.tokens[1].view(), Duration{}});
        if (asked != nullptr) {
            asked->end = expiry_of(of.tokens[1]);
            of.is_busy = true;
        }
        return finish(asked);
    }
    if (of.token_count < 3) {
        return false;
    }
    if (trick == Trick::use_two_behind) {
        return write_mark(trick, of.who, held, of.tokens[2]);
    }
    return finish(make(of.who, Job::trick, trick, wire::MessageType::lease_renew, held,
                       wire::LeaseRenewRequest{of.tokens[2].view(), Duration{}}));
}

/// Tokens narrowed by their holder, and what that forbids.
bool HostilePeer::attempt_caveat(Trick trick, size_t held) noexcept {
    using lease::Caveat;
    const Held& of = held_[held];
    lease::Token token = of.tokens[0];
    const auto narrow = [&](const Caveat& caveat) {
        const Result<> done = lease::attenuate(token, caveat);
        GRAFOS_ASSERT(done.is_ok()); // the node's own tokens leave room
    };
    if (trick == Trick::inside_window) {
        narrow(Caveat::window(1'024, 64));
        return read(trick, of.who, held, token, 1'024 + 8 * choice_.below(8), 8);
    }
    if (trick == Trick::outside_window) {
        narrow(Caveat::window(512, 64));
        return write_mark(trick, of.who, held, token,
                          choice_.chance(500)   ? 568
                          : choice_.chance(500) ? 504
                                                : mark_offset);
    }
    if (trick == Trick::write_read_only) {
        narrow(Caveat::only_rights(lease::right::read | lease::right::renew));
        return write_mark(trick, of.who, held, token);
    }
    if (trick == Trick::renew_without_right) {
        narrow(Caveat::only_rights(lease::right::read | lease::right::write));
        return finish(make(of.who, Job::trick, trick, wire::MessageType::lease_renew, held,
                           wire::LeaseRenewRequest{token.view(), Duration{}}));
    }
    if (trick == Trick::longer_than_allowed) {
        narrow(Caveat::bytes_max(8));
        return write_mark(trick, of.who, held, token);
    }
    if (trick == Trick::unknown_caveat) {
        const std::array<uint8_t, 3> caveat{unknown_kind, 1, 0};
        return chain_caveat(token, caveat) && write_mark(trick, of.who, held, token);
    }
    if (trick == Trick::dropped_caveat) {
        narrow(Caveat::only_rights(lease::right::read));
        lease::Token whole;
        drop_caveat(of.tokens[0], token, whole);
        return write_mark(trick, of.who, held, whole);
    }
    if (trick == Trick::refreshed_caveat) {
        narrow(choice_.chance(500) ? Caveat::window(512, 64)
                                   : Caveat::only_rights(lease::right::read));
        return finish(make(of.who, Job::refresh, trick, wire::MessageType::token_refresh, held,
                           wire::TokenRefreshRequest{token.view()}));
    }
    if (trick == Trick::renewed_caveat) {
        if (!of.is_narrow || of.token_count < 2) {
            return false;
        }
        std::array<uint8_t, cell_bytes + 8> bytes{};
        store_big_endian<uint64_t>(bytes.data(), mark_);
        Asked* const asked = make(of.who, Job::trick, trick, wire::MessageType::mem_write, held,
                                  wire::MemWriteRequest{token.view(), mark_offset, bytes});
        if (asked != nullptr) {
            asked->carries_mark = true;
        }
        return finish(asked);
    }
    if (trick == Trick::other_holder) {
        lease::PrincipalKey key;
        key.bytes = session(Who::bob).identity().exchange_key().bytes;
        narrow(Caveat::holder(key));
        return of.who != Who::bob && write_mark(trick, of.who, held, token);
    }
    GRAFOS_UNREACHABLE();
}

bool HostilePeer::attempt_token(Trick trick, size_t held) noexcept {
    const Held& of = held_[held];
    lease::Token token = of.tokens[0];
    if (trick == Trick::changed_mac) {
        token.bytes[token.size - 1 - static_cast<size_t>(choice_.below(32))] ^=
            static_cast<uint8_t>(1u << choice_.below(8));
        return write_mark(trick, of.who, held, token);
    }
    if (trick == Trick::changed_claim) {
        (void)ask_add(held, Trick::use_before_end); // the good one is what the session showed last
        const ClaimPlace& place =
            claim_places[static_cast<size_t>(choice_.below(claim_places.size()))];
        token.bytes[place.at + static_cast<size_t>(choice_.below(place.size))] ^=
            static_cast<uint8_t>(1u << choice_.below(8));
        return write_mark(trick, of.who, held, token);
    }
    if (trick == Trick::other_lease) {
        for (const Held& other : held_) {
            if (other.is_used && other.ref != of.ref) {
                copy_bytes(MutableBytes{token.bytes}.subspan(24), other.ref.view());
                return write_mark(trick, of.who, held, token);
            }
        }
        return false;
    }
    if (trick == Trick::other_tenant) {
        return write_mark(trick, Who::cas, held, token);
    }
    if (trick == Trick::wrong_kind) {
        return choice_.chance(500) ? read(trick, of.who, held, caps_[0], 0, 8)
                                   : write_mark(trick, of.who, held, caps_[0]);
    }
    if (trick == Trick::wrong_verb) {
        return finish(make(of.who, Job::trick, trick, wire::MessageType::block_read, held,
                           wire::BlockReadRequest{token.view(), 0, 512}));
    }
    GRAFOS_UNREACHABLE();
}

// --- roles and names -----------------------------------------------------------------------------

bool HostilePeer::attempt_role(Trick trick, size_t held) noexcept {
    using wire::MessageType;
    const auto ask = [&](MessageType type, const auto& request) {
        return finish(make(Who::ann, Job::trick, trick, type, none, request));
    };
    Digest hash;
    drbg_.fill(hash.bytes);
    if (trick == Trick::revoke_unasked) {
        wire::LeaseRevokeRequest request;
        request.lease_ref = held_[held].ref;
        return ask(MessageType::lease_revoke, request);
    }
    if (trick == Trick::clear_unasked) {
        return ask(MessageType::fence_clear,
                   wire::FenceClearRequest{held_[held].resource, {choice_.below(100)}});
    }
    if (trick == Trick::trim_unasked) {
        return ask(MessageType::audit_trim, wire::AuditTrimRequest{{choice_.below(10)}, hash});
    }
    if (trick == Trick::time_unasked) {
        return finish(make(choice_.chance(500) ? Who::ann : Who::bob, Job::trick, trick,
                           MessageType::time_sync, none,
                           wire::TimeSyncRequest{UnixMillis{4'000'000'000'000}}));
    }
    if (trick == Trick::token_unasked) {
        wire::CapRequestRequest request;
        request.tenant = tenant;
        request.kind = lease::ResourceKind::memory;
        request.bytes_max = unit_bytes;
        request.ttl_max = Duration{1'000};
        request.token_ttl = Duration{1'000};
        return ask(MessageType::cap_request, request);
    }
    if (trick == Trick::look_unasked) {
        switch (choice_.below(5)) {
        case 0: return ask(MessageType::get_counters, wire::GetCountersRequest{});
        case 1: return ask(MessageType::lease_list_active, wire::LeaseListActiveRequest{});
        case 2: return ask(MessageType::fence_list, wire::FenceListRequest{});
        case 3: return ask(MessageType::audit_head, wire::AuditHeadRequest{});
        default: return ask(MessageType::audit_read, wire::AuditReadRequest{{0}, 1});
        }
    }
    if (trick == Trick::call_unasked) {
        return ask(MessageType::program_call,
                   wire::ProgramCallRequest{choice_.next(), Bytes{hash.bytes}});
    }
    GRAFOS_UNREACHABLE();
}

/// What needs a role that bob has, and more than that.
bool HostilePeer::attempt_operator(Trick trick) noexcept {
    using wire::MessageType;
    const auto ask = [&](MessageType type, const auto& request) {
        return finish(make(Who::bob, Job::trick, trick, type, none, request));
    };
    Digest hash;
    drbg_.fill(hash.bytes);
    if (trick == Trick::revoke_of_other) {
        for (const Seen& seen : seen_) {
            if (seen.is_used && seen.home == home_ && choice_.chance(500)) {
                wire::LeaseRevokeRequest request;
                request.lease_ref = seen.ref;
                return ask(MessageType::lease_revoke, request);
            }
        }
        return false;
    }
    if (trick == Trick::token_for_other_tenant) {
        wire::CapRequestRequest request;
        request.tenant = choice_.chance(500) ? TenantId{1} : other_tenant;
        request.kind = lease::ResourceKind::memory;
        request.bytes_max = unit_bytes;
        request.ttl_max = Duration{1'000};
        request.token_ttl = Duration{1'000};
        return ask(MessageType::cap_request, request);
    }
    if (trick == Trick::clear_older_fence) {
        return clear_older();
    }
    if (trick == Trick::trim_wrong_hash) {
        return ask(MessageType::audit_trim, wire::AuditTrimRequest{{choice_.below(4)}, hash});
    }
    if (trick == Trick::trim_beyond) {
        return ask(MessageType::audit_trim,
                   wire::AuditTrimRequest{{uint64_t{1} << choice_.between(32, 63)}, hash});
    }
    GRAFOS_UNREACHABLE();
}

/// A record that is of a grant, or of the first boot: no fence was ever called so, and a later one
/// is not meant.
bool HostilePeer::clear_older() noexcept {
    const auto kind =
        choice_.chance(500) ? lease::ResourceKind::memory : lease::ResourceKind::block;
    return finish(make(Who::bob, Job::trick, Trick::clear_older_fence,
                       wire::MessageType::fence_clear, none,
                       wire::FenceClearRequest{lease::resource_id_of(kind, 0), {granted_}}));
}

/// Cut short, or with a length that is not its own.
bool HostilePeer::call_malformed() noexcept {
    Asked* const asked =
        make(Who::bob, Job::trick, Trick::call_malformed, wire::MessageType::program_call, none,
             wire::ProgramCallRequest{choice_.next(), bytes_of("call")});
    if (asked != nullptr && choice_.chance(500)) {
        asked->size = static_cast<uint16_t>(choice_.below(asked->size));
    } else if (asked != nullptr) {
        const uint64_t length = choice_.between(5, UINT32_MAX); // 4 are there
        store_big_endian<uint32_t>(asked->payload.data() + 8, static_cast<uint32_t>(length));
    }
    return finish(asked);
}

bool HostilePeer::attempt_name(Trick trick, size_t held) noexcept {
    const Held& of = held_[held];
    LeaseId id = of.id;
    if (trick == Trick::attach_of_other) {
        const Who other = choice_.chance(500) ? Who::bob : Who::cas;
        return of.who != Who::bob &&
               finish(make(other, Job::trick, trick, wire::MessageType::lease_attach, held,
                           wire::LeaseAttachRequest{id}));
    }
    if (trick == Trick::free_guessed) { // the slot is known, the rest is not
        if (choice_.chance(300)) {
            id.bytes = of.ref.bytes;
        } else {
            drbg_.fill(MutableBytes{id.bytes}.subspan(4));
        }
    }
    const Who who = trick == Trick::free_of_other ? Who::cas : Who::ann;
    return finish(make(who, Job::trick, trick, wire::MessageType::lease_free, held,
                       wire::LeaseFreeRequest{id}));
}

} // namespace grafos::test
