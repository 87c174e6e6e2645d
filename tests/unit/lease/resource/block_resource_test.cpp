// SPDX-License-Identifier: Apache-2.0
#include "core/lease/resource/block_resource.hpp"

#include <algorithm>
#include <array>

#include "tests/testkit/test.hpp"
#include "tests/unit/lease/resource/fake_disk.hpp"

namespace grafos::lease {
namespace {

constexpr uint64_t unit = 4096;
constexpr uint64_t unit_count = 8;
constexpr uint64_t first_sector = 16;
constexpr uint32_t disk_sectors = first_sector + 8 * unit_count + 5;
using Disk = test::FakeDisk<disk_sectors>;
using Block = std::array<uint8_t, 512>;

/// Eight units behind sector 16 of a disk full of an earlier life's bytes.
struct Bench {
    Bench() {
        disk.medium.fill(0xa5);
        EXPECT_TRUE(resource.start(area).is_ok());
    }
    Result<Step> wipe(Extent extent, uint64_t budget = 8 * unit) {
        resource.begin_wipe(extent);
        for (uint32_t step = 0; step < 1000; ++step) {
            Result<Step> result = resource.wipe_step(budget);
            if (!result.is_ok() || result.value() == Step::done) {
                return result;
            }
        }
        ADD_FAILURE() << "the wipe does not end";
        return Step::more;
    }
    void clean_all() {
        const Extent all{0, unit_count};
        resource.move_units(all, UnitState::dirty, UnitState::tearing, {});
        EXPECT_TRUE(wipe(all).is_ok());
        resource.move_units(all, UnitState::tearing, UnitState::free, {});
    }
    Extent lease(uint64_t bytes) {
        const Extent extent = resource.prepare(bytes).value();
        resource.move_units(extent, UnitState::free, UnitState::leased, {});
        return extent;
    }
    void end(Extent extent) {
        resource.move_units(extent, UnitState::leased, UnitState::tearing, {});
    }
    Result<AccessTicket> access(Access::Kind kind, Extent extent, uint64_t offset,
                                MutableBytes buffer) {
        return resource.start_access({kind, extent, offset, buffer});
    }
    [[nodiscard]] bool area_is_zero() const {
        return is_all_zero(Bytes{disk.medium}.subspan(first_sector * 512, unit_count * unit));
    }

