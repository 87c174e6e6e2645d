// SPDX-License-Identifier: Apache-2.0
/// The test of a program of the fabric, on the machine it is written on.
///
/// `turnstile.hpp` is the program, with a bug; `turnstile_fixed.hpp` the same without. Both run
/// here as they would on a board: on a fabric, and a pump that is turned.
#include <cstdio>
#include <string_view>

#include "examples/host_test/turnstile.hpp"
#include "examples/host_test/turnstile_fixed.hpp"
#include "tests/testkit/testkit.hpp"

using namespace grafos;
using testkit::Outcome;

namespace {

constexpr uint64_t visitors = 30;
using Count = Result<uint64_t> (*)(uint64_t, fabric::Fabric&, fabric::Pump&);

/// Whatever happens on the way: in the end the counter says how many came, and nothing is left.
Outcome counts_right(testkit::SimFabric& fabric, Count count) {
    uint64_t counted = 0;
    const testkit::Program& program = fabric.run("door", [&](testkit::Node& me) {
        for (;;) {
            const auto result = count(visitors, me.fabric(), me);
            if (result.is_ok()) {
                counted = result.value();
                return;
            }
            me.say("begins anew: " + testkit::text_of(result));
            me.sleep(1_s);
        }
    });
    fabric.advance(20_s); // in the midst of faults
    fabric.heal();
    if (const Outcome ended = testkit::assert_eventually(
            fabric, [&] { return program.is_over(); }, 120_s, "the end of the count");
        !ended) {
        return ended;
    }
    if (counted != visitors) {
        return Outcome::bad(std::to_string(visitors) + " came, and the counter says " +
                            std::to_string(counted));
    }
    return testkit::assert_no_leaked_leases(fabric);
}

} // namespace

int main(int word_count, char** words) {
    const std::string_view which = word_count == 2 ? words[1] : "";
    if (which != "turnstile" && which != "turnstile_fixed") {
        std::fprintf(stderr, "usage: host_test turnstile | turnstile_fixed\n");
        return 2;
    }
    const Count count = which == "turnstile" ? turnstile::count : turnstile_fixed::count;
    testkit::ExploreOptions options;
    options.fabric.names = {"door", "store"};
    options.seeds = 200;
    const auto found = testkit::explore(
        options, [&](testkit::SimFabric& fabric) { return counts_right(fabric, count); });
    return found ? 0 : 1;
}
