// SPDX-License-Identifier: Apache-2.0
/// How a lease is wanted, beyond how much: the parameters of LEASE_ALLOC (reference §2.2).
///
/// u16 tag, u16 length, value. An unknown tag is skipped; an unknown class byte of a known tag is
/// refused, since a program that asks for isolation must not silently get none.
///
/// | tag    | what              | value |
/// |--------|-------------------|-------|
/// | 0x0901 | intent            | u8: 0 none, 1 KV cache |
/// | 0x0902 | CPU isolation     | u8: 0 best effort, 1 whole core, 2 strictly isolated |
/// | 0x0903 | GPU exclusivity   | u8: 0 shared, 1 session, 2 device, 3 partition |
/// | 0x0910 | affinity, ≤ 4     | category u8 1…5 · strength u8 1…3 · target type u8 · u16 length ·
/// target |
#pragma once

#include "core/wire/tlv.hpp"

namespace grafos::wire {

using ParameterReader = TaggedReader<uint16_t>;
using ParameterWriter = TaggedWriter<uint16_t>;

namespace parameter_tag {
inline constexpr uint16_t intent = 0x0901;
inline constexpr uint16_t cpu_isolation = 0x0902;
inline constexpr uint16_t gpu_exclusivity = 0x0903;
inline constexpr uint16_t affinity = 0x0910;
} // namespace parameter_tag

enum class Intent : uint8_t { none = 0, kv_cache = 1 };
enum class CpuIsolation : uint8_t { best_effort = 0, whole_core = 1, strictly_isolated = 2 };
enum class GpuExclusivity : uint8_t { shared = 0, session = 1, device = 2, partition = 3 };

/// Categories of the reference: five, of which it names the first.
struct Affinity {
    uint8_t category = 1; ///< 1 resource
    uint8_t strength = 1; ///< 1 preferred, 2 strong, 3 required
    uint8_t target_type = 0;
    Bytes target{};
};

inline constexpr size_t affinities_max = 4;

struct LeaseParameters {
    std::optional<Intent> intent{};
    std::optional<CpuIsolation> cpu_isolation{};
    std::optional<GpuExclusivity> gpu_exclusivity{};
    std::array<Affinity, affinities_max> affinities{};
    uint8_t affinity_count = 0;
};

/// Failures: corrupt (parameter: cut; value = offset), invalid_argument (parameter: a class byte
/// that nobody has, value = byte, expected = the last one; or a tag that stands there twice, value
/// = tag; length: of a known tag), capacity_exceeded (parameter: more than 4 affinities). Context:
/// any.
[[nodiscard]] Result<LeaseParameters> read_parameters(Bytes parameters) noexcept;

} // namespace grafos::wire
