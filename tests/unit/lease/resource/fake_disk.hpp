// SPDX-License-Identifier: Apache-2.0
/// The smallest disk a resource can be tested on: operations take effect when the test says so, and
/// can be refused.
#pragma once

#include <array>

#include "hal/block_device.hpp"

namespace grafos::lease::test {

template <uint32_t sectors>
class FakeDisk final : public hal::BlockDevice {
public:
    static constexpr uint32_t in_flight_max = 8;

    /// Operations end when they are polled; else only in `finish_all`.
    bool ends_when_polled = true;
    /// Writes that touch this sector fail with this device value; none: UINT64_MAX.
    uint64_t bad_sector = UINT64_MAX;
    bool refuses_flush = false;
    bool refuses_start = false;
    static constexpr uint64_t device_value = 77;

    uint32_t write_count = 0;
    uint32_t flush_count = 0;
    uint32_t most_in_flight = 0;
    std::array<uint8_t, sectors * hal::sector_bytes> medium{};
    uint32_t transfer_sectors = 4;

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override {
        return {sectors, transfer_sectors, in_flight_max};
    }
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override {
        return start({hal::BlockOperation::read, sector, to.data(), nullptr, to.size()});
    }
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override {
        ++write_count;
        return start({hal::BlockOperation::write, sector, nullptr, from.data(), from.size()});
    }
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override {
        ++flush_count;
        return start({hal::BlockOperation::flush, 0, nullptr, nullptr, 0});
    }
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override {
        for (Operation& operation : operations_) {
            if (operation.number != ticket.number || ticket.number == 0) {
                continue;
            }
            if (ends_when_polled) {
                finish(operation);
            }
            if (!operation.is_done) {
                return Error{ErrorCode::busy, Field::ticket};
            }
            const bool is_bad = operation.is_bad;
            operation = Operation{};
            return is_bad ? Result<>{Error{ErrorCode::io, Field::block, device_value, 0}}
                          : Result<>{ok()};
        }
        return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
    }
    [[nodiscard]] Result<> reset() noexcept override {
        operations_.fill(Operation{});
        return ok();
    }
    void finish_all() {
        for (Operation& operation : operations_) {
            finish(operation);
        }
    }
    [[nodiscard]] uint32_t in_flight() const {
        uint32_t count = 0;
        for (const Operation& operation : operations_) {
            count += operation.number != 0 ? 1u : 0u;
        }
        return count;
    }

private:
    struct Operation {
        hal::BlockOperation kind{};
        uint64_t sector = 0;
        uint8_t* to = nullptr;
        const uint8_t* from = nullptr;
        size_t size = 0;
        uint64_t number = 0;
        bool is_done = false;
        bool is_bad = false;
    };

    Result<hal::BlockTicket> start(Operation operation) {
        const size_t sector_count = operation.size / hal::sector_bytes;
        EXPECT_TRUE(operation.sector + sector_count <= sectors && sector_count <= transfer_sectors);
        EXPECT_EQ(operation.size % hal::sector_bytes, 0u);
        if (refuses_start) {
            return Error{ErrorCode::io, Field::block, device_value, 0};
        }
        for (Operation& slot : operations_) {
            if (slot.number == 0) {
                slot = operation;
                slot.number = ++next_number_;
                most_in_flight = in_flight() > most_in_flight ? in_flight() : most_in_flight;
                return hal::BlockTicket{slot.number};
            }
        }
        return Error{ErrorCode::busy, Field::slot, in_flight_max, in_flight_max};
    }
    void finish(Operation& operation) {
        if (operation.number == 0 || operation.is_done) {
            return;
        }
        operation.is_done = true;
        const uint64_t end = operation.sector + operation.size / hal::sector_bytes;
        const bool hits = bad_sector >= operation.sector && bad_sector < end;
        const uint64_t at = operation.sector * hal::sector_bytes;
        switch (operation.kind) {
        case hal::BlockOperation::read:
            copy_bytes({operation.to, operation.size}, Bytes{medium}.subspan(at, operation.size));
            break;
        case hal::BlockOperation::write:
            operation.is_bad = hits;
            if (!hits) {
                copy_bytes(MutableBytes{medium}.subspan(at), {operation.from, operation.size});
            }
            break;
        case hal::BlockOperation::flush: operation.is_bad = refuses_flush; break;
        }
    }

    std::array<Operation, in_flight_max> operations_{};
    uint64_t next_number_ = 0;
};

} // namespace grafos::lease::test
