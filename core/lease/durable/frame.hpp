// SPDX-License-Identifier: Apache-2.0
/// The frame that every durable thing of ours wears: cells, groups and the format marker begin with
/// the same 192 bytes, of which the middle is their own.
///
///      0   8  magic, seven letters and the kind
///      8   2  version
///     10   2  zero
///     12   4  sector_count: length of the whole, header included
///     16   8  address: the sector it was written for
///     24 160  the kind's own fields
///    184   4  body checksum: CRC-32C over byte 192 to the end
///    188   4  header checksum: CRC-32C over bytes 0 … 187
///    192      body, padded with zeroes to whole sectors
///
/// Two checksums, because a header that proves itself says something even when its body was torn:
/// that the group before it had been made durable. The address is in it, so that a sector that a
/// disk put in the wrong place does not pass. Big-endian.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::lease {

inline constexpr size_t frame_header_bytes = 192;
inline constexpr size_t frame_fields_offset = 24;
inline constexpr size_t frame_fields_bytes = 160;
inline constexpr size_t frame_body_checksum_offset = 184;
inline constexpr size_t frame_header_checksum_offset = 188;
inline constexpr uint16_t frame_version = 1;

enum class FrameKind : uint8_t { identity, marker, checkpoint, group };

/// What stands in front of the kind's own fields.
struct FrameHeader {
    uint16_t version = 0;
    uint32_t sector_count = 0;
    uint64_t address = 0;
};

/// Finishes the frame in `bytes` (whole sectors; fields and body are already there, the rest is
/// zero): writes everything but the fields. Context: any.
void seal_frame(FrameKind kind, uint64_t address, MutableBytes bytes) noexcept;

/// Reads the first 192 bytes of `bytes`. Failures, in this order: foreign (magic; value = the first
/// 8 bytes found), unsupported_version (version), corrupt (checksum, padding, address, length; at
/// least 1 and at most `sectors_most` sectors). The version is looked at before the checksum, since
/// a newer one may keep its checksum elsewhere. Context: any.
[[nodiscard]] Result<FrameHeader> check_frame_header(FrameKind kind, uint64_t address,
                                                     uint32_t sectors_most, Bytes bytes) noexcept;

/// Whether the body belongs to a header that was checked; `bytes` holds the whole frame.
/// Failures: corrupt (checksum: of the body). Context: any.
[[nodiscard]] Result<> check_frame_body(const FrameHeader& header, Bytes bytes) noexcept;

/// The kind's own fields, to write and to read.
[[nodiscard]] inline MutableBytes frame_fields(MutableBytes bytes) noexcept {
    return bytes.subspan(frame_fields_offset, frame_fields_bytes);
}
[[nodiscard]] inline Bytes frame_fields(Bytes bytes) noexcept {
    return bytes.subspan(frame_fields_offset, frame_fields_bytes);
}

} // namespace grafos::lease
