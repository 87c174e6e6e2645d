// SPDX-License-Identifier: Apache-2.0
/// Cells from anybody: identity, marker, checkpoint, epitaph. Refused with a field, or exactly what
/// the encoder would write. A second try gets right checksums, so that what lies behind them is
/// tried as well.
#include "core/lease/durable/cell.hpp"
#include "core/lease/durable/epitaph.hpp"

using namespace grafos;
using namespace grafos::lease;

namespace {

constexpr size_t checkpoint_bytes = 4096;

[[nodiscard]] DiskLayout layout() {
    DiskLayout layout;
    layout.sector_count = 1000;
    layout.log_sectors = 200;
    layout.checkpoint_sectors = checkpoint_bytes / hal::sector_bytes;
    layout.group_sectors_max = 8;
    return layout;
}

[[nodiscard]] NodeId owner_of(Bytes cell) {
    NodeId owner;
    copy_bytes(owner.bytes, cell.subspan(144, 32));
    return owner;
}

void check(const Error& error) {
    GRAFOS_ASSERT(error.field != Field::none);
}

void try_identity(Bytes sector) {
    for (const uint64_t address : {identity_sector_a, identity_sector_b}) {
        const Result<IdentityCell> cell = decode_identity(address, sector);
        if (!cell.is_ok()) {
            check(cell.error());
            continue;
        }
        std::array<uint8_t, cell_bytes> again;
        encode_identity(cell.value(), address, again);
        GRAFOS_ASSERT(is_equal(again, sector));
        GRAFOS_ASSERT(check_layout(cell.value().layout).is_ok());
    }
}

void try_marker(Bytes sector) {
    const Result<DiskLayout> found = decode_marker(sector);
    if (!found.is_ok()) {
        check(found.error());
        return;
    }
    std::array<uint8_t, cell_bytes> again;
    encode_marker(found.value(), again);
    GRAFOS_ASSERT(is_equal(again, sector));
}

void try_checkpoint(Bytes cell) {
    const NodeId owner = owner_of(cell);
    for (uint32_t copy = 0; copy < 2; ++copy) {
        const uint64_t address = layout().checkpoint_first(copy);
        const Result<Checkpoint> found = decode_checkpoint(layout(), owner, address, cell);
        if (!found.is_ok()) {
            check(found.error());
            continue;
        }
        std::array<uint8_t, checkpoint_bytes> again{};
        const size_t size = found.value().snapshot_bytes;
        copy_bytes(MutableBytes{again}.subspan(frame_header_bytes),
                   cell.subspan(frame_header_bytes, size));
        const size_t written =
            encode_checkpoint(found.value(), owner, address, again) * hal::sector_bytes;
        GRAFOS_ASSERT(is_equal(Bytes{again}.first(written), cell.first(written)));
    }
}

void try_all(Bytes cell) {
    const Bytes sector = cell.first(hal::sector_bytes);
    try_identity(sector);
    try_marker(sector);
    try_checkpoint(cell);
    const Result<hal::Epitaph> epitaph = decode_epitaph(sector);
    const bool is_known = epitaph.is_ok() || epitaph.error().code == ErrorCode::not_found;
    GRAFOS_ASSERT(is_known || epitaph.error().field != Field::none);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::array<uint8_t, checkpoint_bytes> cell{};
    copy_bytes(cell, Bytes{data, size < cell.size() ? size : cell.size()});
    try_all(cell);
    for (const FrameKind kind : {FrameKind::identity, FrameKind::marker, FrameKind::checkpoint}) {
        const uint64_t address = load_big_endian<uint64_t>(cell.data() + 16);
        const size_t sectors = kind == FrameKind::checkpoint ? 1 + cell[15] % 8u : 1;
        seal_frame(kind, address, MutableBytes{cell}.first(sectors * hal::sector_bytes));
        try_all(cell);
    }
    const MutableBytes epitaph = MutableBytes{cell}.first(hal::epitaph_bytes);
    copy_bytes(epitaph, hal::epitaph_magic);
    store_big_endian<uint16_t>(epitaph.data() + hal::epitaph_offset::version, 1);
    store_big_endian<uint32_t>(epitaph.data() + hal::epitaph_offset::checksum,
                               crc32c(epitaph.first(hal::epitaph_offset::checksum)));
    try_all(cell);
    return 0;
}
