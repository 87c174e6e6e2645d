// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/household.hpp"

namespace grafos::test {
namespace {

constexpr uint64_t block_permille = 350;
constexpr uint64_t own_permille = 250;

} // namespace

Tenure& Household::add(const Tenure::Parts& parts, const Tenure::Plan& plan,
                       uint64_t seed) noexcept {
    GRAFOS_ASSERT(count_ < tenures_max);
    std::optional<Tenure>& place = tenures_[count_];
    place.emplace(parts, plan, seed);
    count_ += 1;
    return *place;
}

void Household::on_power_on(fabric::Fabric& fabric) noexcept {
    for (size_t i = 0; i < count_; ++i) {
        tenures_[i]->on_power_on(fabric);
    }
}

void Household::on_power_off() noexcept {
    for (size_t i = 0; i < count_; ++i) {
        tenures_[i]->on_power_off();
    }
}

void Household::step(Instant now) noexcept {
    for (size_t i = 0; i < count_; ++i) {
        tenures_[i]->step(now);
    }
}

Instant Household::next_deadline() const noexcept {
    Instant next = Instant::never();
    for (size_t i = 0; i < count_; ++i) {
        next = earlier_of(next, tenures_[i]->next_deadline());
    }
    return next;
}

Tenure::Plan Casting::draw(size_t machine) noexcept {
    const bool is_block = choice_.chance(block_permille);
    const bool is_own = choice_.chance(own_permille);
    const uint64_t other = choice_.below(names_.size() - 1);
    const uint64_t far = other + (other >= machine ? 1u : 0u);
    const size_t home = is_own ? machine : static_cast<size_t>(far);
    return {is_block ? lease::ResourceKind::block : lease::ResourceKind::memory, names_[home],
            Duration{choice_.between(ttl_least.ms, ttl_most.ms)}, static_cast<uint32_t>(home)};
}

} // namespace grafos::test
