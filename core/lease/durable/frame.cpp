// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/frame.hpp"

#include "hal/block_device.hpp"

namespace grafos::lease {
namespace {

static_assert(frame_fields_offset + frame_fields_bytes == frame_body_checksum_offset);
static_assert(frame_header_checksum_offset + 4 == frame_header_bytes);
static_assert(frame_header_bytes < hal::sector_bytes);

[[nodiscard]] constexpr std::string_view magic_of(FrameKind kind) noexcept {
    switch (kind) {
    case FrameKind::identity: return "grafosI1";
    case FrameKind::marker: return "grafosF1";
    case FrameKind::checkpoint: return "grafosC1";
    case FrameKind::group: return "grafosL1";
    }
    return {};
}

} // namespace

void seal_frame(FrameKind kind, uint64_t address, MutableBytes bytes) noexcept {
    GRAFOS_ASSERT(bytes.size() >= hal::sector_bytes);
    GRAFOS_ASSERT(bytes.size() % hal::sector_bytes == 0);
    ByteWriter front{bytes.first(frame_fields_offset)};
    front.put_bytes(bytes_of(magic_of(kind)));
    front.put<uint16_t>(frame_version);
    front.put<uint16_t>(0);
    front.put<uint32_t>(static_cast<uint32_t>(bytes.size() / hal::sector_bytes));
    front.put<uint64_t>(address);
    GRAFOS_ASSERT(front.size() == frame_fields_offset);
    store_big_endian<uint32_t>(bytes.data() + frame_body_checksum_offset,
                               crc32c(bytes.subspan(frame_header_bytes)));
    store_big_endian<uint32_t>(bytes.data() + frame_header_checksum_offset,
                               crc32c(bytes.first(frame_header_checksum_offset)));
}

Result<FrameHeader> check_frame_header(FrameKind kind, uint64_t address, uint32_t sectors_most,
                                       Bytes bytes) noexcept {
    GRAFOS_ASSERT(bytes.size() >= frame_header_bytes);
    GRAFOS_ASSERT(sectors_most > 0);
    ByteReader in{bytes.first(frame_fields_offset)};
    const Bytes magic = in.take_bytes(8);
    if (!is_equal(magic, bytes_of(magic_of(kind)))) {
        return Error{ErrorCode::foreign, Field::magic, load_big_endian<uint64_t>(magic.data()),
                     load_big_endian<uint64_t>(bytes_of(magic_of(kind)).data())};
    }
    FrameHeader header;
    header.version = in.take<uint16_t>();
    if (header.version > frame_version) {
        return Error{ErrorCode::unsupported_version, Field::version, header.version, frame_version};
    }
    const auto written = load_big_endian<uint32_t>(bytes.data() + frame_header_checksum_offset);
    const uint32_t computed = crc32c(bytes.first(frame_header_checksum_offset));
    if (written != computed) {
        return Error{ErrorCode::corrupt, Field::checksum, written, computed};
    }
    if (header.version != frame_version) {
        return Error{ErrorCode::corrupt, Field::version, header.version, frame_version};
    }
    const auto padding = in.take<uint16_t>();
    if (padding != 0) {
        return Error{ErrorCode::corrupt, Field::padding, padding, 0};
    }
    header.sector_count = in.take<uint32_t>();
    header.address = in.take<uint64_t>();
    if (header.address != address) {
        return Error{ErrorCode::corrupt, Field::address, header.address, address};
    }
    if (header.sector_count == 0 || header.sector_count > sectors_most) {
        return Error{ErrorCode::corrupt, Field::length, header.sector_count, sectors_most};
    }
    GRAFOS_ASSERT(in.is_ok());
    return header;
}

Result<> check_frame_body(const FrameHeader& header, Bytes bytes) noexcept {
    const size_t size = size_t{header.sector_count} * hal::sector_bytes;
    GRAFOS_ASSERT(header.sector_count > 0);
    GRAFOS_ASSERT(bytes.size() >= size);
    const auto written = load_big_endian<uint32_t>(bytes.data() + frame_body_checksum_offset);
    const uint32_t computed = crc32c(bytes.subspan(frame_header_bytes, size - frame_header_bytes));
    if (written != computed) {
        return Error{ErrorCode::corrupt, Field::checksum, written, computed};
    }
    return ok();
}

} // namespace grafos::lease
