// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/epitaph.hpp"

#include "hal/block_device.hpp"

namespace grafos::lease {
namespace {

namespace at = hal::epitaph_offset;
static_assert(hal::epitaph_bytes == hal::sector_bytes);

/// Every byte that no field takes is zero.
[[nodiscard]] bool has_zero_padding(Bytes sector) noexcept {
    return is_all_zero(sector.subspan(at::cpu + 2, at::boot - at::cpu - 2)) &&
           is_all_zero(sector.subspan(at::site + 4, at::checksum - at::site - 4));
}

} // namespace

Result<hal::Epitaph> decode_epitaph(Bytes sector) noexcept {
    GRAFOS_ASSERT(sector.size() == hal::epitaph_bytes);
    if (is_all_zero(sector)) {
        return Error{ErrorCode::not_found, Field::none};
    }
    const uint8_t* const in = sector.data();
    if (!is_equal(sector.first(sizeof hal::epitaph_magic), hal::epitaph_magic)) {
        return Error{ErrorCode::foreign, Field::magic, load_big_endian<uint64_t>(in),
                     load_big_endian<uint64_t>(hal::epitaph_magic)};
    }
    const auto version = load_big_endian<uint16_t>(in + at::version);
    if (version > hal::epitaph_version) {
        return Error{ErrorCode::unsupported_version, Field::version, version, hal::epitaph_version};
    }
    const auto written = load_big_endian<uint32_t>(in + at::checksum);
    const uint32_t computed = crc32c(sector.first(at::checksum));
    if (written != computed) {
        return Error{ErrorCode::corrupt, Field::checksum, written, computed};
    }
    if (version != hal::epitaph_version) {
        return Error{ErrorCode::corrupt, Field::version, version, hal::epitaph_version};
    }
    if (!has_zero_padding(sector)) {
        return Error{ErrorCode::corrupt, Field::padding};
    }
    const auto kind = load_big_endian<uint16_t>(in + at::kind);
    const auto cpu = load_big_endian<uint16_t>(in + at::cpu);
    if (kind < 1 || kind > static_cast<uint16_t>(hal::EpitaphKind::assertion)) {
        return Error{ErrorCode::corrupt, Field::kind, kind, 2};
    }
    if (cpu < 1 || cpu > static_cast<uint16_t>(hal::EpitaphCpu::host)) {
        return Error{ErrorCode::corrupt, Field::name, cpu, 3};
    }
    hal::Epitaph epitaph;
    epitaph.kind = static_cast<hal::EpitaphKind>(kind);
    epitaph.cpu = static_cast<hal::EpitaphCpu>(cpu);
    epitaph.boot = load_big_endian<uint64_t>(in + at::boot);
    epitaph.cause = load_big_endian<uint64_t>(in + at::cause);
    epitaph.pc = load_big_endian<uint64_t>(in + at::pc);
    epitaph.sp = load_big_endian<uint64_t>(in + at::sp);
    epitaph.fault_address = load_big_endian<uint64_t>(in + at::fault_address);
    epitaph.site = load_big_endian<uint32_t>(in + at::site);
    return epitaph;
}

} // namespace grafos::lease
