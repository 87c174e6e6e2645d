// SPDX-License-Identifier: Apache-2.0
/// Refusals of one turn, folded: a record at most once a turn per (tenant, reason), with a count
/// (protocol §5), so that a flood of bad requests cannot fill the log.
#pragma once

#include <array>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/lease/grantor.hpp"

namespace grafos::lease {

/// Kinds of refusal told apart in one turn; what comes on top is counted, not recorded.
inline constexpr size_t refusals_per_turn_max = 8;

struct Refusal {
    TenantId tenant{};
    Operation operation{};
    Error last{};       ///< the last one of this (tenant, code), as its record shows it
    uint32_t count = 0; ///< how many there were
};

class Refusals {
public:
    /// Folds one refusal in. Answers whether it found a place. Context: turn.
    bool note(TenantId tenant, Operation operation, const Error& error) noexcept {
        for (size_t i = 0; i < count_; ++i) {
            Refusal& known = entries_[i];
            if (known.tenant == tenant && known.last.code == error.code) {
                known.operation = operation;
                known.last = error;
                known.count += known.count == ~uint32_t{0} ? 0 : 1;
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
    /// The first `count` have been recorded.
    void drop_first(size_t count) noexcept {
        GRAFOS_ASSERT(count <= count_);
        for (size_t i = count; i < count_; ++i) {
            entries_[i - count] = entries_[i];
        }
        count_ -= count;
    }

private:
    std::array<Refusal, refusals_per_turn_max> entries_{};
    size_t count_ = 0;
};

} // namespace grafos::lease
