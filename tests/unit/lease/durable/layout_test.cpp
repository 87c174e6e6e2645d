// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/layout.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using lease::DiskLayout;
using lease::LayoutOptions;

LayoutOptions options() {
    LayoutOptions options;
    options.group_bytes_max = 4096;
    options.checkpoint_bytes_max = 10'000;
    options.checkpoint_buffer_bytes = 12'288;
    return options;
}
constexpr hal::BlockGeometry geometry{131'072, 256, 8};

TEST(DiskLayout, Areas_follow_one_another_without_a_gap_on_whole_pages) {
    const DiskLayout layout = lease::plan_layout(geometry, options()).value();
    EXPECT_EQ(24u, layout.checkpoint_sectors); // 10,192 bytes take three pages
    EXPECT_EQ(32u, layout.checkpoint_first(0));
    EXPECT_EQ(56u, layout.checkpoint_first(1));
    EXPECT_EQ(80u, layout.log_first());
    EXPECT_EQ(32'768u, layout.log_sectors);
    EXPECT_EQ(80u + 32'768u, layout.data_first());
    EXPECT_EQ(131'072u, layout.data_first() + layout.data_sectors());
    EXPECT_EQ(0u, layout.data_first() % lease::page_sectors);
    EXPECT_TRUE(lease::check_layout(layout).is_ok());
    EXPECT_TRUE(lease::check_fit(layout, geometry, options()).is_ok());
}

TEST(DiskLayout, Copies_lie_at_least_a_page_apart) {
    EXPECT_GE(lease::identity_sector_b - lease::identity_sector_a, lease::page_sectors);
    EXPECT_GE(lease::epitaph_sector - lease::identity_sector_b, lease::page_sectors);
    EXPECT_GE(lease::marker_sector - lease::epitaph_sector, lease::page_sectors);
    for (size_t bytes = 0; bytes < 20'000; bytes += 77) {
        EXPECT_GE(lease::checkpoint_sectors_for(bytes), lease::page_sectors);
        EXPECT_GE(lease::checkpoint_sectors_for(bytes) * hal::sector_bytes, bytes + 192);
        EXPECT_EQ(0u, lease::checkpoint_sectors_for(bytes) % lease::page_sectors);
    }
}

TEST(DiskLayout, Every_place_of_a_group_leaves_room_for_the_longest) {
    const DiskLayout layout = lease::plan_layout(geometry, options()).value();
    for (uint64_t end = 0; end <= layout.log_sectors; ++end) {
        const uint64_t next = layout.group_offset_after(end);
        EXPECT_TRUE(next == end || next == 0);
        EXPECT_LE(next + layout.group_sectors_max, layout.log_sectors);
    }
    EXPECT_EQ(layout.log_sectors - 8, layout.group_offset_after(layout.log_sectors - 8));
    EXPECT_EQ(0u, layout.group_offset_after(layout.log_sectors - 7));
}

TEST(DiskLayout, Disks_of_every_size_are_laid_out_or_refused_but_never_wrong) {
    for (uint64_t sectors = 0; sectors < 3000; ++sectors) {
        for (const uint32_t percent : {1u, 25u, 50u, 90u}) {
            LayoutOptions wish = options();
            wish.log_percent = percent;
            const Result<DiskLayout> layout = lease::plan_layout({sectors, 256, 8}, wish);
            if (layout.is_ok()) {
                EXPECT_TRUE(lease::check_layout(layout.value()).is_ok());
                EXPECT_LE(layout.value().data_first(), sectors);
            } else {
                EXPECT_TRUE(layout.error().field == Field::geometry);
                EXPECT_TRUE(layout.error().code == ErrorCode::capacity_exceeded);
            }
        }
    }
    EXPECT_TRUE(lease::plan_layout({UINT64_MAX / 512, 256, 8}, options()).is_ok());
    EXPECT_TRUE(lease::plan_layout({UINT64_MAX, 256, 8}, options()).error().field ==
                Field::geometry);
}

TEST(DiskLayout, A_group_is_never_longer_than_one_transfer) {
    EXPECT_EQ(4u, lease::plan_layout({131'072, 4, 8}, options()).value().group_sectors_max);
    EXPECT_EQ(8u, lease::plan_layout(geometry, options()).value().group_sectors_max);
    DiskLayout layout = lease::plan_layout(geometry, options()).value();
    EXPECT_TRUE(lease::check_fit(layout, {131'072, 4, 8}, options()).error().field ==
                Field::length);
}

TEST(DiskLayout, Options_that_make_no_sense_are_refused_by_name) {
    const auto field = [](const LayoutOptions& wish) {
        return lease::plan_layout(geometry, wish).error().field;
    };
    LayoutOptions wish = options();
    wish.log_percent = 0;
    EXPECT_TRUE(field(wish) == Field::amount);
    wish.log_percent = 91;
    EXPECT_TRUE(field(wish) == Field::amount);
    wish = options();
    wish.group_bytes_max = 0;
    EXPECT_TRUE(field(wish) == Field::length);
    wish.group_bytes_max = 4095;
    EXPECT_TRUE(field(wish) == Field::length);
    wish = options();
    wish.checkpoint_bytes_max = 17u << 20;
    EXPECT_TRUE(field(wish) == Field::checkpoint);
}

TEST(DiskLayout, A_layout_fits_only_what_is_big_enough) {
    const DiskLayout layout = lease::plan_layout(geometry, options()).value();
    EXPECT_TRUE(lease::check_fit(layout, {131'071, 256, 8}, options()).error().field ==
                Field::geometry);
    EXPECT_TRUE(lease::check_fit(layout, {200'000, 256, 8}, options()).is_ok()); // a disk may grow
    LayoutOptions mine = options();
    mine.group_bytes_max = 2048;
    EXPECT_TRUE(lease::check_fit(layout, geometry, mine).error().field == Field::length);
    mine = options();
    mine.checkpoint_bytes_max = 13'000;
    EXPECT_TRUE(lease::check_fit(layout, geometry, mine).error().field == Field::checkpoint);
    mine = options();
    mine.checkpoint_buffer_bytes = 8192;
    EXPECT_TRUE(lease::check_fit(layout, geometry, mine).error().field == Field::checkpoint);
}

} // namespace
} // namespace grafos::test
