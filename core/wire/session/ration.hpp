// SPDX-License-Identifier: Apache-2.0
/// A ration over any stretch of time: at most `N` uses within each window of `window` ms, exactly,
/// not on average. It remembers when the last N happened and what for; a use that turned out to be
/// worth its price is given back.
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
        return count_ < N ? Instant{0} : saturating_add(uses_[0].at, window_);
    }

    /// `purpose`: what `give_back` may name.
    void use(Instant now, uint32_t purpose) noexcept {
        GRAFOS_ASSERT(has_one(now));
        if (count_ == N) {
            drop_oldest();
        }
        uses_[count_] = {now, purpose};
        count_ += 1;
    }

    /// The uses for `purpose` count no more, and no others.
    void give_back(uint32_t purpose) noexcept {
        size_t kept = 0;
        for (size_t i = 0; i < count_; ++i) {
            uses_[kept] = uses_[i];
            kept += uses_[i].purpose != purpose ? 1u : 0u;
        }
        count_ = kept;
    }

private:
    struct Use {
        Instant at{};
        uint32_t purpose = 0;
    };

    void drop_oldest() noexcept {
        for (size_t i = 1; i < N; ++i) {
            uses_[i - 1] = uses_[i];
        }
        count_ -= 1;
    }

    Duration window_;
    std::array<Use, N> uses_{}; ///< oldest first
    size_t count_ = 0;
};

} // namespace grafos::wire
