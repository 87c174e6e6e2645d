// SPDX-License-Identifier: Apache-2.0
/// The test of the template, to be copied with it. Step 5: seeds, and faults.
#include "examples/emulation/template/assembly.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::ring {
namespace {

/// Everything until the verdict; asserts that there is one.
void run(Ring& ring) {
    ASSERT_TRUE(ring.start().is_ok());
    for (size_t i = 0; !ring.is_over(); ++i) {
        ASSERT_LT(i, 100'000u) << "it never ends";
        static_cast<void>(ring.system().tick(ring.system().next_deadline()));
    }
}

TEST(RingTemplate, Every_hop_is_seen_on_a_hundred_seeds_in_rings_of_every_size) {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE(seed);
        Ring ring{{.seed = seed, .stations = 1 + seed % stations_max, .hops = seed % 20}};
        run(ring);
        EXPECT_EQ(ring.watcher().seen(), seed % 20 + 1);
        EXPECT_TRUE(ring.watcher().is_good());
        EXPECT_EQ(ring.system().figures().letters, 0u);
    }
}

TEST(RingTemplate, A_lost_token_is_noticed) {
    uint32_t noticed = 0;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        Settings settings{.seed = seed};
        settings.net.loss_permille = 100;
        Ring ring{settings};
        run(ring);
        EXPECT_EQ(ring.watcher().is_good(), ring.system().figures().lost == 0) << seed;
        noticed += ring.watcher().is_good() ? 0u : 1u;
    }
    EXPECT_GT(noticed, 20u);
}

TEST(RingTemplate, A_token_that_the_net_doubles_is_seen_too_often) {
    Settings settings{.hops = 3};
    settings.net.duplicate_permille = 1'000;
    Ring ring{settings};
    run(ring);
    EXPECT_EQ(ring.watcher().seen(), 1u + 2u + 4u + 8u);
}

TEST(RingTemplate, Too_many_stations_are_refused) {
    for (const size_t stations : {size_t{0}, stations_max + 1}) {
        Ring ring{{.stations = stations}};
        EXPECT_EQ(ring.start().error().code, ErrorCode::invalid_argument);
    }
}

} // namespace
} // namespace grafos::ring
