// SPDX-License-Identifier: Apache-2.0
#include "core/observe/counters.hpp"

namespace grafos::observe {

std::string_view name_of(Counter counter) noexcept {
    switch (counter) {
    case Counter::grants: return "grants";
    case Counter::grants_repeated: return "grants_repeated";
    case Counter::renewals: return "renewals";
    case Counter::releases: return "releases";
    case Counter::expiries: return "expiries";
    case Counter::revocations: return "revocations";
    case Counter::preemptions: return "preemptions";
    case Counter::teardowns: return "teardowns";
    case Counter::bytes_zeroed: return "bytes_zeroed";
    case Counter::wipe_failures: return "wipe_failures";
    case Counter::fences: return "fences";
    case Counter::fence_clears: return "fence_clears";
    case Counter::fence_clear_failures: return "fence_clear_failures";
    case Counter::reads: return "reads";
    case Counter::writes: return "writes";
    case Counter::flushes: return "flushes";
    case Counter::exchanges: return "exchanges";
    case Counter::locks_granted: return "locks_granted";
    case Counter::locks_waited: return "locks_waited";
    case Counter::locks_stale: return "locks_stale";
    case Counter::commits: return "commits";
    case Counter::bytes_read: return "bytes_read";
    case Counter::bytes_written: return "bytes_written";
    case Counter::turns: return "turns";
    case Counter::turn_overruns: return "turn_overruns";
    case Counter::clock_steps_back: return "clock_steps_back";
    case Counter::records_sealed: return "records_sealed";
    case Counter::records_deferred: return "records_deferred";
    case Counter::refusals_unrecorded: return "refusals_unrecorded";
    case Counter::groups_committed: return "groups_committed";
    case Counter::commit_failures: return "commit_failures";
    case Counter::checkpoints_written: return "checkpoints_written";
    case Counter::records_exported: return "records_exported";
    case Counter::records_trimmed: return "records_trimmed";
    case Counter::device_resets: return "device_resets";
    case Counter::outbox_full: return "outbox_full";
    case Counter::console_lines: return "console_lines";
    case Counter::console_refusals: return "console_refusals";
    }
    GRAFOS_UNREACHABLE();
}

void Counters::put_name(size_t index, TextWriter& out) noexcept {
    GRAFOS_ASSERT(index < size());
    if (index < counter_count) {
        out.put(name_of(static_cast<Counter>(index)));
    } else {
        out.put("refused_").put(name_of(static_cast<ErrorCode>(index - counter_count + 1)));
    }
}

} // namespace grafos::observe
