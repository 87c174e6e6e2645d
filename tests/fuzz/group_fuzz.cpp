// SPDX-License-Identifier: Apache-2.0
/// A log from anybody: the input lies where the groups of a good disk would lie, with right
/// checksums or without, and the disk is booted and read. Whatever it is, it is refused with a
/// reason or read to its end; nothing is written, and no assertion is reached.
#include "core/crypto/sha256.hpp"
#include "core/lease/durable/group.hpp"
#include "tests/support/durable_rig.hpp"

using namespace grafos;
using namespace grafos::lease;

namespace {

constexpr size_t disk_bytes = 320 * hal::sector_bytes;
constexpr size_t group_most = test::DurableRig::group_bytes;

/// A formatted disk without a record.
[[nodiscard]] const std::array<uint8_t, disk_bytes>& good_disk(DiskLayout& layout) {
    static std::array<uint8_t, disk_bytes> disk;
    static DiskLayout found;
    if (disk[0] == 0) {
        test::RamBlockDevice device{disk};
        test::DurableRig rig{device};
        GRAFOS_ASSERT(rig.boot_or_format() == LogPhase::ready);
        found = rig.log.layout();
    }
    layout = found;
    return disk;
}

void read_all(test::DurableRig& rig, test::RamBlockDevice& device) {
    LogReader reader{rig.log, device, rig.reader_window};
    GRAFOS_ASSERT(reader.seek(rig.log.log_start().first).is_ok());
    for (uint64_t i = 0; i < 10'000 && !reader.is_at_end(); ++i) {
        const Result<GroupRecord> record = reader.next();
        GRAFOS_ASSERT(record.is_ok() || record.error().code == ErrorCode::busy);
    }
    GRAFOS_ASSERT(reader.is_at_end());
}

void try_disk(MutableBytes disk) {
    test::RamBlockDevice device{disk};
    test::DurableRig rig{device};
    const LogPhase phase = rig.boot();
    GRAFOS_ASSERT(phase == LogPhase::ready || phase == LogPhase::degraded);
    GRAFOS_ASSERT(device.count(hal::BlockOperation::write) == 0);
    if (phase == LogPhase::ready) {
        read_all(rig, device);
        GRAFOS_ASSERT(rig.state.count() == rig.log.anchored_end().value);
        test::SampleEvent sample{EventKind::boot, 1};
        if (rig.log.check_append(Draw::control).is_ok()) {
            const bool is_sealed = rig.append(sample.event, Draw::control).value != UINT64_MAX;
            GRAFOS_ASSERT(is_sealed || rig.last_error.code == ErrorCode::exhausted);
        }
    } else {
        GRAFOS_ASSERT(rig.log.state().reason != DegradedReason::none);
        GRAFOS_ASSERT(rig.log.state().cause.field != Field::none);
    }
}

/// What a group would be that says so: right place, number, owner, links and sums, as far as the
/// first input byte wants them.
void mend(MutableBytes group, const DiskLayout& layout, uint8_t wants) {
    const MutableBytes fields = frame_fields(group);
    if ((wants & 1) != 0) {
        zero_bytes(fields.first(8)); // number 0
    }
    if ((wants & 2) != 0) {
        zero_bytes(fields.subspan(24, 40)); // first sequence and previous head
    }
    copy_bytes(fields.subspan(96), test::identity_of(1).node_id.bytes);
    zero_bytes(fields.subspan(136));
    if ((wants & 4) != 0 && group.size() > frame_header_bytes) {
        const Result<size_t> size = measure_record(group.subspan(frame_header_bytes));
        if (size.is_ok()) {
            const Bytes record = group.subspan(frame_header_bytes, size.value());
            copy_bytes(fields.subspan(64), crypto::sha256(record).bytes);
            store_big_endian<uint32_t>(fields.data() + 128, 1);
            store_big_endian<uint32_t>(fields.data() + 132, static_cast<uint32_t>(size.value()));
            zero_bytes(group.subspan(frame_header_bytes + size.value()));
        }
    }
    seal_frame(FrameKind::group, layout.log_first(), group);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) {
        return 0;
    }
    DiskLayout layout;
    static std::array<uint8_t, disk_bytes> disk;
    disk = good_disk(layout);
    const size_t room = static_cast<size_t>(layout.log_sectors) * hal::sector_bytes;
    const MutableBytes ring = MutableBytes{disk}.subspan(
        static_cast<size_t>(layout.log_first()) * hal::sector_bytes, room);
    const uint8_t wants = data[0];
    const Bytes input{data + 1, size - 1 < room ? size - 1 : room};
    copy_bytes(ring, input);
    if ((wants & 8) != 0) {
        const size_t sectors = 1 + (wants >> 4) % (group_most / hal::sector_bytes);
        mend(ring.first(sectors * hal::sector_bytes), layout, wants);
    }
    try_disk(disk);
    return 0;
}
