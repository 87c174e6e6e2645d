// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/virtqueue.hpp"

#include "hal/cpu.hpp"

namespace grafos::board {

namespace {

constexpr size_t flags_word = 0;
constexpr size_t index_word = 1;
constexpr size_t ring_words = 2;
constexpr uint16_t flag_not_needed =
    1; // the driver's: no interrupts; the device's: no notification

uint64_t address_of(const void* object) noexcept {
    return reinterpret_cast<uint64_t>(object);
}

} // namespace

void Virtqueue::restart(uint16_t size) noexcept {
    GRAFOS_ASSERT(size != 0 && size <= size_max() && (size & (size - 1)) == 0);
    for (VirtDescriptor& descriptor : descriptors_) {
        descriptor = {};
    }
    for (uint16_t& word : available_) {
        word = 0;
    }
    for (uint16_t& word : used_header_) {
        word = 0;
    }
    for (VirtUsedElement& element : used_) {
        element = {};
    }
    size_ = size;
    offered_ = 0;
    taken_ = 0;
}

void Virtqueue::set_descriptor(uint16_t index, const VirtDescriptor& descriptor) noexcept {
    GRAFOS_ASSERT(index < size_);
    descriptors_[index] = descriptor;
}

void Virtqueue::offer(uint16_t head) noexcept {
    GRAFOS_ASSERT(head < size_);
    available_[ring_words + offered_ % size_] = head;
    offered_ = static_cast<uint16_t>(offered_ + 1);
    hal::memory_barrier(); // the entry before the index
    __atomic_store_n(&available_[index_word], offered_, __ATOMIC_RELEASE);
    hal::memory_barrier(); // the index before the notification
}

UsedOutcome Virtqueue::take_used(VirtUsedElement& to) noexcept {
    const uint16_t index = __atomic_load_n(&used_header_[index_word], __ATOMIC_ACQUIRE);
    if (index == taken_) {
        return UsedOutcome::none;
    }
    const uint16_t on_its_way = static_cast<uint16_t>(offered_ - taken_);
    if (static_cast<uint16_t>(index - taken_) > on_its_way) {
        return UsedOutcome::broken;
    }
    hal::memory_barrier(); // the index before the element and what it stands for
    const VirtUsedElement& element = used_[taken_ % size_];
    to.head = __atomic_load_n(&element.head, __ATOMIC_RELAXED);
    to.length = __atomic_load_n(&element.length, __ATOMIC_RELAXED);
    if (to.head >= size_) {
        return UsedOutcome::broken;
    }
    taken_ = static_cast<uint16_t>(taken_ + 1);
    return UsedOutcome::taken;
}

bool Virtqueue::has_used() const noexcept {
    return __atomic_load_n(&used_header_[index_word], __ATOMIC_ACQUIRE) != taken_;
}

void Virtqueue::suppress_interrupts() noexcept {
    __atomic_store_n(&available_[flags_word], flag_not_needed, __ATOMIC_RELEASE);
}

bool Virtqueue::wants_notification() const noexcept {
    hal::memory_barrier(); // our index before its flags
    return (__atomic_load_n(&used_header_[flags_word], __ATOMIC_RELAXED) & flag_not_needed) == 0;
}

uint64_t Virtqueue::descriptors_address() const noexcept {
    return address_of(descriptors_.data());
}
uint64_t Virtqueue::available_address() const noexcept {
    return address_of(available_.data());
}
uint64_t Virtqueue::used_address() const noexcept {
    return address_of(used_header_.data());
}

} // namespace grafos::board
