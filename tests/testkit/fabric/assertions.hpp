// SPDX-License-Identifier: Apache-2.0
/// What a program of the fabric must stand, as four questions. Each moves time as far as it needs,
/// and answers with an `Outcome` that says what was wrong.
#pragma once

#include <functional>
#include <optional>

#include "tests/testkit/fabric/sim_fabric.hpp"

namespace grafos::testkit {

/// `condition` comes to be in time. `what` names it in the text. Findings: never_came.
Outcome assert_eventually(SimFabric& fabric, const std::function<bool()>& condition,
                          Duration within, const std::string& what = "the condition");

/// Asked when programs have let go of everything: no machine lends anything, and no program's side
/// holds or waits for anything, within the time that releases need. Less than a TTL, so that a
/// lease that only its TTL ends is found. Units that are fenced lend nothing; the text names them.
/// Findings: leaked.
Outcome assert_no_leaked_leases(SimFabric& fabric, Duration within = Duration{1'000});

/// Which lease the program works under just now; none: it looks for one.
using Bound = std::function<std::optional<LeaseRef>()>;

/// The program has a lease; its home ends that (revoked); the program gets another one in time, and
/// keeps it for as long again. Findings: no_lease (none to begin with), never_rebound,
/// let_go_again.
Outcome assert_rebind_converges(SimFabric& fabric, const Bound& program, Duration within);

/// A write of the program under this lease, which is on its way while its home revokes the lease
/// and lends the units anew: it is refused, and says so; the next holder's bytes are untouched; the
/// holder knows that its lease is over. `attempt` is how the program writes (it must not lease
/// anew); left out, eight bytes at the front of the lease. Findings: no_lease, stale_accepted,
/// not_told.
using Attempt = std::function<Result<>(Node&)>;
Outcome assert_stale_epoch_rejected(SimFabric& fabric, size_t holder,
                                    const fabric::HeldLease& lease, const Attempt& attempt);
Outcome assert_stale_epoch_rejected(SimFabric& fabric, size_t holder,
                                    const fabric::MemLease& lease);

} // namespace grafos::testkit
