// SPDX-License-Identifier: Apache-2.0
/// What a lease lends to its program: its bytes, as memory or as blocks.
///
/// A handle is small and may be copied; it dies with its lease: from then on every call answers the
/// lease's end code, or not_found once its slot is somebody else's. It never reaches another
/// lease's bytes. The fabric outlives all handles.
///
/// Each operation comes twice: with a `Pump`, for top-level code that waits; and as `start_…` and
/// `poll`, for code inside turns. The buffers of a started operation are lent until it is polled to
/// its end, whatever the end is.
#pragma once

#include "core/fabric/pump.hpp"
#include "core/lease/region.hpp"

namespace grafos::fabric {

class Fabric;

/// Names a holding of a fabric; a stale one answers not_found.
struct HoldingHandle {
    uint32_t slot = 0;
    uint32_t generation = 0; ///< 0 names none
    friend constexpr bool operator==(const HoldingHandle&, const HoldingHandle&) = default;
};

/// What `poll` and `hello` say of something that may still turn out well: an access in flight, or
/// one that is kept back while the holder's deadline is in doubt. Context: any.
[[nodiscard]] constexpr bool is_still_open(const Error& error) noexcept {
    return error.code == ErrorCode::busy &&
           (error.field == Field::ticket || error.field == Field::clock);
}

/// The `Region` door of a held lease, on this machine or another: what is built on regions is built
/// on this. Besides the failures of `Region`: busy (clock) while the holder's deadline is in doubt.
class HeldRegion final : public lease::Region {
public:
    [[nodiscard]] uint64_t size_bytes() const noexcept override { return size_bytes_; }
    [[nodiscard]] Result<lease::RegionTicket> start_read(uint64_t offset, MutableBytes to,
                                                         Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_write(uint64_t offset, MutableBytes from,
                                                          Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_flush(Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_compare_exchange(uint64_t offset,
                                                                     uint64_t expected,
                                                                     uint64_t desired,
                                                                     Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_fetch_add(uint64_t offset, uint64_t addend,
                                                              Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_lock(const lease::LockRequest& request,
                                                         Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_commit(const lease::CommitRequest& request,
                                                           Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionAnswer> poll(lease::RegionTicket ticket,
                                                   Instant now) noexcept override;

    /// Ok if the lease may be used just now. Failures: the end code, busy (clock), not_found.
    [[nodiscard]] Result<> hello() const noexcept;
    /// The time of the fabric's turn.
    [[nodiscard]] Instant now() const noexcept;

    /// Starts, and turns `pump` until there is an answer. Failures: the operation's. Context: top
    /// level.
    [[nodiscard]] Result<> read(uint64_t offset, MutableBytes to, Pump& pump) noexcept;
    [[nodiscard]] Result<> write(uint64_t offset, MutableBytes from, Pump& pump) noexcept;
    [[nodiscard]] Result<> flush(Pump& pump) noexcept;

private:
    friend class FabricMem;
    friend class FabricBlock;
    enum class Kind : uint8_t { read, write, flush };
    template <typename T>
    [[nodiscard]] Result<T> noted(Result<T> result) noexcept;
    [[nodiscard]] Result<lease::RegionTicket> start(Kind kind, uint64_t offset,
                                                    MutableBytes bytes) noexcept;
    [[nodiscard]] Result<lease::RegionTicket> start_when_free(Kind kind, uint64_t offset,
                                                              MutableBytes bytes,
                                                              Pump& pump) noexcept;
    [[nodiscard]] Result<> run(Kind kind, uint64_t offset, MutableBytes bytes, Pump& pump) noexcept;
    HeldRegion(Fabric& fabric, HoldingHandle holding, uint64_t size_bytes) noexcept
        : fabric_{&fabric}, holding_{holding}, size_bytes_{size_bytes} {}

    Fabric* fabric_;
    HoldingHandle holding_;
    uint64_t size_bytes_;
};

/// Leased memory. Zeroes at first; gone with the lease.
class FabricMem {
public:
    /// Bytes; at least what was asked for.
    [[nodiscard]] uint64_t arena_size() const noexcept { return region_.size_bytes(); }
    /// Ok if the lease may be used just now. Failures: the end code, busy (clock), not_found.
    [[nodiscard]] Result<> hello() const noexcept;

    /// All of `bytes`, in pieces of region_transfer_bytes_max: a failure may leave the front of
    /// them written. Failures: the end code, capacity_exceeded (offset, length), busy (clock),
    /// disconnected (outcome unknown), io. Context: top level.
    [[nodiscard]] Result<> write(uint64_t offset, Bytes bytes, Pump& pump) noexcept;
    /// All of `to`; after a failure `to` holds nothing of use. Failures: as write. Context: top
    /// level.
    [[nodiscard]] Result<> read(uint64_t offset, MutableBytes to, Pump& pump) noexcept;

    /// One piece, at most region_transfer_bytes_max. Failures: as Region::start_write. Context:
    /// turn.
    [[nodiscard]] Result<lease::RegionTicket> start_write(uint64_t offset,
                                                          MutableBytes from) noexcept;
    [[nodiscard]] Result<lease::RegionTicket> start_read(uint64_t offset, MutableBytes to) noexcept;
    /// Failures: busy (ticket: in flight; clock: in doubt), else the operation's end. Context:
    /// turn.
    [[nodiscard]] Result<lease::RegionAnswer> poll(lease::RegionTicket ticket) noexcept;

    /// Lives as long as this handle.
    [[nodiscard]] lease::Region& region() & noexcept { return region_; }

private:
    friend class MemLease;
    FabricMem(Fabric& fabric, HoldingHandle holding, uint64_t size_bytes) noexcept
        : region_{fabric, holding, size_bytes} {}

    HeldRegion region_;
};

/// Leased blocks of 512 bytes, each written whole or not at all. Scratch: zeroes at first.
class FabricBlock {
public:
    [[nodiscard]] uint64_t num_blocks() const noexcept;
    [[nodiscard]] Result<> hello() const noexcept;

    using Block = std::span<uint8_t, limits::block_bytes>;
    using ConstBlock = std::span<const uint8_t, limits::block_bytes>;

    /// Failures: capacity_exceeded (block), then as FabricMem. Context: top level.
    [[nodiscard]] Result<> read_block(uint64_t lba, Block to, Pump& pump) noexcept;
    [[nodiscard]] Result<> write_block(uint64_t lba, ConstBlock from, Pump& pump) noexcept;
    /// Every block written before is on the medium. Context: top level.
    [[nodiscard]] Result<> flush(Pump& pump) noexcept;

    [[nodiscard]] Result<lease::RegionTicket> start_read_block(uint64_t lba, Block to) noexcept;
    [[nodiscard]] Result<lease::RegionTicket> start_write_block(uint64_t lba, Block from) noexcept;
    [[nodiscard]] Result<lease::RegionTicket> start_flush() noexcept;
    [[nodiscard]] Result<lease::RegionAnswer> poll(lease::RegionTicket ticket) noexcept;

    /// Lives as long as this handle.
    [[nodiscard]] lease::Region& region() & noexcept { return region_; }

private:
    friend class BlockLease;
    [[nodiscard]] Result<> check_block(uint64_t lba) const noexcept;
    FabricBlock(Fabric& fabric, HoldingHandle holding, uint64_t size_bytes) noexcept
        : region_{fabric, holding, size_bytes} {}

    HeldRegion region_;
};

} // namespace grafos::fabric
