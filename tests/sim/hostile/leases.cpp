// SPDX-License-Identifier: Apache-2.0
// What answers to honest requests mean: leases begin, go on and end, and their words are added up.
#include "tests/sim/hostile/make_request.hpp"

namespace grafos::test {
namespace {

constexpr Duration flood_most{300};
constexpr Duration slack{6'000}; ///< a grant that nobody knows of lives no longer

} // namespace

void HostilePeer::on_alloc(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept {
    const auto request =
        wire::decode<wire::LeaseAllocRequest>(Bytes{asked.payload}.first(asked.size));
    GRAFOS_ASSERT(request.is_ok());
    asked.job = Job::none;
    if (!answer.is_ok) {
        const bool is_quota =
            answer.error.field == Field::quota_leases || answer.error.field == Field::quota_bytes;
        judge_.expect(!options_.is_calm || !is_quota || asked.value >= quota_leases,
                      "a quota was not given back", world_now());
        return;
    }
    const auto reply = wire::decode<wire::LeaseAllocReply>(payload);
    const Result<lease::Token> token =
        reply.is_ok() ? lease::token_of(reply.value().token) : reply.error();
    judge_.expect(token.is_ok(), "the token of a lease is none", world_now());
    if (!token.is_ok()) {
        return;
    }
    for (const Held& held : held_) {
        if (held.is_used && held.ref == reply.value().lease_ref) {
            return; // the same again, by its key
        }
    }
    adopt(asked.who, request.value(), reply.value(), token.value(), answer, true);
}

void HostilePeer::adopt(Who who, const wire::LeaseAllocRequest& request,
                        const wire::LeaseAllocReply& reply, const lease::Token& token,
                        const TrickAnswer& answer, bool is_new) noexcept {
    judge_.expect(!is_new || reply.left <= request.ttl, "a lease is longer than asked for",
                  world_now());
    const Instant end = expiry_of(token);
    judge_.expect(end >= saturating_add(answer.not_before, reply.left) &&
                      end <= saturating_add(answer.not_after, reply.left),
                  "a token ends with its lease", world_now());
    for (size_t i = 0; i < held_.size(); ++i) {
        Held& held = held_[i];
        if (held.is_used) {
            continue;
        }
        held = Held{};
        held.is_used = true;
        held.is_sum_known = is_new; // by its key it may be one of before
        held.is_doubtful = !is_new;
        held.who = who;
        lease_number_ += 1;
        held.number = lease_number_;
        held.id = reply.lease;
        held.ref = reply.lease_ref;
        held.key = request.alloc_key;
        held.resource = reply.resource;
        held.expires_at = end;
        held.ttl = request.ttl;
        held.size_bytes = reply.size_bytes;
        held.tokens[0] = token;
        held.token_count = 1;
        held.is_narrow = choice_.chance(500);
        if (held.is_narrow) {
            const Result<> narrowed =
                lease::attenuate(held.tokens[0], lease::Caveat::bytes_max(cell_bytes));
            GRAFOS_ASSERT(narrowed.is_ok());
        }
        granted_ = reply.record.value;
        held.renewals_left = static_cast<uint8_t>(choice_.below(6));
        leases_ += 1;
        plan_end(i);
        return;
    }
    perhaps_until_ = saturating_add(clock().now(), slack); // no room to remember it
}

void HostilePeer::on_renew(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept {
    Held& held = held_[asked.held];
    const Trick trick = asked.trick;
    asked.job = Job::none;
    held.is_busy = false;
    if (!answer.is_ok) {
        held.renewals_left = 0;
        return;
    }
    if (is_flood(trick)) {
        judge_.expect(!options_.is_calm ||
                          answer.not_after <= saturating_add(answer.not_before, flood_most),
                      row_of(trick).success, world_now());
        judge_.note_right(trick);
    }
    const auto reply = wire::decode<wire::LeaseRenewReply>(payload);
    const Result<lease::Token> token =
        reply.is_ok() ? lease::token_of(reply.value().token) : reply.error();
    judge_.expect(token.is_ok(), "the token of a renewal is none", world_now());
    if (!token.is_ok()) {
        return;
    }
    judge_.expect(generation_of(token.value()).value == generation_of(held.tokens[0]).value + 1,
                  "a renewal raises the generation by one", world_now());
    held.tokens[2] = held.tokens[1];
    held.tokens[1] = held.tokens[0];
    held.tokens[0] = token.value();
    held.token_count = held.token_count < 3 ? held.token_count + 1 : 3;
    held.expires_at = expiry_of(token.value());
    judge_.expect(held.expires_at >= saturating_add(answer.not_before, reply.value().left) &&
                      held.expires_at <= saturating_add(answer.not_after, reply.value().left),
                  "a token ends with its lease", world_now());
    plan_end(asked.held);
}

void HostilePeer::on_end(Asked& asked, bool is_ok) noexcept {
    Held& held = held_[asked.held];
    const bool is_free = asked.job == Job::free;
    asked.job = Job::none;
    if (!held.is_used) {
        return;
    }
    if (!is_ok) {
        perhaps_until_ = saturating_add(clock().now(), slack);
    }
    bury(held, !is_ok    ? Trick::use_long_after
               : is_free ? Trick::use_of_freed
                         : Trick::use_of_revoked);
}

/// The word holds what was added, each addition once, and nothing that a trick adds.
void HostilePeer::on_add(Asked& asked, Bytes payload) noexcept {
    Held& held = held_[asked.held];
    held.is_busy = false;
    const Trick trick = asked.trick;
    const auto reply = wire::decode<wire::MemFetchAddReply>(payload);
    if (!held.is_used || !reply.is_ok()) {
        asked.job = Job::none;
        return;
    }
    const uint64_t value = reply.value().value;
    if (value >> 32 != 0) {
        judge_.succeeded(held.marked, world_now());
    }
    judge_.expect(!held.is_sum_known || value == held.sum, "an addition was lost, or done twice",
                  world_now());
    held.sum = value + asked.value;
    held.is_sum_known = true;
    if (trick == Trick::number_again || trick == Trick::number_for_other) {
        repeat_add(asked, payload);
        return;
    }
    if (trick == Trick::packet_again) {
        session(asked.who).inject(again_);
        session(asked.who).inject(again_);
        judge_.note_sent(trick);
        judge_.note_right(trick); // unless the sum says otherwise
        held.marked = trick;
    }
    asked.job = Job::none;
}

/// The number that was just answered, once more, for something else.
void HostilePeer::repeat_add(Asked& asked, Bytes payload) noexcept {
    Held& held = held_[asked.held];
    asked.kept = crc32c(payload);
    asked.job = Job::trick;
    asked.tries = 0;
    asked.is_delivered = false;
    if (asked.trick == Trick::number_for_other) {
        asked.is_silent = true;
        asked.type = static_cast<uint16_t>(wire::MessageType::mem_write);
        std::array<uint8_t, 8> mark;
        store_big_endian<uint64_t>(mark.data(), mark_);
        const Result<size_t> size =
            wire::encode(wire::MemWriteRequest{held.tokens[0].view(), 8, mark}, asked.payload);
        GRAFOS_ASSERT(size.is_ok());
        asked.size = static_cast<uint16_t>(size.value());
    } else {
        held.marked = asked.trick;
        held.is_busy = true;
        store_big_endian<uint64_t>(asked.payload.data() + asked.size - 8, uint64_t{1} << 32);
    }
    send(asked);
}

} // namespace grafos::test
