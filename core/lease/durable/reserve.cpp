// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/reserve.hpp"

namespace grafos::lease {
namespace {

[[nodiscard]] Result<> check_line(uint64_t taken, uint64_t line) noexcept {
    if (taken > line) {
        return Error{ErrorCode::capacity_exceeded, Field::log, taken, line};
    }
    return ok();
}

} // namespace

void SpaceLedger::start(const DiskLayout& layout, uint64_t kept) noexcept {
    GRAFOS_ASSERT(kept < layout.log_sectors);
    *this = SpaceLedger{};
    ring_ = layout.log_sectors;
    capacity_ = layout.log_capacity();
    const uint64_t share = capacity_ / 8;
    control_ = share < control_sectors_max ? share : control_sectors_max;
    kept_ = kept;
    GRAFOS_ASSERT(control_ < capacity_);
}

bool SpaceLedger::has_promise(Draw draw, bool is_refence) const noexcept {
    switch (draw) {
    case Draw::lease_end: return promised_ends_ > 0;
    case Draw::fence:
        return is_refence ? promised_fences_ >= promise_per_fence
                          : promised_teardowns_ >= promise_per_teardown;
    case Draw::clear: return promised_fences_ >= promise_per_fence;
    case Draw::grant:
    case Draw::renewal:
    case Draw::dirty_fence:
    case Draw::control:
    case Draw::note: break;
    }
    return false;
}

Result<> SpaceLedger::check(Draw draw, bool is_refence) const noexcept {
    GRAFOS_ASSERT(capacity_ > control_);
    const uint64_t rest = capacity_ - control_;
    if (has_promise(draw, is_refence)) {
        return ok();
    }
    switch (draw) {
    case Draw::grant: return check_line(taken() + 1 + promise_per_grant, rest / 4 * 3);
    case Draw::renewal: return check_line(taken() + 1, rest);
    case Draw::dirty_fence: return check_line(taken() + 1 + promise_per_fence, rest / 2);
    case Draw::note: return check_line(taken() + 1, rest / 2);
    case Draw::lease_end:
    case Draw::fence:
    case Draw::clear:
    case Draw::control: return check_line(taken() + 1, capacity_);
    }
    GRAFOS_UNREACHABLE();
}

void SpaceLedger::draw(Draw draw, bool is_refence) noexcept {
    ++open_;
    switch (draw) {
    case Draw::grant:
        ++promised_ends_;
        promised_teardowns_ += promise_per_teardown;
        break;
    case Draw::lease_end: drop(promised_ends_, 1); break;
    case Draw::fence:
        if (is_refence) {
            drop(promised_fences_, promise_per_fence);
            promise_fence();
        } else {
            drop(promised_teardowns_, promise_per_teardown);
            promised_fences_ += promise_per_fence;
        }
        break;
    case Draw::dirty_fence: promise_fence(); break;
    case Draw::clear: drop(promised_fences_, promise_per_fence); break;
    case Draw::renewal:
    case Draw::control:
    case Draw::note: break;
    }
    GRAFOS_ASSERT(kept_ + open_ < ring_);
}

/// A fence that no lease paid for: its followers come out of what is left, as far as that goes.
void SpaceLedger::promise_fence() noexcept {
    const uint64_t room = capacity_ > taken() ? capacity_ - taken() : 0;
    promised_fences_ += room < promise_per_fence ? room : promise_per_fence;
}

void SpaceLedger::restore_fences(uint64_t count) noexcept {
    // The boot record, and one that an adoption owes, come first.
    const uint64_t taken_first = kept_ + open_ + 2;
    const uint64_t room = capacity_ > taken_first ? capacity_ - taken_first : 0;
    promised_fences_ = count > room / promise_per_fence ? room : count * promise_per_fence;
}

void SpaceLedger::close_group(uint64_t count, uint64_t sectors) noexcept {
    GRAFOS_ASSERT(count <= open_);
    GRAFOS_ASSERT(sectors > 0);
    open_ -= count;
    kept_ += sectors;
    GRAFOS_ASSERT(kept_ + open_ < ring_);
}

} // namespace grafos::lease
