// SPDX-License-Identifier: Apache-2.0
/// The life of a virtio-mmio device: reset, negotiation, queues, running, reset again.
/// Source: Virtual I/O Device 1.1, sections 3.1 and 4.2.3.
#pragma once

#include "boards/parts/virtio/registers.hpp"
#include "boards/parts/virtio/virtqueue.hpp"
#include "core/base/result.hpp"

namespace grafos::board {

class VirtioTransport {
public:
    constexpr VirtioTransport() noexcept = default;
    VirtioTransport(const VirtioTransport&) = delete;
    VirtioTransport& operator=(const VirtioTransport&) = delete;

    /// Which registers; before anything else. Context: boot.
    void attach(uintptr_t base) noexcept { base_ = base; }

    /// Stops the device: after success it touches no memory. Failures: io (it did not come back
    /// within a bounded time; value = its status). Context: turn.
    [[nodiscard]] Result<> reset() noexcept;

    /// Reset, then agree on features: `required` must be offered, `wished` are taken if they are.
    /// Answers what was agreed. Failures: unsupported (value = what it offers, expected =
    /// required), io.
    [[nodiscard]] Result<uint64_t> negotiate(uint64_t required, uint64_t wished) noexcept;

    /// Gives queue `index` its tables, restarted at the largest size both sides can. Failures: io
    /// (in use already), unsupported (fewer than `least` entries). Between negotiate and run.
    [[nodiscard]] Result<> set_queue(uint32_t index, Virtqueue& queue, uint16_t least) noexcept;

    /// From here on the device may work. Failures: io (value = status).
    [[nodiscard]] Result<> run() noexcept;

    void notify(uint32_t queue_index) const noexcept;
    [[nodiscard]] uint32_t read_config32(uintptr_t offset) const noexcept;
    [[nodiscard]] uint64_t read_config64(uintptr_t offset) const noexcept;
    [[nodiscard]] uint32_t status() const noexcept;

private:
    [[nodiscard]] uint32_t read(uintptr_t offset) const noexcept;
    void write(uintptr_t offset, uint32_t value) const noexcept;
    void write_address(uintptr_t low_offset, uint64_t address) const noexcept;

    uintptr_t base_ = 0;
};

} // namespace grafos::board
