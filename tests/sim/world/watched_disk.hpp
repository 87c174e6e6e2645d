// SPDX-License-Identifier: Apache-2.0
/// A disk of a simulated machine that says what it was asked and what it answered.
#pragma once

#include "tests/sim/world/observer.hpp"
#include "tests/support/ram_block_device.hpp"

namespace grafos::test {

class WatchedDisk final : public hal::BlockDevice {
public:
    WatchedDisk(RamBlockDevice& disk, SimObservers& observers, uint32_t machine) noexcept
        : disk_{disk}, observers_{observers}, machine_{machine} {}

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override { return disk_.geometry(); }
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override {
        return disk_.start_read(sector, to);
    }
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override;
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override;
    [[nodiscard]] Result<> reset() noexcept override;

private:
    struct Pending {
        uint64_t ticket = 0; ///< 0: none
        bool is_flush = false;
    };
    void remember(uint64_t ticket, bool is_flush) noexcept;

    RamBlockDevice& disk_;
    SimObservers& observers_;
    uint32_t machine_;
    std::array<Pending, RamBlockDevice::pending_max> pending_{};
};

} // namespace grafos::test
