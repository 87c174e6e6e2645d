// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/entropy.hpp"

namespace grafos::board {

Result<> VirtioEntropy::start(uintptr_t base) noexcept {
    transport_.attach(base);
    GRAFOS_TRY_ASSIGN(const uint64_t features, transport_.negotiate(0, 0));
    (void)features;
    GRAFOS_TRY(transport_.set_queue(0, queue_, 1));
    GRAFOS_TRY(transport_.run());
    is_broken_ = false;
    request();
    return ok();
}

void VirtioEntropy::request() noexcept {
    GRAFOS_ASSERT(!is_requested_ && available_ < store_bytes);
    queue_.set_descriptor(0, {reinterpret_cast<uint64_t>(&store_[available_]),
                              static_cast<uint32_t>(store_bytes - available_),
                              virt_descriptor_device_writes, 0});
    is_requested_ = true;
    queue_.offer(0);
    transport_.notify(0);
}

bool VirtioEntropy::harvest() noexcept {
    VirtUsedElement element{};
    switch (queue_.take_used(element)) {
    case UsedOutcome::none: return true;
    case UsedOutcome::taken:
        // No bytes at all would have us ask for ever; more than asked for is a lie.
        if (element.head == 0 && element.length != 0 &&
            element.length <= store_bytes - available_) {
            available_ += element.length;
            is_requested_ = false;
            return true;
        }
        break;
    case UsedOutcome::broken: break;
    }
    is_broken_ = true;
    (void)transport_.reset();
    return false;
}

Result<> VirtioEntropy::fill(MutableBytes to) noexcept {
    if (to.size() > store_bytes) {
        return Error{ErrorCode::invalid_argument, Field::length, to.size(), store_bytes};
    }
    if (is_broken_ || (is_requested_ && !harvest())) {
        return Error{ErrorCode::io, Field::entropy, is_broken_ ? 1u : 0u, 0};
    }
    const bool is_enough = available_ >= to.size();
    if (is_enough && !is_requested_) {
        // From the end, so that what is left stays at the front.
        const MutableBytes taken = MutableBytes{store_}.subspan(available_ - to.size(), to.size());
        copy_bytes(to, taken);
        zero_bytes(taken);
        available_ -= to.size();
    }
    const bool is_given = is_enough && !is_requested_;
    if (!is_requested_ && available_ < store_bytes) {
        request();
    }
    if (!is_given) {
        return Error{ErrorCode::busy, Field::entropy, available_, to.size()};
    }
    return ok();
}

} // namespace grafos::board