    Disk disk{};
    static constexpr BlockResource::Area area{first_sector, disk_sectors - first_sector};
    BlockResourceOf<unit_count, 3> resource{ResourceId{{2}}, disk};
};

TEST(BlockResource, The_unit_is_as_many_4_KiB_steps_as_are_needed) {
    EXPECT_EQ(BlockResource::unit_bytes_for(8 * unit, 8), unit);
    EXPECT_EQ(BlockResource::unit_bytes_for(8 * unit + 512, 8), unit);
    EXPECT_EQ(BlockResource::unit_bytes_for(9 * unit, 8), 2 * unit);
    EXPECT_EQ(BlockResource::unit_bytes_for(25 * unit, 8), 4 * unit);
    EXPECT_EQ(BlockResource::unit_bytes_for(0, 8), unit);
}

TEST(BlockResource, An_area_outside_the_disk_or_below_one_unit_is_refused) {
    Disk disk;
    BlockResourceOf<4, 1> beyond{ResourceId{}, disk};
    EXPECT_EQ(beyond.info().unit_count, 0u);
    EXPECT_EQ(beyond.start({disk_sectors - 1, 2}).error().field, Field::geometry);
    BlockResourceOf<4, 1> far{ResourceId{}, disk};
    EXPECT_EQ(far.start({UINT64_MAX, 2}).error().field, Field::geometry);
    BlockResourceOf<4, 1> tiny{ResourceId{}, disk};
    EXPECT_EQ(tiny.start({0, 7}).error(),
              (Error{ErrorCode::invalid_argument, Field::unit_size, 7 * 512, unit}));
}

TEST(BlockResource, All_is_dirty_at_start_and_a_wipe_zeroes_the_area_and_nothing_else) {
    Bench t;
    EXPECT_EQ(t.resource.info().dirty, unit_count);
    EXPECT_FALSE(t.resource.prepare(1).is_ok());
    t.clean_all();
    EXPECT_TRUE(t.area_is_zero());
    const auto untouched = std::ranges::count(t.disk.medium, 0xa5);
    EXPECT_EQ(untouched, static_cast<int64_t>((first_sector + 5) * 512));
    EXPECT_EQ(t.disk.flush_count, 1u);
    EXPECT_EQ(t.resource.info().free, unit_count);
    EXPECT_EQ(t.resource.info().kind, ResourceKind::block);
}

TEST(BlockResource, A_write_and_a_read_go_through_the_disk_and_are_polled) {
    Bench t;
    t.clean_all();
    static_cast<void>(t.lease(unit));
    const Extent extent = t.lease(2 * unit);
    Block out{};
    out.fill(0x77);
    const uint64_t last = 2 * unit - 512;
    t.disk.ends_when_polled = false;
    const AccessTicket write = t.access(Access::Kind::write, extent, last, out).value();
    out.fill(0); // copied at the start: the holder's buffer is not looked at any more
    EXPECT_NE(write.number, 0u);
    EXPECT_EQ(t.resource.poll_access(write).error().code, ErrorCode::busy);
    EXPECT_EQ(t.resource.in_flight(extent), 1u);
    EXPECT_EQ(t.resource.in_flight({0, 1}), 0u);
    t.disk.finish_all();
    EXPECT_TRUE(t.resource.poll_access(write).is_ok());
    EXPECT_EQ(t.resource.poll_access(write).error().code, ErrorCode::not_found);
    EXPECT_EQ(std::ranges::count(t.disk.medium, 0x77), 512);
    const uint64_t at = first_sector * 512 + extent.first_unit * unit + last;
    EXPECT_EQ(t.disk.medium[at], 0x77);

    Block in{};
    const AccessTicket read = t.access(Access::Kind::read, extent, last, in).value();
    t.disk.finish_all();
    EXPECT_EQ(in[0], 0); // handed over by the poll, not by the device
    EXPECT_TRUE(t.resource.poll_access(read).is_ok());
    EXPECT_EQ(std::ranges::count(in, 0x77), 512);
}

TEST(BlockResource, Accesses_that_are_not_whole_blocks_inside_the_extent_are_refused) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(unit);
    std::array<uint8_t, 2048> bytes{};
    const MutableBytes all{bytes};
    struct Case {
        uint64_t offset;
        size_t length;
        ErrorCode code;
        Field field;
    };
    const Case cases[] = {
        {0, 0, ErrorCode::invalid_argument, Field::length},
        {0, 511, ErrorCode::invalid_argument, Field::length},
        {0, 513, ErrorCode::invalid_argument, Field::length},
        {1, 512, ErrorCode::invalid_argument, Field::offset},
        {unit - 512, 1024, ErrorCode::capacity_exceeded, Field::length},
        {unit, 512, ErrorCode::capacity_exceeded, Field::length},
        {unit + 512, 512, ErrorCode::capacity_exceeded, Field::offset},
        {UINT64_MAX, 512, ErrorCode::capacity_exceeded, Field::offset},
        {0, 1536, ErrorCode::invalid_argument, Field::length}, // longer than a bounce buffer
    };
    const uint32_t writes = t.disk.write_count;
    for (const Case& c : cases) {
        for (const Access::Kind kind : {Access::Kind::read, Access::Kind::write}) {
            const Error error = t.access(kind, extent, c.offset, all.first(c.length)).error();
            EXPECT_EQ(error.code, c.code);
            EXPECT_EQ(error.field, c.field);
        }
    }
    EXPECT_EQ(t.resource.access_bytes_max(), 1024u);
    EXPECT_TRUE(t.access(Access::Kind::write, extent, 0, all.first(1024)).is_ok());
    EXPECT_EQ(t.disk.write_count, writes + 1);
    EXPECT_ASSERTION(t.access(Access::Kind::read, {5, 1}, 0, all.first(512))); // not leased
}

TEST(BlockResource, No_more_accesses_in_flight_than_slots_and_a_refusal_of_the_disk_is_io) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(unit);
    Block bytes{};
    t.disk.ends_when_polled = false;
    AccessTicket tickets[3];
    for (AccessTicket& ticket : tickets) {
        ticket = t.access(Access::Kind::write, extent, 0, bytes).value();
    }
    const Error busy = t.access(Access::Kind::write, extent, 0, bytes).error();
    EXPECT_EQ(busy.code, ErrorCode::busy);
    EXPECT_EQ(t.resource.in_flight(extent), 3u);
    t.disk.finish_all();
    EXPECT_EQ(t.resource.in_flight(extent), 0u); // done, though nobody has asked yet
    EXPECT_EQ(t.access(Access::Kind::write, extent, 0, bytes).error().code, ErrorCode::busy);
    for (const AccessTicket ticket : tickets) {
        EXPECT_TRUE(t.resource.poll_access(ticket).is_ok());
    }

