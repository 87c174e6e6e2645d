// SPDX-License-Identifier: Apache-2.0
/// Over the real resources: what one lease leaves behind, the next one never reads (protocol
/// §10.8).
#include "core/lease/resource/block_resource.hpp"
#include "core/lease/resource/memory_resource.hpp"
#include "tests/support/ram_block_device.hpp"
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

using grafos::test::RamBlockDevice;

class LessorResidue : public ::testing::Test {
protected:
    static constexpr uint32_t unit_count = 16;
    static constexpr uint64_t page = 4096;
    static constexpr uint64_t first_sector = 8;

    Instant now = grafos::test::start_time();
    RamJournalOf<1024> journal{};
    alignas(16) std::array<uint8_t, unit_count * page> ram{};
    std::array<uint8_t, first_sector * 512 + unit_count * page> disk_bytes{};
    RamBlockDevice disk{disk_bytes};
    MemoryResourceOf<unit_count> memory{resource_id_of(ResourceKind::memory, 0), ram};
    BlockResourceOf<unit_count, 4> block{resource_id_of(ResourceKind::block, 0), disk};
    LeaseTableOf<16> table{};
    crypto::Drbg drbg{};
    observe::Counters counters{};
    observe::EventRingOf<16> events{};
    std::array<Resource*, 2> resources{&memory, &block};
    Lessor lessor{{table, resources, journal, drbg, counters, events}, test_limits};

    /// A machine that was warm: both are full of what others left.
    LessorResidue() {
        ram.fill(0xee);
        disk_bytes.fill(0xdd);
        table.start(now, {1, 2});
        drbg.seed(bytes_of("seed"));
        lessor.start(unix_base, Epoch{1});
        EXPECT_TRUE(memory.start().is_ok());
        EXPECT_TRUE(block.start({first_sector, unit_count * page / 512}).is_ok());
    }

    bool settle() {
        for (int turn = 0; turn < 10'000; ++turn) {
            disk.turn();
            const bool has_more = lessor.tick(now, {.expiries = 8, .wipe_bytes = 8 * 1024});
            if (!has_more && lessor.next_deadline().ms > now.ms + lessor_patience.ms) {
                return true;
            }
            now.ms += has_more ? 0 : 1;
        }
        return false;
    }
    [[nodiscard]] Result<Answer> grant(ResourceKind kind, uint64_t bytes) {
        Request request;
        request.operation = Operation::grant;
        request.resource = resource_id_of(kind, 0);
        request.amount_bytes = bytes;
        request.ttl = limits::lease_ttl_max;
        return lessor.grant(request, now);
    }
    void release(const Answer& lease) {
        Request request;
        request.operation = Operation::release;
        request.lease = lease.lease;
        EXPECT_TRUE(lessor.release(request, now).is_ok());
    }
    [[nodiscard]] Result<AccessHandle> access(const Answer& lease, Access::Kind kind,
                                              uint64_t offset, MutableBytes buffer) {
        Access access;
        access.kind = kind;
        access.offset = offset;
        access.buffer = buffer;
        return lessor.start_access(lease.lease, lease.epoch, lease.generation, access, now);
    }
    [[nodiscard]] bool finish(const AccessHandle& handle) {
        for (int turn = 0; turn < 100; ++turn) {
            disk.turn();
            const Result<> done = lessor.poll_access(handle, now);
            if (code_of(done) != ErrorCode::busy) {
                return done.is_ok();
            }
        }
        return false;
    }
    /// Every byte of the lease reads as zero.
    void expect_zero(const Answer& lease) {
        std::array<uint8_t, 512> sector{};
        for (uint64_t at = 0; at < lease.amount_bytes; at += sector.size()) {
            sector.fill(0x99);
            ASSERT_TRUE(finish(access(lease, Access::Kind::read, at, sector).value())) << at;
            ASSERT_TRUE(is_all_zero(sector)) << at;
        }
    }
    void fill(const Answer& lease) {
        std::array<uint8_t, 512> sector{};
        sector.fill(0xa5);
        for (uint64_t at = 0; at < lease.amount_bytes; at += sector.size()) {
            ASSERT_TRUE(finish(access(lease, Access::Kind::write, at, sector).value()));
        }
    }
};

TEST_F(LessorResidue, Protocol_10_8_nothing_of_before_the_boot_is_read) {
    EXPECT_EQ(code_of(grant(ResourceKind::memory, 1)), ErrorCode::capacity_exceeded);
    EXPECT_EQ(code_of(grant(ResourceKind::block, 512)), ErrorCode::capacity_exceeded);
    EXPECT_TRUE(settle());
    EXPECT_EQ(memory.info().free, unit_count);
    EXPECT_EQ(block.info().free, unit_count);
    for (const ResourceKind kind : {ResourceKind::memory, ResourceKind::block}) {
        expect_zero(grant(kind, unit_count * page).value());
    }
    EXPECT_EQ(disk_bytes[first_sector * 512 - 1],
              0xddu); // what is not the resource's is not touched
}

