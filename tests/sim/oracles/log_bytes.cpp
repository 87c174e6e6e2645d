// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/log_bytes.hpp"

#include "core/crypto/sha256.hpp"

namespace grafos::test {
namespace {

constexpr std::string_view record_domain{"grafos-audit-v1\n", 16};
constexpr size_t record_least = 160; ///< with neither identity nor data
constexpr size_t identity_most = 32;
constexpr size_t data_most = 96;

[[nodiscard]] uint64_t u64_at(Bytes bytes, size_t at) noexcept {
    return load_big_endian<uint64_t>(bytes.data() + at);
}
[[nodiscard]] uint32_t u32_at(Bytes bytes, size_t at) noexcept {
    return load_big_endian<uint32_t>(bytes.data() + at);
}
[[nodiscard]] uint16_t u16_at(Bytes bytes, size_t at) noexcept {
    return load_big_endian<uint16_t>(bytes.data() + at);
}
template <typename Name>
[[nodiscard]] Name name_at(Bytes bytes, size_t at) noexcept {
    Name name;
    copy_bytes(name.bytes, bytes.subspan(at, Name::size_bytes));
    return name;
}

/// Magic, version, address, length and both checksums; `bytes` becomes the frame alone.
[[nodiscard]] bool check_frame(Bytes& bytes, std::string_view magic, uint64_t sector) noexcept {
    if (bytes.size() < logged_sector_bytes || !is_equal(bytes.first(8), bytes_of(magic)) ||
        u16_at(bytes, 8) != 1 || u64_at(bytes, 16) != sector ||
        crc32c(bytes.first(188)) != u32_at(bytes, 188)) {
        return false;
    }
    const uint64_t size = uint64_t{u32_at(bytes, 12)} * logged_sector_bytes;
    if (size == 0 || size > bytes.size()) {
        return false;
    }
    bytes = bytes.first(static_cast<size_t>(size));
    return crc32c(bytes.subspan(logged_header_bytes)) == u32_at(bytes, 184);
}

/// What stands behind the version in the data of a kind; a kind without numbers of interest: true.
[[nodiscard]] bool read_data(Bytes data, LoggedRecord& record) noexcept {
    ByteReader in{data};
    const auto version = in.take<uint8_t>();
    if (!in.is_ok() || version < 1 || version > 2) {
        return record.kind == LoggedKind::rewritten;
    }
    switch (record.kind) {
    case LoggedKind::boot: record.previous_boot = in.take<uint64_t>(); return in.is_ok();
    case LoggedKind::granted:
        record.resource_kind =
            in.take<uint16_t>() == record.resource_kind ? record.resource_kind : uint16_t{0};
        record.first_unit = in.take<uint64_t>();
        record.unit_count = in.take<uint64_t>();
        record.amount_bytes = in.take<uint64_t>();
        record.ttl_ms = in.take<uint64_t>();
        break;
    case LoggedKind::renewed:
        record.generation = in.take<uint32_t>();
        record.ttl_ms = in.take<uint64_t>();
        break;
    case LoggedKind::released:
    case LoggedKind::expired:
    case LoggedKind::revoked:
    case LoggedKind::preempted:
        record.generation = in.take<uint32_t>();
        record.first_unit = in.take<uint64_t>();
        record.unit_count = in.take<uint64_t>();
        (void)in.take_bytes(9); // grace, state
        break;
    case LoggedKind::fenced:
        record.first_unit = in.take<uint64_t>();
        record.unit_count = in.take<uint64_t>();
        (void)in.take<uint64_t>();
        break;
    case LoggedKind::cleared:
        record.fence = in.take<uint64_t>();
        record.first_unit = in.take<uint64_t>();
        record.unit_count = in.take<uint64_t>();
        break;
    case LoggedKind::trimmed:
        record.last = in.take<uint64_t>();
        copy_bytes(record.trim_hash.bytes, in.take_array<32>());
        break;
    case LoggedKind::refused:
    case LoggedKind::rewritten:
    case LoggedKind::overrun:
    case LoggedKind::adopted: return true;
    }
    return in.is_ok() && in.left() == 0;
}

} // namespace

bool read_identity(Bytes bytes, uint64_t sector, LoggedLayout& layout) noexcept {
    if (!check_frame(bytes, "grafosI1", sector)) {
        return false;
    }
    layout.sector_count = u64_at(bytes, 24);
    layout.log_sectors = u64_at(bytes, 32);
    layout.checkpoint_sectors = u32_at(bytes, 40);
    layout.group_sectors_max = u32_at(bytes, 44);
    layout.node = name_at<NodeId>(bytes, 48);
    return layout.data_first() <= layout.sector_count;
}

bool read_group(Bytes bytes, uint64_t sector, LoggedGroup& group) noexcept {
    if (!check_frame(bytes, "grafosL1", sector)) {
        return false;
    }
    group.sectors = bytes.size() / logged_sector_bytes;
    group.number = u64_at(bytes, 24);
    group.boot = u64_at(bytes, 32);
    group.epoch_mark = u64_at(bytes, 40);
    group.first = u64_at(bytes, 48);
    group.previous = name_at<Digest>(bytes, 56);
    group.head = name_at<Digest>(bytes, 88);
    group.node = name_at<NodeId>(bytes, 120);
    group.count = u32_at(bytes, 152);
    const uint32_t payload = u32_at(bytes, 156);
    if (payload > bytes.size() - logged_header_bytes) {
        return false;
    }
    group.records = bytes.subspan(logged_header_bytes, payload);
    return true;
}

bool read_checkpoint(Bytes bytes, uint64_t sector, LoggedCheckpoint& checkpoint) noexcept {
    if (!check_frame(bytes, "grafosC1", sector)) {
        return false;
    }
    checkpoint.number = u64_at(bytes, 24);
    checkpoint.boot = u64_at(bytes, 32);
    checkpoint.epoch_mark = u64_at(bytes, 40);
    checkpoint.start_offset = u64_at(bytes, 48);
    checkpoint.start_number = u64_at(bytes, 56);
    checkpoint.start_first = u64_at(bytes, 64);
    checkpoint.start_previous = name_at<Digest>(bytes, 72);
    checkpoint.anchor_next = u64_at(bytes, 104);
    checkpoint.anchor = name_at<Digest>(bytes, 112);
    checkpoint.node = name_at<NodeId>(bytes, 144);
    return true;
}

bool read_record(Bytes& rest, LoggedRecord& record) noexcept {
    if (rest.size() < record_least || !is_equal(rest.first(16), bytes_of(record_domain))) {
        return false;
    }
    const size_t identity = u32_at(rest, 106);
    if (identity > identity_most || rest.size() < record_least + identity) {
        return false;
    }
    const size_t behind = 110 + identity;
    const size_t data = u32_at(rest, behind + 46);
    if (data > data_most || rest.size() < record_least + identity + data) {
        return false;
    }
    const Bytes whole = rest.first(record_least + identity + data);
    record = {};
    record.previous = name_at<Digest>(whole, 16);
    record.sequence = u64_at(whole, 48);
    record.unix_ms = u64_at(whole, 56);
    record.node = name_at<NodeId>(whole, 64);
    record.boot = u64_at(whole, 96);
    const uint16_t kind = u16_at(whole, 104);
    record.tenant = u32_at(whole, behind);
    for (size_t i = 0; i < identity && i < sizeof(record.principal); ++i) {
        record.principal = record.principal << 8 | whole[110 + i];
    }
    record.lease = name_at<LeaseRef>(whole, behind + 4);
    record.resource_kind = u16_at(whole, behind + 20);
    record.epoch = u64_at(whole, behind + 36);
    record.reason = u16_at(whole, behind + 44);
    record.kind = static_cast<LoggedKind>(kind);
    if (kind < 1 || kind > 14 || !read_data(whole.subspan(behind + 50), record)) {
        return false;
    }
    record.hash = crypto::sha256(whole);
    rest = rest.subspan(whole.size());
    return true;
}

} // namespace grafos::test
