// SPDX-License-Identifier: Apache-2.0
// What the answers to tricks mean.
#include "tests/sim/hostile/make_request.hpp"

namespace grafos::test {

void HostilePeer::on_trick(Asked& asked, const wire::MessageView& message,
                           TrickAnswer& answer) noexcept {
    const Trick trick = asked.trick;
    const bool is_timed = row_of(trick).deserves == Deserves::by_time;
    if (is_timed && asked.is_delivered && asked.not_before == asked.meant) {
        judge_.note_exact(trick);
    }
    const bool is_grant = asked.type == static_cast<uint16_t>(wire::MessageType::lease_alloc);
    const bool is_over_quota =
        trick == Trick::leases_over_quota || trick == Trick::bytes_over_quota;
    if (is_over_quota) {
        const size_t least = trick == Trick::leases_over_quota ? quota_leases : 2;
        answer.is_lease_live = answer.is_lease_live && live_for_certain(answer.not_after) >= least;
    }
    if (is_grant && answer.is_ok) {
        on_granted(asked, message.payload, answer);
    }
    const bool is_of_quota =
        answer.error.field == Field::quota_leases || answer.error.field == Field::quota_bytes;
    const bool may_be_new =
        trick == Trick::key_of_other || (trick == Trick::key_again && !answer.is_lease_live);
    const bool is_crowded = may_be_new && !answer.is_ok && is_of_quota;
    const bool is_excused = is_crowded || (is_over_quota && answer.is_ok && !answer.is_lease_live);
    if (is_excused || (answer.is_ok && !is_as_before(asked, message))) {
        judge_.note_passed(trick);
    } else {
        judge_.judge(trick, answer, world_now());
    }
    if (asked.carries_mark && !answer.is_ok) {
        mark_check(trick);
    }
    const bool frees = trick == Trick::number_again || trick == Trick::renew_previous ||
                       trick == Trick::refusal_again;
    judge_.expect(trick != Trick::refusal_again || answer.is_ok ||
                      crc32c(message.payload) == asked.kept,
                  "a request sent again got another answer", world_now());
    if (frees && asked.held != none) {
        held_[asked.held].is_busy = false;
    }
    asked.job = Job::none;
}

/// Of tricks that deserve an answer, and a certain one. False: it was judged here.
bool HostilePeer::is_as_before(const Asked& asked, const wire::MessageView& message) noexcept {
    if (asked.trick == Trick::number_again) {
        judge_.expect(crc32c(message.payload) == asked.kept,
                      "a request sent again got another answer", world_now());
    } else if (asked.trick == Trick::renew_previous && asked.held != none) {
        const Held& held = held_[asked.held];
        const auto reply = wire::decode<wire::LeaseRenewReply>(message.payload);
        const Result<lease::Token> token =
            reply.is_ok() ? lease::token_of(reply.value().token) : reply.error();
        judge_.expect(token.is_ok() && held.is_used &&
                          reply.value().generation == generation_of(held.tokens[0]) &&
                          expiry_of(token.value()) <= held.expires_at,
                      "a renewal by the generation before extended the lease", world_now());
    }
    return true;
}

/// A trick that got a lease: the one it already had, or one more, which is kept.
void HostilePeer::on_granted(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept {
    const auto request =
        wire::decode<wire::LeaseAllocRequest>(Bytes{asked.payload}.first(asked.size));
    const auto reply = wire::decode<wire::LeaseAllocReply>(payload);
    if (!request.is_ok() || !reply.is_ok()) {
        judge_.expect(!reply.is_ok() || !request.is_ok(), "a grant says nothing", world_now());
        return; // of zero_ttl and its like: judged by its success
    }
    const Result<lease::Token> token = lease::token_of(reply.value().token);
    bool is_known = false;
    bool is_of_other = false;
    for (const Held& held : held_) {
        const bool is_it = held.is_used && held.ref == reply.value().lease_ref;
        is_known = is_known || is_it;
        is_of_other = is_of_other || (is_it && held.who != asked.who);
    }
    if (asked.trick == Trick::key_again) {
        judge_.expect(is_known || !answer.is_lease_live, "one key got two leases", world_now());
    } else if (asked.trick == Trick::key_of_other) {
        judge_.expect(!is_of_other, "somebody else's key got the lease of its owner", world_now());
    }
    if (!is_known && token.is_ok()) {
        adopt(asked.who, request.value(), reply.value(), token.value(), answer, false);
    }
}

/// A fence that is not in the list is none; one that was, and is gone, is not the one that is.
void HostilePeer::on_fences(Asked& asked, Bytes payload, bool is_ok) noexcept {
    asked.job = Job::none;
    const auto reply = wire::decode<wire::FenceListReply>(payload);
    if (!is_ok || !reply.is_ok()) {
        return;
    }
    for (const wire::FenceEntry& fence : reply.value().fences) {
        bool is_there = false;
        const Sequence older{fence.fence.value - 1};
        for (const wire::FenceEntry& other : reply.value().fences) {
            is_there = is_there || other.fence == older;
        }
        if (!is_there) {
            (void)finish(make(Who::bob, Job::trick, Trick::clear_older_fence,
                              wire::MessageType::fence_clear, none,
                              wire::FenceClearRequest{fence.resource, older}));
            return;
        }
    }
}

/// Made anew with what its holder had taken from it, and used for just that.
void HostilePeer::on_refresh(Asked& asked, Bytes payload, bool is_ok) noexcept {
    const size_t held = asked.held;
    asked.job = Job::none;
    const auto reply = wire::decode<wire::TokenRefreshReply>(payload);
    if (!is_ok || !reply.is_ok() || held == none || held_[held].is_ending) {
        return;
    }
    const Result<lease::Token> token = lease::token_of(reply.value().token);
    judge_.expect(token.is_ok(), "a token that was made anew is none", world_now());
    if (token.is_ok()) {
        (void)write_mark(Trick::refreshed_caveat, held_[held].who, held, token.value());
    }
}

/// What is refused when it is executed is answered in the same turn.
void HostilePeer::on_burst(Asked& asked, const TrickAnswer& answer, const Heard* heard) noexcept {
    asked.job = Job::none;
    judge_.judge(asked.trick, answer, world_now());
    if (heard == nullptr) {
        return;
    }
    burst_count_ = heard->turn == burst_turn_ ? burst_count_ + 1 : 1;
    burst_turn_ = heard->turn;
    judge_.expect(burst_count_ <= sim_node.requests_per_turn_max, row_of(asked.trick).success,
                  world_now());
}

/// By its own word at the end of the turn in which it was sent.
void HostilePeer::on_tail(Asked& asked, Bytes payload, bool is_ok, const Heard* heard) noexcept {
    asked.job = Job::none;
    const auto reply = wire::decode<wire::AuditReadReply>(payload);
    if (!is_ok || !reply.is_ok() || heard == nullptr || heard->anchored == 0) {
        judge_.note_passed(asked.trick);
        return;
    }
    judge_.expect(reply.value().next.value <= heard->anchored, row_of(asked.trick).success,
                  world_now());
    judge_.note_right(asked.trick);
}

/// The number that was just refused, once more, with a token that is right.
void HostilePeer::repeat_refused(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept {
    Held& held = held_[asked.held];
    const bool is_to_go_on =
        !answer.is_ok && answer.error.code == ErrorCode::denied && held.is_used && !held.is_ending;
    judge_.expect(!answer.is_ok, row_of(Trick::changed_mac).success, world_now());
    if (!is_to_go_on) {
        held.is_busy = false;
        asked.job = Job::none;
        return;
    }
    const Result<size_t> size = wire::encode(
        wire::MemFetchAddRequest{held.tokens[0].view(), 0, uint64_t{1} << 32}, asked.payload);
    GRAFOS_ASSERT(size.is_ok());
    asked.size = static_cast<uint16_t>(size.value());
    asked.kept = crc32c(payload);
    asked.job = Job::trick;
    asked.tries = 0;
    asked.is_delivered = false;
    held.marked = asked.trick;
    send(asked);
}

} // namespace grafos::test
