// SPDX-License-Identifier: Apache-2.0
/// The bytes of a durable log, taken apart a second time: written from the tables in
/// core/lease/durable/README.md and core/lease/audit/canonical.hpp, with nothing of their code.
///
/// It reads what may be torn, lost or somebody else's: whatever is not exactly as documented is
/// `false`, and nothing is followed that was not checked.
#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"

namespace grafos::test {

inline constexpr size_t logged_sector_bytes = 512;
inline constexpr size_t logged_header_bytes = 192;

/// Where things lie on one disk; all zero: it has none of ours.
struct LoggedLayout {
    uint64_t sector_count = 0;
    uint64_t log_sectors = 0;
    uint64_t checkpoint_sectors = 0;
    uint64_t group_sectors_max = 0;
    NodeId node{};

    [[nodiscard]] bool is_known() const noexcept { return log_sectors > 0; }
    [[nodiscard]] uint64_t checkpoint_first(uint64_t copy) const noexcept {
        return 32 + copy * checkpoint_sectors;
    }
    [[nodiscard]] uint64_t log_first() const noexcept { return checkpoint_first(2); }
    [[nodiscard]] uint64_t data_first() const noexcept { return log_first() + log_sectors; }
    /// Where a group stands behind one that ends at `offset` of the ring.
    [[nodiscard]] uint64_t offset_after(uint64_t offset) const noexcept {
        return offset + group_sectors_max <= log_sectors ? offset : 0;
    }
};

struct LoggedGroup {
    uint64_t sectors = 0;
    uint64_t number = 0;
    uint64_t boot = 0;
    uint64_t epoch_mark = 0; ///< epochs below it may be used
    uint64_t first = 0;      ///< sequence
    uint64_t count = 0;      ///< of records
    Digest previous{};
    Digest head{};
    NodeId node{};
    Bytes records{};
};

struct LoggedCheckpoint {
    uint64_t number = 0;
    uint64_t boot = 0;
    uint64_t epoch_mark = 0;
    uint64_t start_offset = 0;
    uint64_t start_number = 0;
    uint64_t start_first = 0;
    Digest start_previous{};
    uint64_t anchor_next = 0;
    Digest anchor{};
    NodeId node{};
};

enum class LoggedKind : uint16_t {
    boot = 1,
    granted = 2,
    renewed = 3,
    released = 4,
    expired = 5,
    revoked = 6,
    preempted = 7,
    fenced = 8,
    cleared = 9,
    refused = 10,
    rewritten = 11,
    overrun = 12,
    adopted = 13,
    trimmed = 14,
};

/// Fields that a kind does not have are 0.
struct LoggedRecord {
    Digest previous{};
    Digest hash{};
    uint64_t sequence = 0;
    uint64_t unix_ms = 0;
    NodeId node{};
    uint64_t boot = 0;
    LoggedKind kind{};
    uint32_t tenant = 0;
    uint64_t principal = 0; ///< first bytes of who it was
    LeaseRef lease{};
    uint16_t resource_kind = 0; ///< first field of the resource's name
    uint64_t epoch = 0;
    uint16_t reason = 0;
    // of event_data
    uint64_t first_unit = 0;
    uint64_t unit_count = 0;
    uint64_t amount_bytes = 0;
    uint64_t ttl_ms = 0;
    uint64_t generation = 0;
    uint64_t fence = 0;
    uint64_t previous_boot = 0;
    uint64_t last = 0; ///< trimmed
    Digest trim_hash{};
};

/// An identity cell. `bytes`: at least a sector.
[[nodiscard]] bool read_identity(Bytes bytes, uint64_t sector, LoggedLayout& layout) noexcept;
/// A group at `sector`, both checksums right; `bytes` may go on behind it.
[[nodiscard]] bool read_group(Bytes bytes, uint64_t sector, LoggedGroup& group) noexcept;
[[nodiscard]] bool read_checkpoint(Bytes bytes, uint64_t sector,
                                   LoggedCheckpoint& checkpoint) noexcept;
/// The record at the front of `rest`, which then begins behind it.
[[nodiscard]] bool read_record(Bytes& rest, LoggedRecord& record) noexcept;

} // namespace grafos::test
