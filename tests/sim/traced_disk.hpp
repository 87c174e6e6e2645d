// SPDX-License-Identifier: Apache-2.0
/// A disk of a simulated machine whose writes stand in the trace.
#pragma once

#include "tests/support/ram_block_device.hpp"
#include "tests/support/trace.hpp"

namespace grafos::test {

class TracedDisk final : public hal::BlockDevice {
public:
    TracedDisk(RamBlockDevice& disk, Trace& trace, uint32_t who) noexcept
        : disk_{disk}, trace_{trace}, who_{who} {}

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override { return disk_.geometry(); }
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override {
        return disk_.start_read(sector, to);
    }
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override {
        Result<hal::BlockTicket> ticket = disk_.start_write(sector, from);
        if (ticket.is_ok()) {
            std::array<uint8_t, 8> place;
            store_big_endian<uint64_t>(place.data(), sector);
            trace_.add(Trace::Kind::device_write, who_, place, from);
        }
        return ticket;
    }
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override {
        Result<hal::BlockTicket> ticket = disk_.start_flush();
        if (ticket.is_ok()) {
            trace_.add(Trace::Kind::device_flush, who_, {});
        }
        return ticket;
    }
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override {
        return disk_.poll(ticket);
    }
    [[nodiscard]] Result<> reset() noexcept override { return disk_.reset(); }

private:
    RamBlockDevice& disk_;
    Trace& trace_;
    uint32_t who_;
};

} // namespace grafos::test
