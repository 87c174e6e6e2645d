// SPDX-License-Identifier: Apache-2.0
/// A group: what one commit makes durable. A frame (frame.hpp) around whole records.
///
/// Own fields, from byte 24: 24 u64 number · 32 u64 boot · 40 u64 epoch_mark · 48 u64 first
/// sequence · 56 previous head · 88 head · 120 node_id · 152 u32 record_count · 156 u32
/// payload_bytes · 160 zeroes. Body: the canonical bytes of each record (audit/canonical.hpp), one
/// behind the other; a record says its own length. A group with one record, the longest there is,
/// takes one sector: so a sector reserved is a record reserved.
#pragma once

#include "core/lease/audit/chain.hpp"
#include "core/lease/durable/cell.hpp"

namespace grafos::lease {

static_assert(frame_header_bytes + limits::record_bytes_max <= hal::sector_bytes);
static_assert(limits::event_data_bytes_max < frame_header_bytes,
              "no payload of a record can be taken for the start of a group");

struct GroupHeader {
    FrameHeader frame{};
    uint64_t number = 0;
    BootNumber boot{};
    Epoch epoch_mark{}; ///< epochs below it may be used once this group is durable
    Sequence first{};
    Digest previous_head{};
    Digest head{};
    NodeId node_id{};
    uint32_t record_count = 0;
    uint32_t payload_bytes = 0;

    [[nodiscard]] size_t size_bytes() const noexcept {
        return size_t{frame.sector_count} * hal::sector_bytes;
    }
};

/// Where the group behind one that starts at `place` begins.
[[nodiscard]] GroupPlace place_after(const DiskLayout& layout, const GroupPlace& place,
                                     const GroupHeader& header) noexcept;

/// Finishes the group whose records already lie at `to[frame_header_bytes …]`; pads, and returns
/// the sectors to write. `frame` of the header is filled in here. Context: turn.
[[nodiscard]] uint32_t encode_group(const GroupHeader& header, uint64_t address,
                                    MutableBytes to) noexcept;

/// Reads a group's header. Failures: as `check_frame_header`, then foreign (node_id), corrupt
/// (padding, record_count, record_length, epoch_mark). Context: any.
[[nodiscard]] Result<GroupHeader> decode_group_header(const DiskLayout& layout,
                                                      const NodeId& node_id, uint64_t address,
                                                      Bytes bytes) noexcept;

/// Whether a group is the one that belongs at `place`. Failures: corrupt (sequence, previous_hash).
[[nodiscard]] Result<> check_group_link(const GroupHeader& header,
                                        const GroupPlace& place) noexcept;

/// A record inside a group. `canonical` lies in the bytes of the group.
struct GroupRecord {
    RecordView view{};
    Bytes canonical{};
    Digest hash{};
};

/// Walks the records of a group, each checked against the chain. Two checksums have passed before,
/// so that whatever does not fit here is no torn write but a contradiction.
class GroupRecords {
public:
    /// `bytes` is the whole group.
    GroupRecords(const GroupHeader& header, Bytes bytes) noexcept;

    [[nodiscard]] bool is_at_end() const noexcept { return left_ == 0; }
    /// Not at the end. Failures: as `measure_record`, `decode_record`, `verify_link`; foreign
    /// (node_id); corrupt (boot). Context: any.
    [[nodiscard]] Result<GroupRecord> next() noexcept;
    /// At the end: whether the group holds what its header says, and nothing else. Failures:
    /// corrupt (record_length, hash, padding).
    [[nodiscard]] Result<> check_end() const noexcept;

private:
    GroupHeader header_;
    Bytes payload_;
    Bytes padding_;
    Anchor anchor_;
    uint32_t left_;
};

} // namespace grafos::lease
