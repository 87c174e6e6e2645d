// SPDX-License-Identifier: Apache-2.0
/// The small things that a disk keeps twice: who the node is, and a snapshot to start from. And the
/// marker, which stands only while a disk is being formatted.
///
/// Each is a frame (frame.hpp); these are its own fields, from byte 24. Identity (one sector) and
/// marker: 24 u64 sector_count · 32 u64 log_sectors · 40 u32 checkpoint_sectors · 44 u32
/// group_sectors_max · 48 node_id · 80 Ed25519 seed · 112 X25519 secret (all three zero in a
/// marker) · 144 zeroes. Checkpoint: 24 u64 number · 32 u64 boot · 40 u64 epoch_mark · 48 u64 start
/// offset · 56 u64 start number · 64 u64 start sequence · 72 start previous head · 104 u64 anchor
/// next · 112 anchor hash · 144 node_id · 176 u32 snapshot_bytes · 180 u32 flags (1 = adopted);
/// body = the snapshot.
#pragma once

#include "core/crypto/identity.hpp"
#include "core/lease/audit/event.hpp"
#include "core/lease/durable/frame.hpp"
#include "core/lease/durable/layout.hpp"

namespace grafos::lease {

inline constexpr size_t cell_bytes = hal::sector_bytes; ///< an identity or a marker

/// Whoever has these bytes is the node. `node_id` is the public half of the seed; the caller
/// checks.
struct IdentityCell {
    DiskLayout layout{};
    NodeId node_id{};
    crypto::IdentitySecrets secrets{};
};

/// `to` is exactly one sector. Context: any.
void encode_identity(const IdentityCell& cell, uint64_t address, MutableBytes to) noexcept;
void encode_marker(const DiskLayout& layout, MutableBytes to) noexcept;

/// Failures: as `check_frame_header`, then corrupt (checksum, padding, geometry, node_id: zero).
[[nodiscard]] Result<IdentityCell> decode_identity(uint64_t address, Bytes sector) noexcept;
[[nodiscard]] Result<DiskLayout> decode_marker(Bytes sector) noexcept;

/// Where a group begins: enough to find it and to know that it is the right one.
struct GroupPlace {
    uint64_t offset = 0;    ///< sectors from the start of the ring
    uint64_t number = 0;    ///< groups are numbered from 0, over all boots and laps
    Sequence first{};       ///< its first record
    Digest previous_head{}; ///< hash of the record before that
    friend constexpr bool operator==(const GroupPlace&, const GroupPlace&) = default;
};

/// What stands in front of a snapshot.
struct Checkpoint {
    uint64_t number = 0; ///< rises by one; the copies take turns
    BootNumber boot{};   ///< of the newest record it covers, or of a boot without records
    Epoch epoch_mark{};  ///< epochs below it may have been used
    GroupPlace start{};  ///< the oldest group kept
    Anchor anchor{};     ///< the snapshot covers the records below `anchor.next`
    uint32_t snapshot_bytes = 0;
    bool is_adopted = false; ///< an operator vouched for it and the chain does not say so yet
};

/// Writes header, padding and checksums around a snapshot that already lies at
/// `to[frame_header_bytes …]`. Returns the sectors to write. `to` is one copy's full length.
[[nodiscard]] uint32_t encode_checkpoint(const Checkpoint& checkpoint, const NodeId& node_id,
                                         uint64_t address, MutableBytes to) noexcept;

/// `cell` is one copy as read, full length. Failures: as `check_frame_header`, then corrupt
/// (checksum, padding, length, log: start outside the ring, sequence: the anchor lies before the
/// start), foreign (node_id). Context: any.
[[nodiscard]] Result<Checkpoint> decode_checkpoint(const DiskLayout& layout, const NodeId& node_id,
                                                   uint64_t address, Bytes cell) noexcept;

/// The first 8 bytes of an id, for an error's value and expectation.
[[nodiscard]] inline uint64_t short_form(const NodeId& id) noexcept {
    return load_big_endian<uint64_t>(id.bytes.data());
}

} // namespace grafos::lease