    t.disk.ends_when_polled = true;
    t.disk.bad_sector = first_sector;
    const AccessTicket bad = t.access(Access::Kind::write, extent, 0, bytes).value();
    const Error error = t.resource.poll_access(bad).error();
    EXPECT_EQ(error.code, ErrorCode::io);
    EXPECT_EQ(error.value, Disk::device_value);
    t.disk.refuses_start = true;
    EXPECT_EQ(t.access(Access::Kind::write, extent, 0, bytes).error().code, ErrorCode::io);
    EXPECT_EQ(t.resource.in_flight(extent), 0u);
    EXPECT_EQ(t.resource.poll_access({999}).error().code, ErrorCode::not_found);
    EXPECT_EQ(t.resource.poll_access({0}).error().code, ErrorCode::not_found);
}

TEST(BlockResource,
     Peers_row_12_an_access_that_outlives_its_lease_hands_nothing_over_and_frees_its_slot) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(unit);
    Block secret{};
    secret.fill(0x5e);
    const AccessTicket write = t.access(Access::Kind::write, extent, 0, secret).value();
    EXPECT_TRUE(t.resource.poll_access(write).is_ok());
    t.disk.ends_when_polled = false;
    Block in{};
    const AccessTicket read = t.access(Access::Kind::read, extent, 0, in).value();
    t.end(extent);
    EXPECT_EQ(t.resource.in_flight(extent), 1u); // still draining
    EXPECT_ASSERTION(t.resource.begin_wipe(extent));
    t.disk.finish_all();
    EXPECT_EQ(t.resource.in_flight(extent), 0u);
    EXPECT_TRUE(t.resource.poll_access(read).is_ok()); // the lessor answers with the lease's end
    EXPECT_TRUE(is_all_zero(in));

    // A holder that never asks again does not use up the slots.
    const Extent next = t.lease(unit);
    for (int round = 0; round < 3; ++round) {
        static_cast<void>(t.access(Access::Kind::read, next, 0, in).value());
    }
    t.end(next);
    t.disk.finish_all();
    const Extent other = t.lease(unit);
    t.disk.ends_when_polled = true;
    for (int round = 0; round < 9; ++round) {
        const AccessTicket ticket = t.access(Access::Kind::read, other, 0, in).value();
        EXPECT_TRUE(t.resource.poll_access(ticket).is_ok());
    }
}

TEST(BlockResource, A_wipe_keeps_several_writes_in_flight_and_none_longer_than_its_budget) {
    for (const uint64_t budget :
         {uint64_t{1}, uint64_t{512}, uint64_t{1024}, 2 * unit, UINT64_MAX}) {
        Bench t;
        t.clean_all();
        const Extent extent = t.lease(2 * unit);
        t.end(extent);
        std::ranges::fill(MutableBytes{t.disk.medium}.subspan(first_sector * 512, 2 * unit), 0x5e);
        t.disk.most_in_flight = 0;
        t.disk.write_count = t.disk.flush_count = 0;
        EXPECT_TRUE(t.wipe(extent, budget).is_ok());
        EXPECT_TRUE(t.area_is_zero());
        EXPECT_EQ(t.disk.flush_count, 1u);
        EXPECT_GE(t.disk.write_count, 16u / t.disk.transfer_sectors);
        EXPECT_LE(t.disk.most_in_flight, BlockResource::wipes_in_flight_max);
        EXPECT_EQ(t.disk.most_in_flight > 1, budget > 4 * 512);
        EXPECT_EQ(t.disk.in_flight(), 0u);
    }
}

TEST(BlockResource, Peers_row_10_a_refused_wipe_is_io_once_nothing_of_it_is_in_flight_any_more) {
    for (uint64_t bad = first_sector; bad < first_sector + 16; ++bad) {
        Bench t;
        t.clean_all();
        const Extent extent = t.lease(2 * unit);
        t.end(extent);
        t.disk.bad_sector = bad;
        const Error error = t.wipe(extent).error();
        EXPECT_EQ(error.code, ErrorCode::io);
        EXPECT_EQ(error.value, Disk::device_value);
        EXPECT_EQ(t.disk.in_flight(), 0u);
        EXPECT_FALSE(t.resource.is_wiping());
        t.resource.move_units(extent, UnitState::tearing, UnitState::fenced, {5});
        EXPECT_EQ(t.resource.prepare(7 * unit).error().code, ErrorCode::capacity_exceeded);

        t.disk.bad_sector = UINT64_MAX; // the operator has changed the cable, and clears
        t.resource.move_units(extent, UnitState::fenced, UnitState::tearing, {});
        EXPECT_TRUE(t.wipe(extent).is_ok());
        EXPECT_TRUE(t.area_is_zero());
    }
}

