// SPDX-License-Identifier: Apache-2.0
/// What is worth a record but decides nothing: refusals, folded (refusals.hpp), and long turns.
/// They wait for room in the journal, and are the first it refuses.
#pragma once

#include "core/lease/lessor/lessor_context.hpp"
#include "core/lease/lessor/refusals.hpp"

namespace grafos::lease {

class Notes {
public:
    explicit Notes(LessorContext& context) noexcept : context_{context} {}
    Notes(const Notes&) = delete;
    Notes& operator=(const Notes&) = delete;

    void add_refusal(TenantId tenant, Operation operation, const Error& error) noexcept;
    void add_overrun(Duration took) noexcept;

    /// Once a turn: seals what there is room for; the rest keeps its counts. Audit: request_refused
    /// for each (tenant, reason), turn_overrun for the longest.
    void seal(Instant now) noexcept;

private:
    [[nodiscard]] bool has_room(Instant now) noexcept;
    void seal_overrun(Instant now) noexcept;

    LessorContext& context_;
    Refusals refusals_{};
    Duration overrun_{}; ///< the longest since the last record of one; 0 = none
    uint32_t overrun_count_ = 0;
    Instant next_overrun_{}; ///< no record of one before this
};

} // namespace grafos::lease
