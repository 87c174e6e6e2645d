// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/hostile/trick.hpp"

#include "core/base/assert.hpp"

namespace grafos::test {
namespace {

using enum ErrorCode;

/// How a home may say that a lease is over.
constexpr Codes ends = codes(lease_expired, revoked, released, not_found, stale_epoch);
constexpr Codes expiry = codes(lease_expired, denied, not_found);

constexpr std::array<TrickRow, trick_count> rows{{
    {Trick::use_before_end, "use_before_end", Deserves::by_time, expiry,
     "an access by a lease that was over"},
    {Trick::use_at_end, "use_at_end", Deserves::by_time, expiry,
     "an access at the very end of a lease"},
    {Trick::use_after_end, "use_after_end", Deserves::by_time, expiry,
     "an access after the end of a lease"},
    {Trick::use_before_short_end, "use_before_short_end", Deserves::by_time, expiry,
     "an access by a token that was over"},
    {Trick::use_at_short_end, "use_at_short_end", Deserves::by_time, expiry,
     "an access at the end of a token that its holder made shorter"},
    {Trick::use_previous, "use_previous", Deserves::by_time, expiry,
     "an access by a token of the generation before, after its own end"},
    {Trick::use_long_after, "use_long_after", Deserves::refusal, ends | codes(denied),
     "an access long after the end of a lease"},
    {Trick::use_of_freed, "use_of_freed", Deserves::refusal, ends | codes(denied),
     "an access by a lease that was given back"},
    {Trick::use_of_revoked, "use_of_revoked", Deserves::refusal, ends | codes(denied),
     "an access by a lease that was revoked"},
    {Trick::use_of_other_boot, "use_of_other_boot", Deserves::refusal, codes(stale_epoch, denied),
     "an access by a token of an earlier boot"},
    {Trick::use_two_behind, "use_two_behind", Deserves::refusal, codes(stale_epoch),
     "an access by a token two generations behind"},
    {Trick::renew_previous, "renew_previous", Deserves::success, ends | codes(denied),
     "a renewal by the generation before was refused"},
    {Trick::renew_two_behind, "renew_two_behind", Deserves::refusal, codes(stale_epoch),
     "a renewal by a token two generations behind"},
    {Trick::renew_ended, "renew_ended", Deserves::refusal, ends | codes(denied),
     "a renewal of a lease that was over"},
    {Trick::inside_window, "inside_window", Deserves::success, codes(),
     "an access inside its token's window was refused"},
    {Trick::outside_window, "outside_window", Deserves::refusal, codes(denied),
     "an access outside its token's window"},
    {Trick::write_read_only, "write_read_only", Deserves::refusal, codes(denied),
     "a write by a token that may only read"},
    {Trick::renew_without_right, "renew_without_right", Deserves::refusal, codes(denied),
     "a renewal by a token without that right"},
    {Trick::longer_than_allowed, "longer_than_allowed", Deserves::refusal, codes(denied),
     "an access longer than its token allows"},
    {Trick::unknown_caveat, "unknown_caveat", Deserves::refusal, codes(denied),
     "a token with a caveat that nobody knows was good"},
    {Trick::dropped_caveat, "dropped_caveat", Deserves::refusal, codes(denied),
     "a token was good without the caveat it was narrowed by"},
    {Trick::changed_mac, "changed_mac", Deserves::refusal, codes(denied),
     "a token with a changed MAC was good"},
    {Trick::changed_claim, "changed_claim", Deserves::refusal,
     codes(denied, stale_epoch, foreign, unsupported_version, invalid_argument),
     "a token with a changed claim was good"},
    {Trick::other_lease, "other_lease", Deserves::refusal, codes(denied, stale_epoch),
     "a token of one lease was good for another"},
    {Trick::other_home, "other_home", Deserves::refusal, codes(denied, foreign, stale_epoch),
     "a token of one node was good at another"},
    {Trick::other_tenant, "other_tenant", Deserves::refusal, codes(denied),
     "a token was good for somebody of another tenant"},
    {Trick::other_holder, "other_holder", Deserves::refusal, codes(denied),
     "a token bound to one principal was good for another"},
    {Trick::wrong_kind, "wrong_kind", Deserves::refusal, codes(denied),
     "a token of one kind was good for the other"},
    {Trick::wrong_verb, "wrong_verb", Deserves::refusal, codes(unsupported),
     "a block verb worked on memory"},
    {Trick::number_again, "number_again", Deserves::success, codes(),
     "a request sent again was refused"},
    {Trick::number_for_other, "number_for_other", Deserves::silence, codes(),
     "a number that was used was taken for another request"},
    {Trick::below_floor, "below_floor", Deserves::silence, codes(),
     "a request below the floor was answered"},
    {Trick::beyond_window, "beyond_window", Deserves::silence, codes(),
     "a request beyond the window was answered"},
    {Trick::packet_again, "packet_again", Deserves::silence, codes(),
     "a packet that came twice took effect twice"},
    {Trick::other_address, "other_address", Deserves::silence, codes(),
     "a session was good from another address"},
    {Trick::old_session, "old_session", Deserves::silence, codes(),
     "a session lived on after it was replaced"},
    {Trick::session_of_other_boot, "session_of_other_boot", Deserves::silence, codes(),
     "a session of an earlier boot was answered"},
    {Trick::key_again, "key_again", Deserves::success, ends,
     "a grant asked for twice under one key was refused"},
    {Trick::key_of_other, "key_of_other", Deserves::success, codes(),
     "a grant was refused for somebody else's key"},
    {Trick::leases_over_quota, "leases_over_quota", Deserves::refusal, codes(rate_limited),
     "more leases than the quota"},
    {Trick::bytes_over_quota, "bytes_over_quota", Deserves::refusal, codes(rate_limited),
     "more bytes than the quota"},
    {Trick::amount_over_token, "amount_over_token", Deserves::refusal, codes(denied),
     "more bytes than the token allows"},
    {Trick::ttl_over_token, "ttl_over_token", Deserves::refusal, codes(denied),
     "a longer lease than the token allows"},
    {Trick::revoke_unasked, "revoke_unasked", Deserves::refusal, codes(denied),
     "a revocation without the role"},
    {Trick::clear_unasked, "clear_unasked", Deserves::refusal, codes(denied),
     "a fence cleared without the role"},
    {Trick::trim_unasked, "trim_unasked", Deserves::refusal, codes(denied),
     "a log trimmed without the role"},
    {Trick::time_unasked, "time_unasked", Deserves::refusal, codes(denied),
     "the time set without the role"},
    {Trick::token_unasked, "token_unasked", Deserves::refusal, codes(denied),
     "an alloc token without the role"},
    {Trick::look_unasked, "look_unasked", Deserves::refusal, codes(denied),
     "a look at what needs a role without it"},
    {Trick::token_for_other_tenant, "token_for_other_tenant", Deserves::refusal, codes(denied),
     "an alloc token for another tenant"},
    {Trick::clear_older_fence, "clear_older_fence", Deserves::refusal, codes(not_found, fenced),
     "a fence cleared under another one's number"},
    {Trick::trim_wrong_hash, "trim_wrong_hash", Deserves::refusal,
     codes(denied, not_found, invalid_argument, io), "a log trimmed with a wrong hash"},
    {Trick::trim_beyond, "trim_beyond", Deserves::refusal,
     codes(denied, not_found, invalid_argument, io), "a log trimmed beyond its end"},
    {Trick::free_guessed, "free_guessed", Deserves::refusal, codes(not_found),
     "a lease given back by somebody who did not know its id"},
    {Trick::free_of_other, "free_of_other", Deserves::refusal, ends | codes(denied),
     "a lease given back by another tenant"},
    {Trick::attach_of_other, "attach_of_other", Deserves::refusal, ends | codes(denied),
     "a token for a lease of somebody else"},
    {Trick::over_end, "over_end", Deserves::refusal, codes(capacity_exceeded),
     "an access over the end of a lease"},
    {Trick::over_numbers, "over_numbers", Deserves::refusal, codes(capacity_exceeded),
     "an access whose end wrapped around"},
    {Trick::zero_ttl, "zero_ttl", Deserves::refusal, codes(invalid_argument),
     "a lease with no time to live"},
    {Trick::long_ttl, "long_ttl", Deserves::refusal, codes(invalid_argument, denied),
     "a lease longer than any may be"},
    {Trick::unknown_message, "unknown_message", Deserves::refusal, codes(unsupported),
     "a message that nobody knows was answered with success"},
    {Trick::unknown_tlv, "unknown_tlv", Deserves::success, codes(),
     "an access was refused for a TLV that need not be known"},
    {Trick::unaligned, "unaligned", Deserves::refusal, codes(invalid_argument),
     "an exchange of a word that is not aligned"},
    {Trick::endless_pieces, "endless_pieces", Deserves::silence, codes(),
     "a request that never ended was answered"},
    {Trick::reserved_bits, "reserved_bits", Deserves::silence, codes(),
     "a message with reserved bits was answered"},
    {Trick::data_flood, "data_flood", Deserves::success, codes(),
     "a flood of accesses starved a renewal"},
    {Trick::grant_flood, "grant_flood", Deserves::success, codes(),
     "a flood of grants starved a renewal"},
    {Trick::handshake_flood, "handshake_flood", Deserves::success, codes(),
     "a flood of handshakes starved a renewal"},
    {Trick::garbage, "garbage", Deserves::silence, codes(), "garbage was answered"},
    {Trick::replayed, "replayed", Deserves::silence, codes(),
     "somebody else's packet was answered"},
    {Trick::forged_cookie, "forged_cookie", Deserves::silence, codes(),
     "a forged cookie was taken"},
    {Trick::unknown_key, "unknown_key", Deserves::silence, codes(),
     "a session for a key that nobody trusts"},
}};

constexpr bool are_rows_in_order() noexcept {
    for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].trick != trick_at(i) || rows[i].name.empty()) {
            return false;
        }
    }
    return static_cast<size_t>(Trick::unknown_key) + 1 == rows.size();
}
static_assert(are_rows_in_order());

} // namespace

const TrickRow& row_of(Trick trick) noexcept {
    const auto index = static_cast<size_t>(trick);
    GRAFOS_ASSERT(index < rows.size());
    return rows[index];
}

} // namespace grafos::test