TEST(BlockResource, A_flush_of_a_holder_is_an_access_without_bytes) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(unit);
    t.disk.ends_when_polled = false;
    const uint32_t before = t.disk.flush_count;
    const AccessTicket flush = t.access(Access::Kind::flush, extent, 0, {}).value();
    EXPECT_EQ(t.disk.flush_count, before + 1);
    EXPECT_EQ(t.resource.in_flight(extent), 1u);
    EXPECT_EQ(t.resource.poll_access(flush).error().code, ErrorCode::busy);
    t.disk.finish_all();
    EXPECT_TRUE(t.resource.poll_access(flush).is_ok());
    EXPECT_EQ(t.resource.in_flight(extent), 0u);
    Block some{};
    EXPECT_EQ(t.access(Access::Kind::flush, extent, 0, some).error(),
              (Error{ErrorCode::invalid_argument, Field::length, 512, 0}));
    t.disk.ends_when_polled = true;
    t.disk.refuses_flush = true;
    const AccessTicket refused = t.access(Access::Kind::flush, extent, 0, {}).value();
    EXPECT_EQ(t.resource.poll_access(refused).error().code, ErrorCode::io);
}

TEST(BlockResource, A_refused_flush_or_start_fails_the_wipe_too) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(unit);
    t.end(extent);
    t.disk.refuses_flush = true;
    EXPECT_EQ(t.wipe(extent).error().code, ErrorCode::io);
    t.disk.refuses_flush = false;
    t.disk.refuses_start = true;
    EXPECT_EQ(t.wipe(extent).error().code, ErrorCode::io);
    t.disk.refuses_start = false;
    EXPECT_TRUE(t.wipe(extent).is_ok());
    EXPECT_ASSERTION(t.resource.wipe_step(512));
}

TEST(BlockResource, A_device_reset_ends_the_accesses_and_starts_the_wipe_again) {
    Bench t;
    t.clean_all();
    const Extent held = t.lease(unit);
    const Extent ended = t.lease(2 * unit);
    t.end(ended);
    std::ranges::fill(MutableBytes{t.disk.medium}.subspan(first_sector * 512 + unit, 2 * unit),
                      0x5e);
    Block bytes{};
    t.disk.ends_when_polled = false;
    const AccessTicket ticket = t.access(Access::Kind::read, held, 0, bytes).value();
    t.resource.begin_wipe(ended);
    EXPECT_EQ(t.resource.wipe_step(unit).value(), Step::more);
    EXPECT_EQ(t.resource.wipe_step(unit).value(), Step::more);
    EXPECT_TRUE(t.disk.reset().is_ok()); // what was in flight never reached the medium
    t.resource.on_device_reset();
    EXPECT_EQ(t.resource.in_flight(held), 0u);
    EXPECT_EQ(t.resource.poll_access(ticket).error().code, ErrorCode::io);
    EXPECT_TRUE(t.resource.is_wiping());
    t.disk.ends_when_polled = true;
    while (t.resource.wipe_step(8 * unit).value() == Step::more) {}
    EXPECT_TRUE(t.area_is_zero());
}

TEST(BlockResource, A_disk_without_room_for_more_operations_only_delays_a_wipe) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(2 * unit);
    t.end(extent);
    t.disk.ends_when_polled = false;
    hal::BlockTicket others[Disk::in_flight_max];
    for (hal::BlockTicket& other : others) {
        other = t.disk.start_flush().value();
    }
    t.resource.begin_wipe(extent);
    EXPECT_EQ(t.resource.wipe_step(unit).value(), Step::more);
    t.disk.finish_all();
    for (const hal::BlockTicket other : others) {
        EXPECT_TRUE(t.disk.poll(other).is_ok());
    }
    t.disk.ends_when_polled = true;
    while (t.resource.wipe_step(unit).value() == Step::more) {}
    EXPECT_TRUE(t.area_is_zero());
}

} // namespace
} // namespace grafos::lease
