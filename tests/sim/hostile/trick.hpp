// SPDX-License-Identifier: Apache-2.0
/// Everything that a hostile peer tries, what each deserves, and what it means if it succeeds.
#pragma once

#include <array>
#include <string_view>

#include "core/base/error.hpp"

namespace grafos::test {

enum class Trick : uint8_t {
    // time: the answer depends on when the home executed it
    use_before_end, ///< one millisecond before: must be accepted
    use_at_end,
    use_after_end,
    use_before_short_end, ///< the same with a token that its holder made shorter than its lease
    use_at_short_end,
    use_previous, ///< generation g − 1, up to its own expiry
    // ended
    use_long_after,
    use_of_freed,
    use_of_revoked,
    use_of_other_boot,
    use_two_behind,
    renew_previous, ///< extends nothing
    renew_two_behind,
    renew_ended,
    // tokens
    inside_window, ///< must be accepted
    outside_window,
    write_read_only,
    renew_without_right,
    longer_than_allowed,
    unknown_caveat,
    dropped_caveat,
    changed_mac,
    changed_claim,
    other_lease,
    other_home,
    other_tenant,
    other_holder,
    refreshed_caveat, ///< narrowed, then made anew by its node
    renewed_caveat,
    wrong_kind,
    wrong_verb,
    // sessions
    number_again,     ///< with other content: the first answer again
    number_for_other, ///< kind of message
    refusal_again,    ///< of a number that was refused, with content that is right
    below_floor,
    beyond_window,
    packet_again,
    other_address,
    old_session,
    session_of_other_boot,
    key_again,    ///< the same alloc key: the same lease
    key_of_other, ///< principal: another lease
    // quotas
    leases_over_quota,
    bytes_over_quota,
    amount_over_token,
    ttl_over_token,
    // roles
    revoke_unasked,
    revoke_of_other, ///< tenant
    clear_unasked,
    trim_unasked,
    time_unasked,
    token_unasked,
    look_unasked,
    call_unasked,
    call_malformed,
    token_for_other_tenant,
    clear_older_fence,
    trim_wrong_hash,
    trim_beyond,
    free_guessed,
    free_of_other,
    attach_of_other,
    // bounds
    over_end,
    over_numbers, ///< offset and length together beyond 64 bits
    zero_ttl,
    long_ttl,
    unknown_message,
    unknown_tlv, ///< must be accepted
    unaligned,
    endless_pieces,
    reserved_bits,
    // floods
    data_flood,
    grant_flood,
    handshake_flood,
    renew_burst, ///< more than one turn may execute
    grant_burst,
    early_export, ///< records that are not durable yet
    // without a key
    garbage,
    replayed,
    forged_cookie,
    unknown_key,
};
inline constexpr size_t trick_count = 81;

[[nodiscard]] constexpr Trick trick_at(size_t index) noexcept {
    return static_cast<Trick>(index);
}

[[nodiscard]] constexpr bool is_flood(Trick trick) noexcept {
    return trick == Trick::data_flood || trick == Trick::grant_flood ||
           trick == Trick::handshake_flood;
}

/// What a trick deserves.
enum class Deserves : uint8_t {
    success,
    refusal,
    by_time, ///< success before a moment, refusal from it on
    silence,
};

/// A set of codes.
using Codes = uint32_t;
[[nodiscard]] constexpr Codes codes() noexcept {
    return 0;
}
template <typename... More>
[[nodiscard]] constexpr Codes codes(ErrorCode first, More... more) noexcept {
    return (Codes{1} << static_cast<unsigned>(first)) | codes(more...);
}
[[nodiscard]] constexpr bool has_code(Codes set, ErrorCode code) noexcept {
    return (set >> static_cast<unsigned>(code) & 1u) != 0;
}

struct TrickRow {
    Trick trick;
    std::string_view name;
    Deserves deserves;
    Codes refusals;      ///< with which it may be refused
    const char* success; ///< what its success means; of one that deserves it: its refusal
};

[[nodiscard]] const TrickRow& row_of(Trick trick) noexcept;

} // namespace grafos::test
