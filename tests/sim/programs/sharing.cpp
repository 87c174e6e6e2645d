// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/programs/sharing.hpp"

#include <algorithm>

namespace grafos::test {
namespace {

constexpr Duration rest{300};
constexpr Duration round_least{2'000};
constexpr Duration round_most{12'000};
constexpr Duration grace_most{1'500};
constexpr uint64_t ends_by_itself_permille = 500;

} // namespace

void Sharing::Figures::add(const Figures& other) noexcept {
    rounds += other.rounds;
    operations += other.operations;
    largest = std::max(largest, other.largest);
    open += other.open;
    undecided += other.undecided;
    steps += other.steps;
    revoked += other.revoked;
    released += other.released;
}

void Sharing::on_event(const SimEvent& event) noexcept {
    if (phase_ == Phase::idle) {
        return;
    }
    const bool is_home = event.machine == round_.home;
    const bool is_off =
        event.what == SimEvent::What::power_off || event.what == SimEvent::What::crash;
    if (event.what == SimEvent::What::turn_began && is_home) {
        record_.on_home_turn(event.number, event.at);
    } else if (is_off && is_home) {
        close();
    } else if (is_off && event.machine == round_.owner) {
        if (phase_ == Phase::seeking) {
            close();
        } else { // nobody renews it any more
            round_.orphan_until = saturating_add(event.at, ttl);
        }
    }
}

void Sharing::tick() noexcept {
    const Instant now = parts_.observers.now();
    if (phase_ == Phase::idle) {
        if (is_wanted && now >= next_at_) {
            begin();
        }
        return;
    }
    const bool is_full =
        phase_ == Phase::open &&
        record_.history().operations().size() + operations_max / 16 > operations_max;
    if (!is_wanted || is_full || now >= round_.orphan_until) {
        close();
    }
}

void Sharing::begin() noexcept {
    const size_t count = parts_.names.size();
    round_ = {.number = round_.number + 1};
    round_.home = static_cast<uint32_t>(choice_.below(count));
    round_.owner = static_cast<uint32_t>((round_.home + 1 + choice_.below(count - 1)) % count);
    round_.grace = Duration{choice_.chance(500) ? 0 : choice_.between(1, grace_most.ms)};
    const uint64_t ending = choice_.below(4);
    const Duration length{choice_.between(round_least.ms, round_most.ms)};
    if (choice_.chance(ends_by_itself_permille)) {
        round_.ending = ending < 2   ? Ending::revoked
                        : ending < 3 ? Ending::released_by_owner
                                     : Ending::released_at_home;
        round_.ends_at = saturating_add(parts_.observers.now(), length);
    }
    record_.clear();
    phase_ = Phase::seeking;
}

Sharing::Ending Sharing::due() const noexcept {
    const bool is_due = phase_ == Phase::open && parts_.observers.now() >= round_.ends_at;
    return is_due ? round_.ending : Ending::none;
}

void Sharing::granted(const LeaseId& lease, const LeaseRef& ref, uint64_t size_bytes) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::seeking);
    round_.lease = lease;
    round_.ref = ref;
    round_.size_bytes = size_bytes;
}

void Sharing::show(const lease::Token& token) noexcept {
    GRAFOS_ASSERT(phase_ != Phase::idle);
    round_.token = token;
    round_.tokens += 1;
    figures_.rounds += phase_ == Phase::seeking ? 1u : 0u;
    phase_ = Phase::open;
}

/// Whoever uses it is told by the home; if nobody does, it is over all the same.
void Sharing::noted_released() noexcept {
    figures_.released += 1;
    round_.ending = Ending::none;
    round_.orphan_until = saturating_add(parts_.observers.now(), ttl);
}

void Sharing::over(uint64_t number) noexcept {
    if (phase_ != Phase::idle && number == round_.number) {
        close();
    }
}

void Sharing::close() noexcept {
    if (phase_ == Phase::open) {
        check();
    }
    phase_ = Phase::idle;
    next_at_ = saturating_add(parts_.observers.now(), rest);
}

void Sharing::check() noexcept {
    const HistoryVerdict verdict = checker_.check(history_);
    const uint64_t count = history_.operations().size();
    figures_.operations += count;
    figures_.largest = std::max(figures_.largest, count);
    figures_.undecided += verdict.result == Linearity::undecided ? 1u : 0u;
    figures_.steps += verdict.steps;
    for (const History::Operation& operation : history_.operations()) {
        figures_.open += operation.outcome == History::Outcome::open ? 1u : 0u;
    }
    if (verdict.result != Linearity::bad || !parts_.verdict.is_good()) {
        return;
    }
    TextWriter out{std::span{failure_}.first(failure_.size() - 1)};
    put_verdict(out, history_, verdict);
    failure_[out.size()] = '\0';
    parts_.verdict.oracle = "linearizable";
    parts_.verdict.expect(false, failure_.data(), parts_.observers.now());
}

} // namespace grafos::test
