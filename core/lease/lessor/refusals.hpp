// SPDX-License-Identifier: Apache-2.0
/// Refusals of one turn, folded: a record at most once a turn per (tenant, reason), with a count
/// (protocol §5), so that a flood of bad requests cannot fill the log.
#pragma once

#include <array>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/lease/grantor.hpp"

namespace grafos::lease {

/// Kinds of refusal told apart in one turn; what comes on top is counted in the last one's place only
/// by the counters.
inline constexpr size_t refusals_per_turn_max = 8;

struct Refusal {
    TenantId tenant{};
    Operation operation{};
    Error first{};      ///< the first one of this (tenant, code) in the turn
    uint32_t count = 0; ///< how many there were
};

class Refusals {
public:
    /// Folds one refusal in. Answers whether it found a place. Context: turn.
    bool note(TenantId tenant, Operation operation, const Error& error) noexcept {
        for (size_t i = 0; i < count_; ++i) {
            Refusal& known = entries_[i];
            if (known.tenant == tenant && known.first.code == error.code) {
                known.count += 1;
                return true;
            }
        }
        if (count_ == entries_.size()) {
            return false;
        }
        entries_[count_++] = Refusal{tenant, operation, error, 1};
        return true;
    }

    [[nodiscard]] std::span<const Refusal> entries() const noexcept {
        return std::span{entries_}.first(count_);
    }
    void clear() noexcept { count_ = 0; }

private:
    std::array<Refusal, refusals_per_turn_max> entries_{};
    size_t count_ = 0;
};

} // namespace grafos::lease
