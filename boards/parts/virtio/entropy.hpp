// SPDX-License-Identifier: Apache-2.0
/// A virtio entropy device. It fills a small store ahead of need; who asks before it has answers
/// gets `busy` and asks again in a later turn. Each byte is given out once and wiped. Source:
/// Virtual I/O Device 1.1, section 5.4.
#pragma once

#include "boards/parts/virtio/transport.hpp"
#include "hal/entropy.hpp"

namespace grafos::board {

class VirtioEntropy final : public hal::Entropy {
public:
    static constexpr size_t store_bytes = 64; ///< longest request of the contract

    constexpr VirtioEntropy() noexcept : queue_{tables_} {}
    VirtioEntropy(const VirtioEntropy&) = delete;
    VirtioEntropy& operator=(const VirtioEntropy&) = delete;

    /// Takes over the device and asks it for the first bytes. Failures: unsupported, io. Context:
    /// boot.
    [[nodiscard]] Result<> start(uintptr_t base) noexcept;

    [[nodiscard]] Result<> fill(MutableBytes to) noexcept override;

private:
    void request() noexcept;
    /// False: the device broke the rules and was stopped.
    [[nodiscard]] bool harvest() noexcept;

    VirtqueueTables<2> tables_{};
    Virtqueue queue_;
    VirtioTransport transport_;
    std::array<uint8_t, store_bytes> store_{};
    size_t available_ = 0; ///< unused bytes at the front of the store
    bool is_requested_ = false;
    bool is_broken_ = true; ///< until started
};

} // namespace grafos::board
