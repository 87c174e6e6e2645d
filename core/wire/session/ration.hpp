// SPDX-License-Identifier: Apache-2.0
/// A ration over any stretch of time: at most `N` uses within each window of `window` ms, exactly,
/// not on average. It remembers when the last N happened.
#pragma once

#include <array>

#include "core/base/time.hpp"

namespace grafos::wire {

template <size_t N>
class Ration {
public:
    explicit constexpr Ration(Duration window) noexcept : window_{window} {}

    [[nodiscard]] bool has_one(Instant now) const noexcept { return now >= next_at(); }

    /// When the next use is allowed; the past if it is now.
    [[nodiscard]] Instant next_at() const noexcept {
        return used_ < N ? Instant{0} : saturating_add(at_[used_ % N], window_);
    }

    void use(Instant now) noexcept {
        GRAFOS_ASSERT(has_one(now));
        at_[used_ % N] = now;
        used_ += 1;
    }

private:
    Duration window_;
    std::array<Instant, N> at_{};
    uint64_t used_ = 0;
};

} // namespace grafos::wire
