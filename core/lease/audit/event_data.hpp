// SPDX-License-Identifier: Apache-2.0
/// What stands in `event_data`: one struct and one fixed layout per kind of event.
///
/// Layout: u8 version, then the fields of the struct in their order, big-endian, no padding; strong
/// numbers and durations as their integer, enums at their own width, a bool as one byte 0 or 1.
/// Nothing may follow. The version counts per kind; a newer one is refused.
///
/// Writing: `const EventData data = encode_data(EndData{...}); event.event_data = data.view();`
/// Reading: `decode_data<EndData>(bytes)`.
#pragma once

#include "core/base/limits.hpp"
#include "core/lease/audit/event.hpp"
#include "core/lease/grantor.hpp"
#include "core/lease/resource.hpp"
#include "hal/epitaph.hpp"

namespace grafos::lease {

inline constexpr uint8_t event_data_version = 1;
/// Of `boot`, `request_refused` and `turn_overrun`; every other kind has version 1 only.
inline constexpr uint8_t event_data_version_newest = 2;

/// Where a node got its wall clock from; it stamps records and decides nothing (protocol §1).
enum class WallSource : uint8_t { none = 0, rtc = 1, argument = 2, time_sync = 3, scenario = 4 };

/// boot. The epitaph of the boot that died before, field by field as the machine left it; and, in
/// version 2, under which rules the node serves others. A node that serves nobody writes version 1.
struct BootData {
    BootNumber previous_boot{}; ///< 0: this is the first
    WallSource wall_source = WallSource::none;
    bool has_epitaph = false; ///< false: `epitaph` is written as zeroes and read as default
    hal::Epitaph epitaph{};
    bool has_peers = false; ///< version 2: a network, and a list of who is trusted
    bool is_sealed = false; ///< false in a trusted-fabric build, which seals nothing
    Digest peers{};         ///< of that list (wire::PeerList::digest)
    friend bool operator==(const BootData&, const BootData&) noexcept;
};

/// lease_allocated. `amount_bytes` was asked for; the extent is what it took.
struct AllocatedData {
    ResourceKind kind{};
    Extent extent{};
    uint64_t amount_bytes = 0;
    Duration ttl{};
    friend constexpr bool operator==(const AllocatedData&, const AllocatedData&) = default;
};

/// lease_renewed. `generation` after the renewal.
struct RenewedData {
    Generation generation{};
    Duration ttl{};
    friend constexpr bool operator==(const RenewedData&, const RenewedData&) = default;
};

/// lease_released, lease_expired, lease_revoked, lease_preempted.
struct EndData {
    Generation generation{};
    Extent extent{};
    Duration grace{};         ///< granted before the end; 0 = none
    uint8_t revoke_state = 0; ///< the `RevokeState` in which the lease ended
    friend constexpr bool operator==(const EndData&, const EndData&) = default;
};

/// resource_fenced. The record's sequence is the fence's name.
struct FencedData {
    Extent extent{};
    uint64_t device_value = 0; ///< the device's own code if it refused; else 0
    friend constexpr bool operator==(const FencedData&, const FencedData&) = default;
};

/// fence_cleared.
struct ClearedData {
    Sequence fence{};
    Extent extent{};
    friend constexpr bool operator==(const ClearedData&, const ClearedData&) = default;
};

/// request_refused. The last refusal of this turn, tenant and reason; `count` of them. Version 2
/// where the operation is none of a Grantor's.
struct RefusedData {
    Operation operation{};
    Field field = Field::none;
    uint64_t value = 0;
    uint64_t expected = 0;
    uint32_t count = 1;
    friend constexpr bool operator==(const RefusedData&, const RefusedData&) = default;
};

/// turn_overrun. The longest of `count` long turns; version 2 where it was more than one.
struct OverrunData {
    Duration took{};
    Duration allowed{};
    uint32_t count = 1;
    friend constexpr bool operator==(const OverrunData&, const OverrunData&) = default;
};

/// state_adopted.
struct AdoptedData {
    Epoch epoch_floor{};
    friend constexpr bool operator==(const AdoptedData&, const AdoptedData&) = default;
};

/// log_trimmed. Records up to and with `last` are gone; `hash` is that record's.
struct TrimmedData {
    Sequence last{};
    Digest hash{};
    friend constexpr bool operator==(const TrimmedData&, const TrimmedData&) = default;
};

/// Encoded bytes, by value: small, and no buffer to look after. Bytes past `size` are
/// indeterminate.
struct EventData {
    uint8_t bytes[limits::event_data_bytes_max];
    size_t size;
    [[nodiscard]] Bytes view() const noexcept { return {bytes, size}; }
};

/// `Data` is one of the ten structs above. Context: any.
template <typename Data>
[[nodiscard]] EventData encode_data(const Data& data) noexcept;

/// Failures, all with field event_data unless said otherwise: invalid_argument (value = bytes
/// given, expected = bytes of this layout); unsupported_version (version); invalid_argument naming
/// kind, operation, name, time_base or device (a number outside its closed set) or padding.
/// Context: any.
template <typename Data>
[[nodiscard]] Result<Data> decode_data(Bytes bytes) noexcept;

template <>
EventData encode_data(const BootData& data) noexcept;
template <>
Result<BootData> decode_data(Bytes bytes) noexcept;

/// Whether `bytes` are what an event of `kind` carries; edge_rewritten has no layout of its own yet
/// and takes any bytes. Failures: as `decode_data`. Context: any.
[[nodiscard]] Result<> check_event_data(EventKind kind, Bytes bytes) noexcept;

} // namespace grafos::lease
