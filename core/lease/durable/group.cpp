// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/group.hpp"

#include "core/crypto/sha256.hpp"

namespace grafos::lease {
namespace {

constexpr size_t group_fields_bytes = 4 * 8 + 3 * 32 + 4 + 4;
static_assert(group_fields_bytes <= frame_fields_bytes);

} // namespace

GroupPlace place_after(const DiskLayout& layout, const GroupPlace& place,
                       const GroupHeader& header) noexcept {
    GRAFOS_ASSERT(header.number == place.number);
    GRAFOS_ASSERT(place.offset + header.frame.sector_count <= layout.log_sectors);
    return {layout.group_offset_after(place.offset + header.frame.sector_count), place.number + 1,
            Sequence{header.first.value + header.record_count}, header.head};
}

uint32_t encode_group(const GroupHeader& header, uint64_t address, MutableBytes to) noexcept {
    const size_t used = frame_header_bytes + header.payload_bytes;
    const size_t size = (used + hal::sector_bytes - 1) / hal::sector_bytes * hal::sector_bytes;
    GRAFOS_ASSERT(header.record_count > 0);
    GRAFOS_ASSERT(size <= to.size());
    zero_bytes(to.first(frame_header_bytes));
    zero_bytes(to.subspan(used, size - used));
    ByteWriter out{frame_fields(to)};
    out.put<uint64_t>(header.number);
    out.put<uint64_t>(header.boot.value);
    out.put<uint64_t>(header.epoch_mark.value);
    out.put<uint64_t>(header.first.value);
    out.put_bytes(header.previous_head.bytes);
    out.put_bytes(header.head.bytes);
    out.put_bytes(header.node_id.bytes);
    out.put<uint32_t>(header.record_count);
    out.put<uint32_t>(header.payload_bytes);
    GRAFOS_ASSERT(out.size() == group_fields_bytes);
    seal_frame(FrameKind::group, address, to.first(size));
    return static_cast<uint32_t>(size / hal::sector_bytes);
}

namespace {

[[nodiscard]] Result<> check_group_sizes(const GroupHeader& header) noexcept {
    const uint64_t used = frame_header_bytes + uint64_t{header.payload_bytes};
    if (used > header.size_bytes() || header.size_bytes() - used >= hal::sector_bytes) {
        return Error{ErrorCode::corrupt, Field::record_length, header.payload_bytes,
                     header.size_bytes()};
    }
    const uint64_t most = header.payload_bytes / limits::record_fixed_bytes;
    if (header.record_count == 0 || header.record_count > most) {
        return Error{ErrorCode::corrupt, Field::record_count, header.record_count, most};
    }
    if (header.first.value > UINT64_MAX - header.record_count) {
        return Error{ErrorCode::corrupt, Field::sequence, header.first.value, header.record_count};
    }
    if (header.number >= UINT64_MAX - 1 || header.boot.value == UINT64_MAX) {
        return Error{ErrorCode::corrupt, Field::log, header.number, UINT64_MAX - 2};
    }
    return ok();
}

} // namespace

Result<GroupHeader> decode_group_header(const DiskLayout& layout, const NodeId& node_id,
                                        uint64_t address, Bytes bytes) noexcept {
    GRAFOS_ASSERT(address >= layout.log_first() && address < layout.data_first());
    const uint64_t room = layout.data_first() - address;
    const auto most =
        static_cast<uint32_t>(room < layout.group_sectors_max ? room : layout.group_sectors_max);
    GRAFOS_TRY_ASSIGN(const FrameHeader frame,
                      check_frame_header(FrameKind::group, address, most, bytes));
    const Bytes fields = frame_fields(bytes);
    ByteReader in{fields};
    GroupHeader header;
    header.frame = frame;
    header.number = in.take<uint64_t>();
    header.boot.value = in.take<uint64_t>();
    header.epoch_mark.value = in.take<uint64_t>();
    header.first.value = in.take<uint64_t>();
    header.previous_head.bytes = in.take_array<32>();
    header.head.bytes = in.take_array<32>();
    header.node_id.bytes = in.take_array<32>();
    header.record_count = in.take<uint32_t>();
    header.payload_bytes = in.take<uint32_t>();
    GRAFOS_ASSERT(in.is_ok());
    if (header.node_id != node_id) {
        return Error{ErrorCode::foreign, Field::node_id, short_form(header.node_id),
                     short_form(node_id)};
    }
    if (!is_all_zero(fields.subspan(group_fields_bytes))) {
        return Error{ErrorCode::corrupt, Field::padding};
    }
    GRAFOS_TRY(check_group_sizes(header));
    return header;
}

Result<> check_group_link(const GroupHeader& header, const GroupPlace& place) noexcept {
    if (header.first != place.first) {
        return Error{ErrorCode::corrupt, Field::sequence, header.first.value, place.first.value};
    }
    if (header.previous_head != place.previous_head) {
        return Error{ErrorCode::corrupt, Field::previous_hash, short_form(header.previous_head),
                     short_form(place.previous_head)};
    }
    return ok();
}

GroupRecords::GroupRecords(const GroupHeader& header, Bytes bytes) noexcept
    : header_{header},
      payload_{bytes.subspan(frame_header_bytes, header.payload_bytes)},
      padding_{bytes.first(header.size_bytes()).subspan(frame_header_bytes + header.payload_bytes)},
      anchor_{header.first, header.previous_head},
      left_{header.record_count} {
    GRAFOS_ASSERT(left_ > 0);
}

Result<GroupRecord> GroupRecords::next() noexcept {
    GRAFOS_ASSERT(left_ > 0);
    GRAFOS_TRY_ASSIGN(const size_t size, measure_record(payload_));
    GroupRecord record;
    record.canonical = payload_.first(size);
    GRAFOS_TRY_ASSIGN(record.view, decode_record(record.canonical));
    const RecordPlace& place = record.view.place;
    if (place.node_id != header_.node_id) {
        return Error{ErrorCode::foreign, Field::node_id, short_form(place.node_id),
                     short_form(header_.node_id)};
    }
    if (place.boot != header_.boot) {
        return Error{ErrorCode::corrupt, Field::boot, place.boot.value, header_.boot.value};
    }
    record.hash = crypto::sha256(record.canonical);
    GRAFOS_TRY_ASSIGN(anchor_, verify_link(anchor_, record.view, record.hash));
    payload_ = payload_.subspan(size);
    --left_;
    return record;
}

Result<> GroupRecords::check_end() const noexcept {
    GRAFOS_ASSERT(left_ == 0);
    if (!payload_.empty()) {
        return Error{ErrorCode::corrupt, Field::record_length, payload_.size(), 0};
    }
    if (anchor_.hash != header_.head) {
        return Error{ErrorCode::corrupt, Field::hash, short_form(anchor_.hash),
                     short_form(header_.head)};
    }
    if (!is_all_zero(padding_)) {
        return Error{ErrorCode::corrupt, Field::padding};
    }
    return ok();
}

} // namespace grafos::lease
