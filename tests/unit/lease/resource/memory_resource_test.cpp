// SPDX-License-Identifier: Apache-2.0
#include "core/lease/resource/memory_resource.hpp"

#include <algorithm>
#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr uint64_t page = MemoryResource::unit_bytes_min;
constexpr uint64_t page_count = 16;
alignas(64) std::array<uint8_t, page * page_count> ram;

/// Sixteen units that nobody has wiped yet, full of an earlier boot's bytes.
struct Bench {
    Bench() {
        ram.fill(0xa5);
        EXPECT_TRUE(resource.start().is_ok());
    }
    void wipe(Extent extent, uint64_t budget = page) {
        resource.begin_wipe(extent);
        while (true) {
            const Step step = resource.wipe_step(budget).value();
            if (step == Step::done) {
                return;
            }
        }
    }
    /// Dirty → free, as a boot does.
    void clean_all() {
        const Extent all{0, page_count};
        resource.move_units(all, UnitState::dirty, UnitState::tearing, {});
        wipe(all);
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

    MemoryResourceOf<page_count> resource{ResourceId{{1}}, ram};
};

TEST(MemoryResource, The_unit_is_the_least_power_of_two_that_needs_no_more_units_than_there_are) {
    EXPECT_EQ(MemoryResource::unit_bytes_for(page * 16, 16), page);
    EXPECT_EQ(MemoryResource::unit_bytes_for(page * 17, 16), 2 * page);
    EXPECT_EQ(MemoryResource::unit_bytes_for(page * 16, 1000), page);
    EXPECT_EQ(MemoryResource::unit_bytes_for(uint64_t{200} << 20, 256), uint64_t{1} << 20);
    EXPECT_EQ(MemoryResource::unit_bytes_for(uint64_t{200} << 20, 16'384), uint64_t{16} << 10);
    EXPECT_EQ(MemoryResource::unit_bytes_for(UINT64_MAX, 1), uint64_t{1} << 63);
}

TEST(MemoryResource, A_64_MiB_lease_is_found_in_a_200_MiB_span) {
    // The span is only counted here, never touched.
    MemoryResourceOf<256> resource{ResourceId{}, {ram.data(), size_t{200} << 20}};
    ASSERT_TRUE(resource.start().is_ok());
    resource.move_units({0, 200}, UnitState::dirty, UnitState::free, {});
    const Extent extent = resource.prepare(uint64_t{64} << 20).value();
    EXPECT_EQ(extent.unit_count * resource.info().unit_bytes, uint64_t{64} << 20);
    EXPECT_EQ(resource.prepare(uint64_t{201} << 20).error().expected, uint64_t{200} << 20);
}

TEST(MemoryResource, A_span_smaller_than_one_unit_is_refused) {
    MemoryResourceOf<4> resource{ResourceId{}, std::span<uint8_t>{ram}.first(page - 1)};
    const Error error = resource.start().error();
    EXPECT_EQ(error, (Error{ErrorCode::invalid_argument, Field::memory, page - 1, page}));
}

TEST(MemoryResource, A_span_whose_words_are_not_aligned_is_refused) {
    for (size_t skew = 1; skew < 8; ++skew) {
        MemoryResourceOf<4> resource{ResourceId{}, std::span<uint8_t>{ram}.subspan(skew, page)};
        const Error error = resource.start().error();
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_EQ(error.field, Field::memory);
        EXPECT_EQ(error.expected, 8u);
    }
}

TEST(MemoryResource, Leased_bytes_can_be_touched_where_they_lie) {
    Bench t;
    t.clean_all();
    static_cast<void>(t.lease(page));
    const Extent extent = t.lease(2 * page);
    const MutableBytes bytes = t.resource.direct_bytes(extent);
    EXPECT_EQ(bytes.size(), 2 * page);
    EXPECT_TRUE(bytes.data() == ram.data() + extent.first_unit * page);
    t.end(extent);
    EXPECT_ASSERTION(static_cast<void>(t.resource.direct_bytes(extent)));
    EXPECT_TRUE(t.access(Access::Kind::flush, t.lease(page), 0, {}).is_ok());
}

TEST(MemoryResource, Nothing_is_offered_before_this_boot_has_zeroed_it) {
    Bench t;
    ResourceInfo info = t.resource.info();
    EXPECT_EQ(info.dirty, page_count);
    EXPECT_EQ(info.free, 0u);
    EXPECT_EQ(t.resource.prepare(1).error(),
              (Error{ErrorCode::capacity_exceeded, Field::amount, 1, 0}));
    t.clean_all();
    info = t.resource.info();
    EXPECT_EQ(info.free, page_count);
    EXPECT_TRUE(is_all_zero(ram));
    EXPECT_EQ(info.kind, ResourceKind::memory);
    EXPECT_EQ(info.unit_bytes, page);
    EXPECT_EQ(info.unit_count, page_count);
    EXPECT_TRUE(info.id == ResourceId{{1}});
}

TEST(MemoryResource, An_amount_is_rounded_up_to_units_and_0_or_too_much_is_refused) {
    Bench t;
    t.clean_all();
    EXPECT_EQ(t.resource.prepare(0).error(),
              (Error{ErrorCode::invalid_argument, Field::amount, 0, 1}));
    EXPECT_EQ(t.resource.prepare(1).value().unit_count, 1u);
    EXPECT_EQ(t.resource.prepare(page).value().unit_count, 1u);
    EXPECT_EQ(t.resource.prepare(page + 1).value().unit_count, 2u);
    EXPECT_EQ(t.resource.prepare(page * page_count).value().unit_count, page_count);
    const uint64_t all = page * page_count;
    EXPECT_EQ(t.resource.prepare(all + 1).error(),
              (Error{ErrorCode::capacity_exceeded, Field::amount, all + 1, all}));
    EXPECT_EQ(t.resource.prepare(UINT64_MAX).error().code, ErrorCode::capacity_exceeded);
}

TEST(MemoryResource, What_was_written_is_read_back_and_stays_inside_its_extent) {
    Bench t;
    t.clean_all();
    static_cast<void>(t.lease(page));
    const Extent extent = t.lease(2 * page);
    std::array<uint8_t, 100> out{};
    out.fill(7);
    const uint64_t last = 2 * page - out.size();
    EXPECT_EQ(t.access(Access::Kind::write, extent, last, out).value().number, 0u);
    EXPECT_TRUE(t.resource.poll_access({0}).is_ok());
    std::array<uint8_t, 100> in{};
    EXPECT_TRUE(t.access(Access::Kind::read, extent, last, in).is_ok());
    EXPECT_TRUE(in == out);
    const auto changed = std::ranges::count(ram, 7);
    EXPECT_EQ(changed, 100);
    EXPECT_EQ(ram[(extent.first_unit + 2) * page - 1], 7);
}

TEST(MemoryResource, An_access_outside_its_extent_is_refused_and_touches_nothing) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(page);
    std::array<uint8_t, 8> bytes{1, 2, 3};
    const uint64_t offsets[] = {page - 7, page, page + 1, UINT64_MAX, UINT64_MAX - 7};
    for (const uint64_t offset : offsets) {
        const Error error = t.access(Access::Kind::write, extent, offset, bytes).error();
        EXPECT_EQ(error.code, ErrorCode::capacity_exceeded);
        EXPECT_EQ(error.field, offset > page ? Field::offset : Field::length);
        EXPECT_EQ(t.access(Access::Kind::read, extent, offset, bytes).error().code,
                  ErrorCode::capacity_exceeded);
    }
    EXPECT_TRUE(is_all_zero(ram));
    EXPECT_TRUE(t.access(Access::Kind::write, extent, page - 8, bytes).is_ok());
    EXPECT_TRUE(t.access(Access::Kind::read, extent, page, {}).is_ok());
    EXPECT_EQ(t.resource.poll_access({5}).error().code, ErrorCode::not_found);
    EXPECT_ASSERTION(t.access(Access::Kind::read, {8, 1}, 0, bytes)); // not leased
    EXPECT_ASSERTION(t.access(Access::Kind::read, {0, 0}, 0, bytes));
}

TEST(MemoryResource, Peers_row_12_memory_is_zeroed_in_slices_before_it_is_leased_again) {
    for (const uint64_t budget : {uint64_t{1}, uint64_t{512}, page, 3 * page, UINT64_MAX}) {
        Bench t;
        t.clean_all();
        const Extent extent = t.lease(3 * page);
        std::array<uint8_t, page> secret{};
        secret.fill(0x5e);
        for (uint64_t unit = 0; unit < 3; ++unit) {
            ASSERT_TRUE(t.access(Access::Kind::write, extent, unit * page, secret).is_ok());
        }
        t.end(extent);
        EXPECT_EQ(t.resource.info().free, page_count - 3); // not available while it is being wiped
        t.resource.begin_wipe(extent);
        EXPECT_TRUE(t.resource.is_wiping());
        uint64_t steps = 1;
        while (t.resource.wipe_step(budget).value() == Step::more) {
            ++steps;
        }
        const uint64_t slice = budget < 512 ? 512 : budget;
        EXPECT_EQ(steps, slice > 3 * page ? 1 : (3 * page + slice - 1) / slice);
        EXPECT_FALSE(t.resource.is_wiping());
        EXPECT_TRUE(is_all_zero(ram)); // no residue, protocol §10.8
    }
}

TEST(MemoryResource, Wiping_one_extent_leaves_its_neighbours_alone) {
    Bench t;
    t.clean_all();
    const Extent a = t.lease(page);
    const Extent b = t.lease(page);
    const Extent c = t.lease(page);
    std::array<uint8_t, page> bytes{};
    bytes.fill(9);
    for (const Extent extent : {a, b, c}) {
        ASSERT_TRUE(t.access(Access::Kind::write, extent, 0, bytes).is_ok());
    }
    t.end(b);
    t.wipe(b, 100);
    EXPECT_EQ(std::ranges::count(ram, 9), static_cast<int64_t>(2 * page));
    EXPECT_TRUE(is_all_zero(Bytes{ram}.subspan(b.first_unit * page, page)));
}

TEST(MemoryResource, Peers_row_10_fenced_units_are_not_offered_until_cleared_and_wiped) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(4 * page);
    t.end(extent);
    t.resource.move_units(extent, UnitState::tearing, UnitState::fenced, {42});
    EXPECT_EQ(t.resource.info().fenced, 4u);
    EXPECT_EQ(t.resource.fence_of(extent.first_unit + 3).value, 42u);
    EXPECT_EQ(t.resource.prepare(13 * page).error().code, ErrorCode::capacity_exceeded);
    EXPECT_TRUE((t.resource.find_run(UnitState::fenced, 0) == extent));
    t.resource.move_units(extent, UnitState::fenced, UnitState::tearing, {});
    EXPECT_EQ(t.resource.prepare(13 * page).error().code, ErrorCode::capacity_exceeded);
    t.wipe(extent);
    t.resource.move_units(extent, UnitState::tearing, UnitState::free, {});
    EXPECT_TRUE(t.resource.prepare(16 * page).is_ok());
}

TEST(MemoryResource,
     Peers_row_12_a_lane_pins_nothing_after_the_end_and_its_last_pin_holds_up_the_wipe) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(2 * page);
    const LaneHandle lane = t.resource.open_lane(extent).value();
    const MutableBytes slice = t.resource.try_pin(lane);
    EXPECT_EQ(slice.size(), 2 * page);
    EXPECT_EQ(slice.data(), &ram[extent.first_unit * page]);
    EXPECT_EQ(t.resource.in_flight(extent), 1u);
    EXPECT_EQ(t.resource.in_flight({extent.first_unit + 2, 3}), 0u);
    t.end(extent);
    EXPECT_TRUE(t.resource.try_pin(lane).empty()); // the live bit is gone
    EXPECT_EQ(t.resource.in_flight(extent), 1u);   // but the pin of before still counts
    EXPECT_ASSERTION(t.resource.begin_wipe(extent));
    t.resource.unpin(lane);
    EXPECT_EQ(t.resource.in_flight(extent), 0u);
    EXPECT_TRUE(t.resource.try_pin(lane).empty());
    t.wipe(extent);
    EXPECT_TRUE(t.resource.try_pin(lane).empty());
    EXPECT_ASSERTION(t.resource.unpin(lane));
}

