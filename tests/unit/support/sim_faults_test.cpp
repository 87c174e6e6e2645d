// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sim_faults.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

TEST(SimFaults, Every_kind_has_a_name_that_leads_back_to_it) {
    for (size_t i = 0; i < fault_kind_count; ++i) {
        const FaultKind kind = fault_kind_at(i);
        EXPECT_TRUE(is_known_fault(name_of(kind)));
        const Result<FaultKind> found = fault_of(name_of(kind));
        ASSERT_TRUE(found.is_ok()) << i;
        EXPECT_TRUE(found.value() == kind) << i;
    }
}

TEST(SimFaults, Another_name_is_refused_and_the_known_ones_can_be_said) {
    for (const std::string_view text : {"", "losS", "los", "losss", "all", "loss ", "crash,"}) {
        EXPECT_FALSE(is_known_fault(text));
        const Result<FaultKind> found = fault_of(text);
        ASSERT_FALSE(found.is_ok());
        EXPECT_TRUE(found.error() ==
                    (Error{ErrorCode::not_found, Field::name, 0, fault_kind_count}));
    }
    std::array<char, 512> buffer;
    TextWriter line{buffer};
    put_fault_names(line);
    EXPECT_FALSE(line.is_cut());
    const Result<FaultKind> first = fault_of({buffer.data(), 4});
    EXPECT_TRUE(first.is_ok() && first.value() == FaultKind::loss);
}

TEST(SimFaults, A_list_is_read_and_the_place_of_what_is_unknown_is_told) {
    const Result<FaultSet> two = faults_of("crash,loss");
    ASSERT_TRUE(two.is_ok());
    EXPECT_TRUE(two.value().has(FaultKind::crash) && two.value().has(FaultKind::loss));
    EXPECT_FALSE(two.value().has(FaultKind::pause));
    EXPECT_TRUE(faults_of("all").value() == FaultSet::all());
    EXPECT_TRUE(faults_of("none").value().is_empty());
    EXPECT_EQ(faults_of("crash,nothing,loss").error().value, 6u);
    EXPECT_EQ(faults_of("loss,").error().value, 5u);
    EXPECT_FALSE(faults_of("").is_ok());
}

TEST(SimFaults, A_seed_is_the_whole_draw_and_each_kind_is_on_in_about_half_of_them) {
    constexpr uint64_t seeds = 400;
    std::array<uint64_t, fault_kind_count> on{};
    std::array<std::array<uint64_t, fault_kind_count>, fault_kind_count> both{};
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        const SimFaults drawn = draw_faults(seed);
        EXPECT_TRUE(drawn.permille == draw_faults(seed).permille);
        ASSERT_TRUE(drawn.check().is_ok()) << seed;
        for (size_t i = 0; i < fault_kind_count; ++i) {
            on[i] += drawn.has(fault_kind_at(i)) ? 1u : 0u;
            for (size_t j = 0; j < fault_kind_count; ++j) {
                const bool is_both = drawn.has(fault_kind_at(i)) && drawn.has(fault_kind_at(j));
                both[i][j] += is_both ? 1u : 0u;
            }
        }
    }
    for (size_t i = 0; i < fault_kind_count; ++i) {
        EXPECT_GT(on[i], seeds * 4 / 10) << i;
        EXPECT_LT(on[i], seeds * 6 / 10) << i;
        for (size_t j = 0; j < i; ++j) {
            EXPECT_GT(both[i][j], seeds / 8) << i << " with " << j;
            EXPECT_LT(both[i][j], on[i]) << i << " without " << j;
        }
    }
}

TEST(SimFaults, What_is_not_wanted_is_switched_off_and_the_rest_stays) {
    SimFaults faults = draw_faults(1);
    const SimFaults before = faults;
    FaultSet wanted;
    wanted.add(FaultKind::loss);
    wanted.add(FaultKind::crash);
    faults.keep(wanted);
    for (size_t i = 0; i < fault_kind_count; ++i) {
        const FaultKind kind = fault_kind_at(i);
        EXPECT_EQ(faults.rate_of(kind), wanted.has(kind) ? before.rate_of(kind) : 0u) << i;
        EXPECT_EQ(faults.kinds().has(kind), faults.has(kind)) << i;
    }
}

TEST(SimFaults, A_rate_beyond_all_or_a_bound_out_of_range_is_refused) {
    SimFaults faults;
    EXPECT_TRUE(faults.check().is_ok());
    faults.pause_most = Duration{0};
    EXPECT_TRUE(faults.check().is_ok()) << "off: its bound says nothing";
    faults.set(FaultKind::pause, 1);
    EXPECT_TRUE(faults.check().error() ==
                (Error{ErrorCode::invalid_argument, Field::length, 0, 60'000}));
    faults.pause_most = Duration{60'001};
    EXPECT_FALSE(faults.check().is_ok());
    faults.pause_most = Duration{60'000};
    EXPECT_TRUE(faults.check().is_ok());
    faults.set(FaultKind::clog, 1'001);
    EXPECT_TRUE(faults.check().error() == (Error{ErrorCode::invalid_argument, Field::argument,
                                                 static_cast<uint64_t>(FaultKind::clog), 1'000}));
}

} // namespace
} // namespace grafos::test
