// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/net_rings.hpp"

namespace grafos::board {

namespace {

Error lie(uint64_t value, uint64_t expected) noexcept {
    return Error{ErrorCode::io, Field::device, value, expected};
}

} // namespace

void NetRings::begin(const MacAddress& own) noexcept {
    GRAFOS_ASSERT(receive_.size() != 0 && send_.size() != 0);
    own_ = own;
    taken_ = none;
    reserved_ = none;
    next_send_ = 0;
    has_leftover_ = false;
    for (bool& is_sending : is_sending_) {
        is_sending = false;
    }
    for (uint16_t i = 0; i < receive_.size(); ++i) {
        lend(i);
    }
    send_.suppress_interrupts(); // who needs room looks for it
    is_send_due_ = false;
}

void NetRings::lend(uint16_t index) noexcept {
    GRAFOS_ASSERT(index < receive_.size());
    Buffer& buffer = received_[index];
    receive_.set_descriptor(index, {reinterpret_cast<uint64_t>(buffer.bytes.data()),
                                    static_cast<uint32_t>(buffer.bytes.size()),
                                    virt_descriptor_device_writes, 0});
    receive_.offer(index);
    is_receive_due_ = true;
}

bool NetRings::is_for_us(Bytes frame) const noexcept {
    const Bytes to = frame.first(own_.size());
    return is_equal(to, own_) || is_equal(to, mac_broadcast);
}

Result<MutableBytes> NetRings::take() noexcept {
    GRAFOS_ASSERT(taken_ == none);
    for (uint32_t drops = 0; drops < drops_max; ++drops) {
        VirtUsedElement element{};
        const UsedOutcome outcome = receive_.take_used(element);
        has_leftover_ = outcome == UsedOutcome::taken && receive_.has_used();
        if (outcome == UsedOutcome::none) {
            return Error{ErrorCode::busy, Field::device};
        }
        if (outcome == UsedOutcome::broken) {
            return lie(element.head, receive_.size());
        }
        const auto index = static_cast<uint16_t>(element.head);
        Buffer& buffer = received_[index];
        if (element.length > buffer.bytes.size()) {
            return lie(element.length, buffer.bytes.size());
        }
        if (element.length < header_bytes + ethernet_header_bytes) {
            counters_.runts += 1;
            lend(index);
            continue;
        }
        const MutableBytes frame =
            MutableBytes{buffer.bytes}.subspan(header_bytes, element.length - header_bytes);
        if (!is_for_us(frame)) {
            counters_.foreign += 1;
            lend(index);
            continue;
        }
        counters_.received += 1;
        taken_ = index;
        return frame;
    }
    return Error{ErrorCode::busy, Field::device};
}

void NetRings::give_back() noexcept {
    GRAFOS_ASSERT(taken_ != none);
    lend(taken_);
    taken_ = none;
}

bool NetRings::harvest_sent() noexcept {
    for (uint16_t i = 0; i < send_.size(); ++i) {
        VirtUsedElement element{};
        const UsedOutcome outcome = send_.take_used(element);
        if (outcome == UsedOutcome::none) {
            return true;
        }
        if (outcome == UsedOutcome::broken || !is_sending_[element.head]) {
            return false;
        }
        is_sending_[element.head] = false;
    }
    return true;
}

Result<MutableBytes> NetRings::reserve() noexcept {
    GRAFOS_ASSERT(reserved_ == none && next_send_ < send_.size());
    if (!harvest_sent()) {
        return lie(0, send_.size());
    }
    for (uint16_t i = 0; i < send_.size(); ++i) {
        const auto index = static_cast<uint16_t>((next_send_ + i) % send_.size());
        if (!is_sending_[index]) {
            reserved_ = index;
            return MutableBytes{sent_[index].bytes}.subspan(header_bytes);
        }
    }
    return Error{ErrorCode::busy, Field::device, send_.size(), send_.size()};
}

void NetRings::submit(size_t size) noexcept {
    GRAFOS_ASSERT(reserved_ != none);
    GRAFOS_ASSERT(size >= ethernet_header_bytes && size <= ethernet_frame_bytes_max);
    Buffer& buffer = sent_[reserved_];
    is_sending_[reserved_] = true; // its header stays all zero: no offloads were agreed
    send_.set_descriptor(reserved_, {reinterpret_cast<uint64_t>(buffer.bytes.data()),
                                     static_cast<uint32_t>(header_bytes + size), 0, 0});
    send_.offer(reserved_);
    counters_.sent += 1;
    next_send_ = static_cast<uint16_t>((reserved_ + 1) % send_.size());
    reserved_ = none;
    is_send_due_ = true;
}

bool NetRings::settle_receive() noexcept {
    const bool is_due = is_receive_due_ && receive_.wants_notification();
    is_receive_due_ = false;
    return is_due;
}

bool NetRings::settle_send() noexcept {
    const bool is_due = is_send_due_ && send_.wants_notification();
    is_send_due_ = false;
    return is_due;
}

} // namespace grafos::board
