// SPDX-License-Identifier: Apache-2.0
/// Required. A disk, in sectors. Operations are started and asked for later: nothing blocks a turn.
///
/// Order: operations in flight together may reach the medium in any order, whole or torn at sector
/// borders. A flush covers every write that was *complete* before the flush was *started*; that is
/// the only order the core relies on.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::hal {

inline constexpr size_t sector_bytes = 512;

enum class BlockOperation : uint8_t { read, write, flush };

/// Names an operation in flight. Never reused within a boot.
struct BlockTicket {
    uint64_t number = 0; ///< 0 names none
    friend constexpr bool operator==(BlockTicket, BlockTicket) = default;
};

struct BlockGeometry {
    uint64_t sector_count = 0;
    uint32_t transfer_sectors_max = 0; ///< longest single read or write
    uint32_t in_flight_max = 0;        ///< operations started and not yet asked for
};

class BlockDevice {
public:
    /// Fixed while the machine runs. Context: any.
    [[nodiscard]] virtual BlockGeometry geometry() const noexcept = 0;

    /// Start an operation. The buffer belongs to the device from here until `poll` says done (or
    /// `reset`). `size` is a multiple of `sector_bytes`, not 0, ≤ transfer_sectors_max sectors, and
    /// lies inside the device. Ok promises exactly one completion; an error promises none.
    /// Failures: busy (in_flight_max reached), invalid_argument (block, length), io.
    /// Context: turn. Never blocks.
    [[nodiscard]] virtual Result<BlockTicket> start_read(uint64_t sector,
                                                         MutableBytes to) noexcept = 0;
    [[nodiscard]] virtual Result<BlockTicket> start_write(uint64_t sector, Bytes from) noexcept = 0;
    [[nodiscard]] virtual Result<BlockTicket> start_flush() noexcept = 0;

    /// Ok: finished and forgotten. Failures: busy (still in flight), io (it failed, and is
    /// forgotten; value = the device's status), not_found (no such ticket). Context: turn. Never
    /// blocks.
    [[nodiscard]] virtual Result<> poll(BlockTicket ticket) noexcept = 0;

    /// Ends every operation in flight by resetting the device: no buffer is touched after it
    /// returns, all tickets are forgotten. Failures: io (the device did not come back). Context:
    /// turn.
    [[nodiscard]] virtual Result<> reset() noexcept = 0;

protected:
    ~BlockDevice() = default;
};

} // namespace grafos::hal
