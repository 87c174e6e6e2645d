// SPDX-License-Identifier: Apache-2.0
/// Every number that is fixed for all nodes because others can see it: in records, on disk or on
/// the wire. Each with its unit and its reason; the relations between them are asserted at the end.
/// Sizes of one node (tables, rings, logs) are not here: they come from the `NodeLimits` its
/// builder gives.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/time.hpp"

namespace grafos::limits {

/// Shortest and longest life of a lease between two renewals (protocol §1). Longer life is renewal.
inline constexpr Duration lease_ttl_min{100};
inline constexpr Duration lease_ttl_max{300'000};

/// Assumed worst drift of any clock against true time, parts per million.
inline constexpr uint64_t clock_drift_ppm = 10'000;

/// Longest grace of a revocation; a longer wish is refused, not cut.
inline constexpr Duration revoke_grace_max{60'000};

/// Longest identity of a principal in a record: an Ed25519 or X25519 key, or a short name.
inline constexpr size_t identity_bytes_max = 32;

/// Longest event_data of a record. Smaller than a log group's header, so that no record's payload
/// can be taken for the start of a group when a damaged log is searched.
inline constexpr size_t event_data_bytes_max = 96;

/// The fixed part of a record's canonical bytes (core/lease/audit), before identity and event_data.
inline constexpr size_t record_fixed_bytes =
    16 + 32 + 8 + 8 + 32 + 8 + 2 + 4 + 4 + 16 + 16 + 8 + 2 + 4;
inline constexpr size_t record_bytes_max =
    record_fixed_bytes + identity_bytes_max + event_data_bytes_max;

/// What a block lease reads and writes at once, bytes. The unit tasklets see (spec §7).
inline constexpr size_t block_bytes = 512;

/// Most bytes of one block access: what its bounce buffer holds.
inline constexpr size_t region_transfer_bytes_max = 1024;

/// Most bytes one console command reads or writes: one block.
inline constexpr size_t console_transfer_bytes_max = block_bytes;

/// Longest line a console accepts, bytes without the line end; longer ones are refused whole. Room
/// for a block in hexadecimal behind a command, an id and an offset.
inline constexpr size_t console_line_bytes_max = 1280;

// Tokens (protocol §3).

/// Longest token: fits beside a kilobyte of data in one datagram.
inline constexpr size_t token_bytes_max = 256;
/// Caveats of one token: bounds what checking one costs.
inline constexpr size_t token_caveats_max = 8;
/// Longest life of an ALLOC token; a lease's token lives as long as the lease has left.
inline constexpr Duration token_ttl_max{300'000};

// Locks in leased memory (protocol §7).

/// Runs of bytes one commit writes, and all their bytes: one commit is one datagram.
inline constexpr size_t commit_extents_max = 8;
inline constexpr size_t commit_bytes_max = 896;
/// A lock's header in leased memory.
inline constexpr size_t lock_bytes = 256;
/// Waiters a lock remembers; one more is told `busy` all the same, but has no place.
inline constexpr size_t lock_waiters_max = 8;
/// How often others may be served before a waiter that has a place: what a waiter that is not
/// asking just now loses for the lock's throughput.
inline constexpr uint32_t lock_overtakes_max = 3;
/// A waiter that does not ask again within this loses its place: so long may a dead one hold up
/// the others.
inline constexpr Duration lock_poll_max{1'000};

static_assert(record_fixed_bytes == 160);
static_assert(token_ttl_max >= lease_ttl_max);
static_assert(lease_ttl_min.ms > 0 && lease_ttl_min < lease_ttl_max);
static_assert(2 * console_transfer_bytes_max + 64 <= console_line_bytes_max);
static_assert(revoke_grace_max <= lease_ttl_max);

} // namespace grafos::limits
