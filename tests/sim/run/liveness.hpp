// SPDX-License-Identifier: Apache-2.0
/// By when everything must be well again (protocol §10, invariant 10), from what limits it.
///
///     after the last fault of a kind that is on         | at most
///     its effect lasts: a pause, a stall, a late write  | the longest that may be drawn
///     a node that came back degraded is started again   | tries · (delay of the operator + boot)
///     a blank disk: keys drawn alone, all started anew  | 2 boots
///     leases of holders that are gone end               | lease_ttl_max · (1 + 2·rho) + grace
///     and are torn down                                 | teardown_deadline + backlog / budget
///     fences are cleared one by one                     | leases · (2 looks of the operator)
///     programs ask again, and read all that they have   | rests, two requests, a sweep
///
/// `lease_ttl_max` is the longest that these programs ask for; nobody revokes, so grace is 0. A
/// boot replays a log and wipes what is dirty, at worst a sector a turn.
#pragma once

#include "tests/sim/run/plan.hpp"

namespace grafos::test {

/// `leases`: that are wanted at a time.
[[nodiscard]] Duration mending_bound(const SimFaults& faults, size_t leases) noexcept;

} // namespace grafos::test
