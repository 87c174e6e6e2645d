// SPDX-License-Identifier: Apache-2.0
#include "core/observe/histogram.hpp"

namespace grafos::observe {

uint64_t Histogram::bound_of(uint32_t per_mille) const noexcept {
    GRAFOS_ASSERT(per_mille >= 1 && per_mille <= 1000);
    if (count_ == 0) {
        return 0;
    }
    // ceil(count * per_mille / 1000), in two parts so that the product cannot overflow.
    const uint64_t rank = count_ / 1000 * per_mille + (count_ % 1000 * per_mille + 999) / 1000;
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket + 1 < bucket_count; ++bucket) {
        seen += buckets_[bucket];
        if (seen >= rank) {
            const uint64_t last = (uint64_t{1} << bucket) - 1;
            return last < largest_ ? last : largest_;
        }
    }
    return largest_;
}

} // namespace grafos::observe
