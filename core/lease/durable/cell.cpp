// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/cell.hpp"

namespace grafos::lease {
namespace {

constexpr size_t layout_fields_bytes = 8 + 8 + 4 + 4;
constexpr size_t identity_fields_bytes = layout_fields_bytes + 3 * 32;
constexpr size_t checkpoint_fields_bytes = 6 * 8 + 32 + 8 + 32 + 32 + 4 + 4;
constexpr uint32_t flag_adopted = 1;
static_assert(identity_fields_bytes <= frame_fields_bytes);
static_assert(checkpoint_fields_bytes == frame_fields_bytes);

void put_layout(const DiskLayout& layout, ByteWriter& out) noexcept {
    out.put<uint64_t>(layout.sector_count);
    out.put<uint64_t>(layout.log_sectors);
    out.put<uint32_t>(layout.checkpoint_sectors);
    out.put<uint32_t>(layout.group_sectors_max);
}

[[nodiscard]] DiskLayout take_layout(ByteReader& in) noexcept {
    DiskLayout layout;
    layout.sector_count = in.take<uint64_t>();
    layout.log_sectors = in.take<uint64_t>();
    layout.checkpoint_sectors = in.take<uint32_t>();
    layout.group_sectors_max = in.take<uint32_t>();
    return layout;
}

/// Frame, body and zeroes of a cell of one sector.
[[nodiscard]] Result<> check_cell(FrameKind kind, uint64_t address, size_t fields_bytes,
                                  Bytes sector) noexcept {
    GRAFOS_ASSERT(sector.size() == cell_bytes);
    GRAFOS_TRY_ASSIGN(const FrameHeader header, check_frame_header(kind, address, 1, sector));
    GRAFOS_TRY(check_frame_body(header, sector));
    if (!is_all_zero(frame_fields(sector).subspan(fields_bytes)) ||
        !is_all_zero(sector.subspan(frame_header_bytes))) {
        return Error{ErrorCode::corrupt, Field::padding};
    }
    return ok();
}

} // namespace

void encode_identity(const IdentityCell& cell, uint64_t address, MutableBytes to) noexcept {
    GRAFOS_ASSERT(to.size() == cell_bytes);
    GRAFOS_ASSERT(!cell.node_id.is_zero());
    zero_bytes(to);
    ByteWriter out{frame_fields(to)};
    put_layout(cell.layout, out);
    out.put_bytes(cell.node_id.bytes);
    out.put_bytes(cell.secrets.signing_seed);
    out.put_bytes(cell.secrets.exchange_secret);
    GRAFOS_ASSERT(out.size() == identity_fields_bytes);
    seal_frame(FrameKind::identity, address, to);
}

void encode_marker(const DiskLayout& layout, MutableBytes to) noexcept {
    GRAFOS_ASSERT(to.size() == cell_bytes);
    zero_bytes(to);
    ByteWriter out{frame_fields(to)};
    put_layout(layout, out);
    GRAFOS_ASSERT(out.size() == layout_fields_bytes);
    seal_frame(FrameKind::marker, marker_sector, to);
}

Result<IdentityCell> decode_identity(uint64_t address, Bytes sector) noexcept {
    GRAFOS_ASSERT(address == identity_sector_a || address == identity_sector_b);
    GRAFOS_TRY(check_cell(FrameKind::identity, address, identity_fields_bytes, sector));
    ByteReader in{frame_fields(sector)};
    IdentityCell cell;
    cell.layout = take_layout(in);
    GRAFOS_TRY(check_layout(cell.layout));
    cell.node_id.bytes = in.take_array<32>();
    cell.secrets.signing_seed = in.take_array<32>();
    cell.secrets.exchange_secret = in.take_array<32>();
    GRAFOS_ASSERT(in.is_ok());
    if (cell.node_id.is_zero()) {
        return Error{ErrorCode::corrupt, Field::node_id};
    }
    return cell;
}

Result<DiskLayout> decode_marker(Bytes sector) noexcept {
    GRAFOS_TRY(check_cell(FrameKind::marker, marker_sector, layout_fields_bytes, sector));
    ByteReader in{frame_fields(sector)};
    const DiskLayout layout = take_layout(in);
    GRAFOS_ASSERT(in.is_ok());
    GRAFOS_TRY(check_layout(layout));
    return layout;
}

uint32_t encode_checkpoint(const Checkpoint& checkpoint, const NodeId& node_id, uint64_t address,
                           MutableBytes to) noexcept {
    const size_t used = frame_header_bytes + checkpoint.snapshot_bytes;
    GRAFOS_ASSERT(used <= to.size());
    GRAFOS_ASSERT(to.size() % hal::sector_bytes == 0);
    const size_t size = (used + hal::sector_bytes - 1) / hal::sector_bytes * hal::sector_bytes;
    zero_bytes(to.first(frame_header_bytes));
    zero_bytes(to.subspan(used, size - used));
    ByteWriter out{frame_fields(to)};
    out.put<uint64_t>(checkpoint.number);
    out.put<uint64_t>(checkpoint.boot.value);
    out.put<uint64_t>(checkpoint.epoch_mark.value);
    out.put<uint64_t>(checkpoint.start.offset);
    out.put<uint64_t>(checkpoint.start.number);
    out.put<uint64_t>(checkpoint.start.first.value);
    out.put_bytes(checkpoint.start.previous_head.bytes);
    out.put<uint64_t>(checkpoint.anchor.next.value);
    out.put_bytes(checkpoint.anchor.hash.bytes);
    out.put_bytes(node_id.bytes);
    out.put<uint32_t>(checkpoint.snapshot_bytes);
    out.put<uint32_t>(checkpoint.is_adopted ? flag_adopted : 0);
    GRAFOS_ASSERT(out.size() == checkpoint_fields_bytes);
    seal_frame(FrameKind::checkpoint, address, to.first(size));
    return static_cast<uint32_t>(size / hal::sector_bytes);
}

namespace {

[[nodiscard]] Result<Checkpoint> take_checkpoint(const DiskLayout& layout, const NodeId& node_id,
                                                 Bytes fields) noexcept {
    ByteReader in{fields};
    Checkpoint checkpoint;
    checkpoint.number = in.take<uint64_t>();
    checkpoint.boot.value = in.take<uint64_t>();
    checkpoint.epoch_mark.value = in.take<uint64_t>();
    checkpoint.start.offset = in.take<uint64_t>();
    checkpoint.start.number = in.take<uint64_t>();
    checkpoint.start.first.value = in.take<uint64_t>();
    checkpoint.start.previous_head.bytes = in.take_array<32>();
    checkpoint.anchor.next.value = in.take<uint64_t>();
    checkpoint.anchor.hash.bytes = in.take_array<32>();
    NodeId owner;
    owner.bytes = in.take_array<32>();
    checkpoint.snapshot_bytes = in.take<uint32_t>();
    const auto flags = in.take<uint32_t>();
    checkpoint.is_adopted = flags == flag_adopted;
    GRAFOS_ASSERT(in.is_ok());
    if (owner != node_id) {
        return Error{ErrorCode::foreign, Field::node_id, short_form(owner), short_form(node_id)};
    }
    if (checkpoint.start.offset >= layout.log_sectors ||
        layout.group_offset_after(checkpoint.start.offset) != checkpoint.start.offset) {
        return Error{ErrorCode::corrupt, Field::log, checkpoint.start.offset, layout.log_sectors};
    }
    if (checkpoint.number == UINT64_MAX || checkpoint.start.number == UINT64_MAX ||
        checkpoint.boot.value == UINT64_MAX) {
        return Error{ErrorCode::corrupt, Field::boot, checkpoint.boot.value, UINT64_MAX - 1};
    }
    if ((checkpoint.start.first.value == 0 && !checkpoint.start.previous_head.is_zero()) ||
        (checkpoint.anchor.next.value == 0 && !checkpoint.anchor.hash.is_zero())) {
        return Error{ErrorCode::corrupt, Field::previous_hash};
    }
    if (checkpoint.anchor.next < checkpoint.start.first) {
        return Error{ErrorCode::corrupt, Field::sequence, checkpoint.anchor.next.value,
                     checkpoint.start.first.value};
    }
    if (flags > flag_adopted) {
        return Error{ErrorCode::corrupt, Field::padding, flags, flag_adopted};
    }
    return checkpoint;
}

} // namespace

Result<Checkpoint> decode_checkpoint(const DiskLayout& layout, const NodeId& node_id,
                                     uint64_t address, Bytes cell) noexcept {
    GRAFOS_ASSERT(cell.size() == size_t{layout.checkpoint_sectors} * hal::sector_bytes);
    GRAFOS_TRY_ASSIGN(
        const FrameHeader header,
        check_frame_header(FrameKind::checkpoint, address, layout.checkpoint_sectors, cell));
    GRAFOS_TRY(check_frame_body(header, cell));
    GRAFOS_TRY_ASSIGN(const Checkpoint checkpoint,
                      take_checkpoint(layout, node_id, frame_fields(cell)));
    const size_t size = size_t{header.sector_count} * hal::sector_bytes;
    const size_t used = frame_header_bytes + size_t{checkpoint.snapshot_bytes};
    if (used > size || size - used >= hal::sector_bytes) {
        return Error{ErrorCode::corrupt, Field::length, checkpoint.snapshot_bytes, size};
    }
    if (!is_all_zero(cell.subspan(used, size - used))) {
        return Error{ErrorCode::corrupt, Field::padding};
    }
    return checkpoint;
}

} // namespace grafos::lease
