// SPDX-License-Identifier: Apache-2.0
/// The last words of a boot: one sector that a dying machine leaves for the next one.
///
/// A board that meets an unexpected exception or a failed assertion cannot trust its own drivers,
/// so it writes this sector by itself, at the place the node named (`board::set_epitaph_target`),
/// and ends. The next boot reads it, puts it into its boot record, and clears the sector.
/// Big-endian at fixed offsets; every byte not named is zero; the CRC covers all bytes before it.
/// The board encodes
/// (`boards/parts/epitaph`), the core decodes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace grafos::hal {

inline constexpr size_t epitaph_bytes = 512;
inline constexpr uint8_t epitaph_magic[8] = {'g', 'r', 'a', 'f', 'o', 's', 'E', '1'};
inline constexpr uint16_t epitaph_version = 1;

enum class EpitaphKind : uint16_t { exception = 1, assertion = 2 };

/// Says how to read `cause`.
enum class EpitaphCpu : uint16_t { x86_64 = 1, aarch64 = 2, host = 3 };

/// Offset of each field, bytes; its width stands behind it.
namespace epitaph_offset {
inline constexpr size_t magic = 0;          // 8
inline constexpr size_t version = 8;        // u16
inline constexpr size_t kind = 10;          // u16, EpitaphKind
inline constexpr size_t cpu = 12;           // u16, EpitaphCpu
inline constexpr size_t boot = 16;          // u64, the boot that died
inline constexpr size_t cause = 24;         // u64, see Epitaph::cause
inline constexpr size_t pc = 32;            // u64
inline constexpr size_t sp = 40;            // u64
inline constexpr size_t fault_address = 48; // u64
inline constexpr size_t site = 56;          // u32, the assertion's site id
inline constexpr size_t checksum = 508;     // u32, crc32c over bytes 0 … 507
} // namespace epitaph_offset

struct Epitaph {
    EpitaphKind kind = EpitaphKind::exception;
    EpitaphCpu cpu = EpitaphCpu::host;
    uint64_t boot = 0; ///< 0: the node had not reached its boot number yet
    /// x86_64: vector << 32 | error code. aarch64: vector slot << 32 | ESR_EL1. host: signal number
    /// << 32 | si_code. Assertions: 0.
    uint64_t cause = 0;
    uint64_t pc = 0;
    uint64_t sp = 0;
    uint64_t fault_address = 0; ///< CR2, FAR_EL1, si_addr; 0 if the cause has none
    uint32_t site = 0;          ///< assertions only
};

static_assert(epitaph_offset::checksum + 4 == epitaph_bytes);
static_assert(epitaph_offset::site + 4 <= epitaph_offset::checksum);

} // namespace grafos::hal
