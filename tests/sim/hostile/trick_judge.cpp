// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/hostile/trick_judge.hpp"

namespace grafos::test {
namespace {

using enum ErrorCode;

/// The home has no time or no room, or cannot tell what is durable.
[[nodiscard]] bool is_passing(const Error& error) noexcept {
    const bool is_quota = error.field == Field::quota_bytes || error.field == Field::quota_leases;
    const bool is_full = error.code == capacity_exceeded && error.field != Field::offset &&
                         error.field != Field::length;
    return is_full || error.code == busy || error.code == degraded || error.code == not_ready ||
           (error.code == rate_limited && !is_quota);
}

constexpr Codes over = codes(lease_expired, revoked, released, not_found, stale_epoch, denied);

} // namespace

bool TrickJudge::is_right(const TrickRow& row, const TrickAnswer& answer) noexcept {
    switch (row.deserves) {
    case Deserves::success: return answer.is_ok;
    case Deserves::refusal: return !answer.is_ok && has_code(row.refusals, answer.error.code);
    case Deserves::by_time:
        return answer.is_ok
                   ? answer.not_before < answer.end
                   : answer.not_after >= answer.end && has_code(row.refusals, answer.error.code);
    case Deserves::silence: return false;
    }
    GRAFOS_UNREACHABLE();
}

const char* TrickJudge::text_of(const TrickRow& row, const TrickAnswer& answer) noexcept {
    switch (row.deserves) {
    case Deserves::success: return row.success;
    case Deserves::refusal:
        return answer.is_ok ? row.success : "a trick was refused for a reason that does not fit";
    case Deserves::by_time:
        return answer.is_ok ? row.success : "an access was refused before its end";
    case Deserves::silence: return row.success;
    }
    GRAFOS_UNREACHABLE();
}

void TrickJudge::judge(Trick trick, const TrickAnswer& answer, Instant world) noexcept {
    const TrickRow& row = row_of(trick);
    checks_ += 1;
    if (is_right(row, answer)) {
        count_of(trick).right += 1;
        return;
    }
    const bool is_excused =
        !answer.is_ok &&
        (is_passing(answer.error) || (!answer.is_lease_live && has_code(over, answer.error.code)));
    if (is_excused && row.deserves != Deserves::silence) {
        count_of(trick).passed += 1;
        return;
    }
    if (verdict_.is_good()) {
        broken_ = {trick, answer};
    }
    verdict_.expect(false, text_of(row, answer), world);
}

void TrickJudge::judge_silence(Trick trick, bool is_answered, Instant world) noexcept {
    checks_ += 1;
    count_of(trick).right += is_answered ? 0u : 1u;
    verdict_.expect(!is_answered, row_of(trick).success, world);
}

uint64_t TrickJudge::sent() const noexcept {
    uint64_t sum = 0;
    for (const Count& count : counts_) {
        sum += count.sent;
    }
    return sum;
}

} // namespace grafos::test