TEST(MemoryResource, Peers_row_12_a_stale_lane_cannot_pin_the_next_lease_of_the_same_units) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(16 * page);
    const LaneHandle old = t.resource.open_lane(extent).value();
    t.end(extent);
    EXPECT_EQ(t.resource.in_flight(extent), 0u);
    t.wipe(extent);
    t.resource.move_units(extent, UnitState::tearing, UnitState::free, {});
    const Extent again = t.lease(16 * page);
    EXPECT_TRUE(again == extent);
    const LaneHandle lane = t.resource.open_lane(again).value();
    EXPECT_EQ(lane.slot, old.slot);
    EXPECT_TRUE(t.resource.try_pin(old).empty());
    EXPECT_EQ(t.resource.in_flight(again), 0u);
    EXPECT_EQ(t.resource.try_pin(lane).size(), 16 * page);
    EXPECT_EQ(t.resource.in_flight(again), 1u);
    t.resource.unpin(lane);
}

TEST(MemoryResource, No_more_lanes_than_slots_and_several_pins_a_lane) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(page);
    LaneHandle lanes[4];
    for (LaneHandle& lane : lanes) {
        lane = t.resource.open_lane(extent).value();
        static_cast<void>(t.resource.try_pin(lane));
        static_cast<void>(t.resource.try_pin(lane));
    }
    EXPECT_EQ(t.resource.open_lane(extent).error().code, ErrorCode::capacity_exceeded);
    EXPECT_EQ(t.resource.in_flight(extent), 8u);
    t.end(extent);
    for (const LaneHandle& lane : lanes) {
        EXPECT_GT(t.resource.in_flight(extent), 0u);
        t.resource.unpin(lane);
        t.resource.unpin(lane);
    }
    EXPECT_EQ(t.resource.in_flight(extent), 0u);
    EXPECT_ASSERTION(t.resource.open_lane(extent)); // not leased any more
    t.wipe(extent);
}

TEST(MemoryResource, Two_wipes_at_once_or_one_of_units_not_torn_down_are_broken_programs) {
    Bench t;
    t.clean_all();
    const Extent extent = t.lease(2 * page);
    EXPECT_ASSERTION(t.resource.begin_wipe(extent));
    EXPECT_ASSERTION(t.resource.wipe_step(page));
    t.end(extent);
    t.resource.begin_wipe(extent);
    EXPECT_ASSERTION(t.resource.begin_wipe(extent));
    t.resource.on_device_reset(); // memory has no device
    EXPECT_TRUE(t.resource.is_wiping());
}

} // namespace
} // namespace grafos::lease
