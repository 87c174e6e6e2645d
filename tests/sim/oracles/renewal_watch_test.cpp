// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/renewal_watch.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

/// Each of `count` programs is granted a lease of 4 s, and renews it after `first + i * step`.
bool is_good(uint32_t count, uint64_t first, uint64_t step) {
    Findings findings;
    RenewalWatch watch{findings};
    for (uint32_t i = 0; i < count; ++i) {
        ProgramEvent event{.what = ProgramEvent::What::granted, .program = i};
        event.ref.bytes[0] = static_cast<uint8_t>(i + 1);
        event.ttl = Duration{4'000};
        watch.on_program(event, Instant{1'000});
        event.what = ProgramEvent::What::renewed;
        watch.on_program(event, Instant{1'000 + first + i * step});
        watch.on_program(event, Instant{90'000}); // a later one says nothing
    }
    watch.finish();
    return findings.verdict().is_good();
}

TEST(RenewalWatch, Lives_that_are_renewed_apart_are_good) {
    EXPECT_TRUE(is_good(12, 2'600, 60));
}

TEST(RenewalWatch, Lives_that_are_renewed_together_are_found) {
    EXPECT_FALSE(is_good(12, 2'930, 1));
}

TEST(RenewalWatch, A_few_of_them_say_nothing) {
    EXPECT_TRUE(is_good(RenewalWatch::renewals_least - 1, 2'930, 0));
}

} // namespace
} // namespace grafos::test