TEST_F(LessorResidue, Protocol_10_8_nothing_of_the_lease_before_is_read) {
    disk.set_completion(RamBlockDevice::Completion::at_turn);
    EXPECT_TRUE(settle());
    for (const ResourceKind kind : {ResourceKind::memory, ResourceKind::block}) {
        for (int round = 0; round < 3; ++round) {
            const Answer first = grant(kind, unit_count * page).value();
            fill(first);
            release(first);
            EXPECT_EQ(code_of(grant(kind, 512)), ErrorCode::capacity_exceeded);
            EXPECT_TRUE(settle());
            const Answer second = grant(kind, unit_count * page).value();
            expect_zero(second);
            release(second);
            EXPECT_TRUE(settle());
        }
    }
    EXPECT_EQ(disk.buffer_violations(), 0u);
}

TEST_F(LessorResidue, Peers_row_12_a_write_in_flight_at_the_end_lands_before_the_wipe_or_never) {
    EXPECT_TRUE(settle());
    for (const bool is_reset : {false, true}) {
        SCOPED_TRACE(is_reset);
        const Answer lease = grant(ResourceKind::block, unit_count * page).value();
        disk.set_completion(RamBlockDevice::Completion::never);
        std::array<uint8_t, 512> sector{};
        sector.fill(0xa5);
        const AccessHandle late = access(lease, Access::Kind::write, 512, sector).value();
        release(lease);
        for (int turn = 0; turn < 20; ++turn) {
            now.ms += 10;
            lessor.tick(now, ample);
            EXPECT_EQ(block.info().tearing, unit_count);
        }
        if (is_reset) {
            now.ms += test_limits.teardown_deadline.ms;
            lessor.tick(now, ample);
            ASSERT_TRUE(lessor.wants_device_reset());
            ASSERT_TRUE(disk.reset().is_ok());
            lessor.on_device_reset();
        }
        disk.set_completion(RamBlockDevice::Completion::at_poll);
        EXPECT_TRUE(settle());
        EXPECT_EQ(block.info().free, unit_count);
        EXPECT_FALSE(lessor.poll_access(late, now).is_ok());
        const Answer next = grant(ResourceKind::block, unit_count * page).value();
        expect_zero(next);
        release(next);
        EXPECT_TRUE(settle());
    }
    EXPECT_EQ(disk.buffer_violations(), 0u);
}

TEST_F(LessorResidue, Peers_row_10_a_disk_that_refuses_the_wipe_is_fenced_and_cleared_once_healed) {
    EXPECT_TRUE(settle());
    const Answer lease = grant(ResourceKind::block, 4 * page).value();
    fill(lease);
    disk.fail_sectors(hal::BlockOperation::write, first_sector + 9, 1);
    release(lease);
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().fenced, 4u);
    EXPECT_EQ(journal.last().kind, EventKind::resource_fenced);
    EXPECT_EQ(code_of(grant(ResourceKind::block, 13 * page)), ErrorCode::capacity_exceeded);
    expect_zero(grant(ResourceKind::block, 12 * page).value());
    disk.heal();
    Request clear;
    clear.operation = Operation::clear_fence;
    clear.fence = journal.last().sequence;
    clear.fence = block.fence_of(0);
    EXPECT_TRUE(lessor.start_clear(clear, now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    expect_zero(grant(ResourceKind::block, 4 * page).value());
}

TEST_F(LessorResidue, Protocol_3_a_lane_that_lets_go_in_time_is_waited_for) {
    EXPECT_TRUE(settle());
    const Answer lease = grant(ResourceKind::memory, page).value();
    const LaneHandle lane = memory.open_lane(table.extent(slot_of(lease.lease))).value();
    const MutableBytes pinned = memory.try_pin(lane);
    ASSERT_EQ(pinned.size(), page);
    release(lease);
    now.ms += test_limits.teardown_deadline.ms - 1;
    lessor.tick(now, ample);
    EXPECT_EQ(memory.info().tearing, 1u);
    pinned[7] = 0x66; // its slice goes on until it lets go
    memory.unpin(lane);
    EXPECT_TRUE(memory.try_pin(lane).empty());
    EXPECT_TRUE(settle());
    EXPECT_EQ(memory.info().free, unit_count);
    expect_zero(grant(ResourceKind::memory, unit_count * page).value());
}

} // namespace
} // namespace grafos::lease::test
