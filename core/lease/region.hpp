// SPDX-License-Identifier: Apache-2.0
/// The third door: the bytes of one lease, wherever they are.
///
/// Every call is checked at the resource: lease live, epoch, generation, bounds (protocol §10.1).
/// Operations are started and polled, so that the same program runs over memory, a disk or a
/// network.
#pragma once

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace grafos::lease {

struct RegionTicket {
    uint64_t number = 0; ///< 0 = was done at once
};

class Region {
public:
    /// Bytes of the region, fixed at grant.
    [[nodiscard]] virtual uint64_t size_bytes() const noexcept = 0;

    /// Start to read or write `buffer.size()` bytes at `offset`; the buffer is the region's until
    /// the ticket is polled to its end. Failures: the lease's end code (lease_expired, revoked,
    /// released, fenced), stale_epoch, capacity_exceeded (offset, length), busy, io, disconnected.
    [[nodiscard]] virtual Result<RegionTicket> start_read(uint64_t offset, MutableBytes to,
                                                          Instant now) noexcept = 0;
    [[nodiscard]] virtual Result<RegionTicket> start_write(uint64_t offset, MutableBytes from,
                                                           Instant now) noexcept = 0;
    /// Ok: done. Failures: busy (in flight), else as above. `now`: data that arrives after the end
    /// of the lease is not handed over.
    [[nodiscard]] virtual Result<> poll(RegionTicket ticket, Instant now) noexcept = 0;

protected:
    ~Region() = default;
};

} // namespace grafos::lease
