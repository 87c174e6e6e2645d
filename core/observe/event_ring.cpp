// SPDX-License-Identifier: Apache-2.0
#include "core/observe/event_ring.hpp"

namespace grafos::observe {

std::string_view name_of(EventCode code) noexcept {
    switch (code) {
    case EventCode::readiness_changed: return "readiness_changed";
    case EventCode::lease_granted: return "lease_granted";
    case EventCode::lease_renewed: return "lease_renewed";
    case EventCode::lease_ending: return "lease_ending";
    case EventCode::lease_torn_down: return "lease_torn_down";
    case EventCode::revoke_warned: return "revoke_warned";
    case EventCode::lock_granted: return "lock_granted";
    case EventCode::units_fenced: return "units_fenced";
    case EventCode::fence_cleared: return "fence_cleared";
    case EventCode::wipe_refused: return "wipe_refused";
    case EventCode::request_refused: return "request_refused";
    case EventCode::record_deferred: return "record_deferred";
    case EventCode::commit_failed: return "commit_failed";
    case EventCode::turn_overrun: return "turn_overrun";
    case EventCode::clock_step_back: return "clock_step_back";
    case EventCode::device_reset: return "device_reset";
    case EventCode::console_refused: return "console_refused";
    case EventCode::renewals_lost: return "renewals_lost";
    }
    GRAFOS_UNREACHABLE();
}

void EventRing::add(const Event& event) noexcept {
    GRAFOS_ASSERT(!slots_.empty());
    if (size_ < slots_.size()) {
        // Nothing is ever taken out, so until the first overwriting the oldest entry is in slot 0.
        slots_[size_++] = event;
        return;
    }
    slots_[oldest_] = event;
    oldest_ = oldest_ + 1 == slots_.size() ? 0 : oldest_ + 1;
    lost_ += 1;
}

const Event& EventRing::at(size_t index) const noexcept {
    GRAFOS_ASSERT(index < size_);
    const size_t until_end = slots_.size() - oldest_;
    return slots_[index < until_end ? oldest_ + index : index - until_end];
}

} // namespace grafos::observe
