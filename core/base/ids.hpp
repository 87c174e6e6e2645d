// SPDX-License-Identifier: Apache-2.0
/// Strong names for the numbers that must not be mixed up.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "core/base/bytes.hpp"

namespace grafos {

/// A u64 or u32 that counts one thing only. `Tag` keeps the kinds apart.
template <typename Tag, typename Integer>
struct StrongNumber {
    Integer value = 0;
    friend constexpr auto operator<=>(StrongNumber, StrongNumber) = default;
};

/// Rises with every grant and every fence clear of a node, over all boots (protocol §4). 0 = none.
using Epoch = StrongNumber<struct EpochTag, uint64_t>;
/// Place of a record in the audit chain, from 0.
using Sequence = StrongNumber<struct SequenceTag, uint64_t>;
/// Rises with every boot of a node, from 1.
using BootNumber = StrongNumber<struct BootTag, uint64_t>;
/// Rises with every renewal of a lease, from 0.
using Generation = StrongNumber<struct GenerationTag, uint32_t>;
using TenantId = StrongNumber<struct TenantTag, uint32_t>;
/// A position in a table of slots.
using SlotIndex = StrongNumber<struct SlotTag, uint32_t>;

/// Opaque bytes with a name. Comparison of secrets goes through `is_same_secret`.
template <typename Tag, size_t Size>
struct StrongBytes {
    static constexpr size_t size_bytes = Size;
    std::array<uint8_t, Size> bytes{};

    [[nodiscard]] Bytes view() const noexcept { return bytes; }
    [[nodiscard]] bool is_zero() const noexcept { return is_all_zero(bytes); }
    friend constexpr bool operator==(const StrongBytes&, const StrongBytes&) = default;
};

/// u32 slot index, then 96 random bits: found in O(1), not guessable, never reused. It is the
/// authority to free, so it stands in the grant's answer only; everything that is shown carries the
/// `LeaseRef`.
using LeaseId = StrongBytes<struct LeaseIdTag, 16>;
/// First 16 bytes of SHA-256(lease id): names a lease without giving power over it.
using LeaseRef = StrongBytes<struct LeaseRefTag, 16>;
/// The Ed25519 public key of a node: its identity, never an address.
using NodeId = StrongBytes<struct NodeIdTag, 32>;
/// Names one resource of a node.
using ResourceId = StrongBytes<struct ResourceIdTag, 16>;
/// SHA-256.
using Digest = StrongBytes<struct DigestTag, 32>;
/// Chosen by the caller of a grant; the same caller and key get the same live lease.
using AllocKey = StrongBytes<struct AllocKeyTag, 16>;

[[nodiscard]] inline SlotIndex slot_of(const LeaseId& id) noexcept {
    return {load_big_endian<uint32_t>(id.bytes.data())};
}

template <typename Tag, size_t Size>
[[nodiscard]] bool is_same_secret(const StrongBytes<Tag, Size>& a,
                                  const StrongBytes<Tag, Size>& b) noexcept {
    return is_equal_constant_time(a.view(), b.view());
}

} // namespace grafos
