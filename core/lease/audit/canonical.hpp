// SPDX-License-Identifier: Apache-2.0
/// The canonical bytes of a record: what is hashed, stored and exported (README.md, normative).
///
///     at  bytes
///      0     16  "grafos-audit-v1\n"
///     16     32  prev_event_hash
///     48      8  sequence
///     56      8  timestamp_unix_ms
///     64     32  node_id
///     96      8  boot
///    104      2  kind
///    106      4  length i of identity, then i bytes
///  110+i      4  tenant
///  114+i     16  lease_ref        zero if none
///  130+i     16  resource_id      zero if none
///  146+i      8  epoch
///  154+i      2  reason           0 if none
///  156+i      4  length d of event_data, then d bytes
///
/// Big-endian, no padding, nothing behind. Each record has exactly one encoding.
#pragma once

#include "core/base/limits.hpp"
#include "core/lease/audit/event.hpp"

namespace grafos::lease {

inline constexpr std::string_view record_domain{"grafos-audit-v1\n", 16};

namespace record_offset {
inline constexpr size_t previous_hash = 16;
inline constexpr size_t sequence = 48;
inline constexpr size_t timestamp = 56;
inline constexpr size_t node_id = 64;
inline constexpr size_t boot = 96;
inline constexpr size_t kind = 104;
inline constexpr size_t identity_size = 106;
inline constexpr size_t identity = 110;
/// The rest is counted from the end of the identity.
inline constexpr size_t tenant = 0;
inline constexpr size_t lease_ref = 4;
inline constexpr size_t resource_id = 20;
inline constexpr size_t epoch = 36;
inline constexpr size_t reason = 44;
inline constexpr size_t event_data_size = 46;
inline constexpr size_t event_data = 50;
} // namespace record_offset

static_assert(record_offset::identity + record_offset::event_data == limits::record_fixed_bytes);

/// Where a record stands: whose chain, which boot, behind what.
struct RecordPlace {
    Digest previous_hash{};
    Sequence sequence{};
    NodeId node_id{};
    BootNumber boot{};
    friend constexpr bool operator==(const RecordPlace&, const RecordPlace&) = default;
};

/// A decoded record. `event.identity` and `event.event_data` point into the bytes it was read from.
struct RecordView {
    RecordPlace place{};
    AuditEvent event{};
};

/// Bytes the record of `event` takes. Context: any.
[[nodiscard]] inline size_t record_bytes(const AuditEvent& event) noexcept {
    return limits::record_fixed_bytes + event.identity.size() + event.event_data.size();
}

/// Whether `event` can be sealed. Failures: capacity_exceeded (identity, event_data: too long);
/// invalid_argument (kind_code, reason_code: no such number). Context: any.
[[nodiscard]] Result<> check_event(const AuditEvent& event) noexcept;

/// Writes the canonical bytes to the front of `to` and returns how many there are. The event has
/// been checked and `to` has room for `record_bytes(event)`: both are asserted. Context: any.
size_t encode_record(const AuditEvent& event, const RecordPlace& place, MutableBytes to) noexcept;

/// Strict: exactly the bytes that `encode_record` would write. Failures, each with what was found
/// and what was expected: corrupt (magic: offset of the first wrong byte; record_length: too short,
/// or bytes behind the end), unsupported_version (version: another grafos-audit version),
/// capacity_exceeded (identity, event_data: length), invalid_argument (kind_code, reason_code).
/// Context: any.
[[nodiscard]] Result<RecordView> decode_record(Bytes bytes) noexcept;

/// The size of the record at the front of `bytes`, from its two length fields; for walking records
/// that lie one behind the other. Failures: corrupt (record_length: cut), capacity_exceeded
/// (identity, event_data). Context: any.
[[nodiscard]] Result<size_t> measure_record(Bytes bytes) noexcept;

} // namespace grafos::lease
