// SPDX-License-Identifier: Apache-2.0
/// How long things take: how many of them fell into which power of two.
///
/// A mean hides the slow ones and a list of all is not bounded. Bucket 0 counts zeroes, bucket n
/// the values from 2^(n-1) to 2^n - 1, the last one everything above. So a question is answered
/// within a factor of two, and adding a value is one count of leading zeroes and one store. The
/// unit is the caller's; the largest value is kept exactly.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/base/assert.hpp"

namespace grafos::observe {

/// Single context: the turn.
class Histogram {
public:
    static constexpr size_t bucket_count = 32;

    constexpr Histogram() noexcept = default;
    Histogram(const Histogram&) = delete;
    Histogram& operator=(const Histogram&) = delete;

    void add(uint64_t value) noexcept {
        buckets_[bucket_of(value)] += 1;
        count_ += 1;
        largest_ = value > largest_ ? value : largest_;
    }

    [[nodiscard]] uint64_t count() const noexcept { return count_; }
    [[nodiscard]] uint64_t largest() const noexcept { return largest_; }
    [[nodiscard]] uint64_t in_bucket(size_t bucket) const noexcept {
        GRAFOS_ASSERT(bucket < bucket_count);
        return buckets_[bucket];
    }

    /// A bound that `per_mille` (1 … 1000) of the values do not pass: the last value of a bucket,
    /// and never more than the largest seen. 0 if there are no values.
    [[nodiscard]] uint64_t bound_of(uint32_t per_mille) const noexcept;

    [[nodiscard]] static constexpr size_t bucket_of(uint64_t value) noexcept {
        const size_t width = static_cast<size_t>(std::bit_width(value));
        return width < bucket_count ? width : bucket_count - 1;
    }

private:
    std::array<uint64_t, bucket_count> buckets_{};
    uint64_t count_ = 0;
    uint64_t largest_ = 0;
};

} // namespace grafos::observe
