// SPDX-License-Identifier: Apache-2.0
#include "core/lease/fence/fence.hpp"

namespace grafos::lease {

Result<FenceEpoch> bump_epoch(FenceEpoch old) noexcept {
    if (old == FenceEpoch::last()) {
        return Error{ErrorCode::exhausted, Field::epoch, old.epoch().value, old.epoch().value};
    }
    const FenceEpoch next{Epoch{old.epoch().value + 1}};
    GRAFOS_ASSERT(next > old);
    return next;
}

Result<> FenceGuard::check(FenceEpoch epoch) const noexcept {
    if (epoch < epoch_) {
        return Error{ErrorCode::stale_epoch, Field::epoch, epoch.epoch().value,
                     epoch_.epoch().value};
    }
    return ok();
}

Result<> FenceGuard::observe(FenceEpoch epoch) noexcept {
    GRAFOS_TRY(check(epoch));
    GRAFOS_ASSERT(epoch >= epoch_);
    epoch_ = epoch;
    return ok();
}

Result<> FenceGuard::admit(FenceEpoch epoch) noexcept {
    GRAFOS_TRY(check(epoch));
    return observe(epoch);
}

Result<FenceEpoch> FenceGuard::advance() noexcept {
    GRAFOS_TRY_ASSIGN(const FenceEpoch next, bump_epoch(epoch_));
    GRAFOS_ASSERT(next > epoch_);
    epoch_ = next;
    return next;
}

} // namespace grafos::lease
