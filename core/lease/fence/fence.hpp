// SPDX-License-Identifier: Apache-2.0
/// Stale writers, refused where the write lands.
///
/// A holder that was paused, cut off or replaced does not know it. So every message carries the
/// epoch it was sent under, and the place it arrives at keeps the highest epoch it has seen: older
/// is refused. Leases give liveness; this gives safety (protocol §1, §4).
///
///     FenceGuard guard{FenceEpoch::zero()};
///     const Fenced<Write> write{bytes, epoch};
///     GRAFOS_TRY(guard.admit(write.epoch()));   // a data path: check, then observe
///     apply(write.value());
///
/// No time, no I/O. Epochs are read from authenticated frames only.
#pragma once

#include "core/base/ids.hpp"
#include "core/base/result.hpp"

namespace grafos::lease {

/// A point in the order of authorities. Wraps the node-wide `Epoch`: same number, but it can only
/// be compared and bumped, never wrapped around.
class FenceEpoch {
public:
    [[nodiscard]] static constexpr FenceEpoch zero() noexcept { return FenceEpoch{Epoch{0}}; }
    /// The last one; it cannot be bumped.
    [[nodiscard]] static constexpr FenceEpoch last() noexcept {
        return FenceEpoch{Epoch{UINT64_MAX}};
    }
    constexpr explicit FenceEpoch(Epoch epoch) noexcept : epoch_{epoch} {}

    [[nodiscard]] constexpr Epoch epoch() const noexcept { return epoch_; }
    friend constexpr auto operator<=>(FenceEpoch, FenceEpoch) = default;

private:
    Epoch epoch_;
};

/// The next epoch. Failures: exhausted (epoch) at 2^64 − 1. Context: any.
[[nodiscard]] Result<FenceEpoch> bump_epoch(FenceEpoch old) noexcept;

/// A value and the epoch under which it was made.
template <typename T>
class Fenced {
public:
    constexpr Fenced(T value, FenceEpoch epoch) noexcept
        : value_{static_cast<T&&>(value)}, epoch_{epoch} {}
    [[nodiscard]] static constexpr Fenced at_zero(T value) noexcept {
        return {static_cast<T&&>(value), FenceEpoch::zero()};
    }

    [[nodiscard]] constexpr const T& value() const noexcept { return value_; }
    [[nodiscard]] constexpr T& value() noexcept { return value_; }
    [[nodiscard]] constexpr FenceEpoch epoch() const noexcept { return epoch_; }
    friend constexpr bool operator==(const Fenced&, const Fenced&) = default;

private:
    T value_;
    FenceEpoch epoch_;
};

/// What stands before a piece of data. Every refusal is stale_epoch (epoch) with both epochs in it:
/// value = the one given, expected = the guard's own. The guard's epoch only rises.
class FenceGuard {
public:
    constexpr explicit FenceGuard(FenceEpoch epoch) noexcept : epoch_{epoch} {}
    FenceGuard(const FenceGuard&) = delete;
    FenceGuard& operator=(const FenceGuard&) = delete;

    /// Only looks: this epoch or a newer one is accepted, and a newer one is not adopted.
    [[nodiscard]] Result<> check(FenceEpoch epoch) const noexcept;
    /// Adopts this epoch, so that everything older is refused from now on. An older one is refused
    /// and changes nothing.
    [[nodiscard]] Result<> observe(FenceEpoch epoch) noexcept;
    /// Before applying: check, then observe.
    [[nodiscard]] Result<> admit(FenceEpoch epoch) noexcept;
    /// Takes authority: bumps and answers the new epoch. Failures: exhausted (epoch); unchanged
    /// then.
    [[nodiscard]] Result<FenceEpoch> advance() noexcept;

    [[nodiscard]] constexpr FenceEpoch epoch() const noexcept { return epoch_; }

private:
    FenceEpoch epoch_;
};

} // namespace grafos::lease
