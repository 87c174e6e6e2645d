// SPDX-License-Identifier: Apache-2.0
/// What every test of an oracle begins with: one node, booted, and a lease or two.
#pragma once

#include "tests/sim/oracles/hand_made.hpp"
#include "tests/support/ram_block_device.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {

using Info = lease::ResourceInfo;
using What = ProgramEvent::What;

inline constexpr auto granted = LoggedKind::granted;
inline constexpr auto renewed = LoggedKind::renewed;
inline constexpr auto released = LoggedKind::released;
inline constexpr auto expired = LoggedKind::expired;
inline constexpr auto fenced = LoggedKind::fenced;
inline constexpr auto cleared = LoggedKind::cleared;

/// One node, booted; whatever is said of lease 1 and 2 begins here.
class Oracle_ : public ::testing::Test {
protected:
    Oracle_() { made.boot(); }

    void expect_good() {
        EXPECT_EQ(made.failure(), "") << made.oracle();
        EXPECT_GT(made.oracles().checks(), 20u);
    }
    void expect_bad(const char* oracle, const char* failure) {
        EXPECT_EQ(made.oracle(), oracle);
        EXPECT_EQ(made.failure(), failure);
    }
    /// Granted at node time 9, so over at 1,009.
    void hold(const HandRecord& record) {
        made.begin(10);
        made.grant(record);
        made.end();
    }
    void hold_memory() { hold(memory); }
    void hold_blocks() { hold(blocks); }
    /// A turn that ends it, at `raw`.
    void end(const HandRecord& record, LoggedKind kind, uint64_t raw) {
        made.begin(raw);
        made.finish(record, kind);
        made.end();
    }
    void wiped(size_t resource) { made.move(resource, &Info::tearing, &Info::free); }

    HandMade made;
    HandRecord memory{.lease = 1, .unit = 2, .epoch = 5};
    HandRecord blocks{.lease = 1, .is_block = true, .unit = 2, .epoch = 5};
};

} // namespace grafos::test
