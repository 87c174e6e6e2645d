// SPDX-License-Identifier: Apache-2.0
/// What is looked at after every step of a fabric's scenario, and the sums.
#include "tests/sim/scenario/fabric_scenario.hpp"

namespace grafos::test {

/// Each lease is followed from the moment its holder has it; the two sides are asked separately.
void FabricScenario::watch() noexcept {
    for (size_t machine = 0; machine < machines_count; ++machine) {
        for (size_t index = 0; index < Program::size(); ++index) {
            watch_tenure(machine, index);
        }
    }
    for (Watched& watched : watched_) {
        if (watched.is_used) {
            watch_lease(watched);
        }
    }
}

void FabricScenario::watch_tenure(size_t machine, size_t index) noexcept {
    const Tenure& held = tenure(machine, index);
    if (!held.is_held() && !held.is_ended()) {
        return;
    }
    Watched* free = nullptr;
    for (Watched& watched : watched_) {
        if (watched.is_used && watched.ref == held.lease().lease_ref()) {
            return;
        }
        free = watched.is_used ? free : &watched;
    }
    expect(free != nullptr, "no more leases live than are watched");
    const bool is_new = held.is_held(); // one that has ended was watched to its end
    if (free != nullptr && is_new) {
        const bool is_own = held.plan().home == names[machine];
        *free = Watched{};
        free->is_used = true;
        free->machine = machine;
        free->tenure = index;
        free->home = is_own ? machine : 1 - machine;
        free->ref = held.lease().lease_ref();
    }
}

/// The rule of the whole system: a holder stops before its node ends the lease, each by its own
/// clock, whatever the net does in between.
void FabricScenario::watch_lease(Watched& watched) noexcept {
    const Tenure& held = tenure(watched.machine, watched.tenure);
    const bool is_here =
        (held.is_held() || held.is_ended()) && held.lease().lease_ref() == watched.ref;
    if (!watched.is_over_here && (!is_here || held.is_ended())) {
        watched.is_over_here = true;
        watched.was_refused = is_here;
        watched.refused_at = is_here ? held.refused_at() : Instant{};
        watched.refused_by = is_here ? held.refused_by() : ErrorCode{};
    }
    node::Node& node = world_.machine(watched.home).node();
    if (node.lessor().table().find(watched.ref, node.now()).is_ok()) {
        return;
    }
    expect(watched.is_over_here, "a holder stops before its node ends the lease");
    if (watched.was_refused) {
        expect(watched.refused_by == ErrorCode::lease_expired, "a holder that is cut off expires");
        expect(watched.refused_at < world_.now(), "a holder stops first, by its own clock");
        stopped_ += 1;
    }
    watched.is_used = false;
}

void FabricScenario::run_for(Duration length) noexcept {
    const Instant end = saturating_add(world_.now(), length);
    (void)world_.run_until(length, [&] {
        watch();
        return !verdict_.is_good() || world_.now() >= end;
    });
}

void FabricScenario::want_all(bool is_wanted) noexcept {
    for (std::optional<Program>& program : programs_) {
        for (size_t i = 0; i < Program::size(); ++i) {
            program->tenure(i).is_wanted = is_wanted;
        }
    }
}

void FabricScenario::pause_all(bool is_paused) noexcept {
    for (std::optional<Program>& program : programs_) {
        for (size_t i = 0; i < Program::size(); ++i) {
            program->tenure(i).is_paused = is_paused;
        }
    }
}

bool FabricScenario::is_every(bool (Tenure::*is_so)() const noexcept) noexcept {
    bool all = true;
    for (std::optional<Program>& program : programs_) {
        for (size_t i = 0; i < Program::size(); ++i) {
            all = all && (program->tenure(i).*is_so)();
        }
    }
    return all;
}

uint64_t FabricScenario::renewed() noexcept {
    uint64_t sum = 0;
    for (size_t i = 0; i < machines_count; ++i) {
        sum += world_.machine(i).fabric().figures().renewed;
    }
    return sum;
}

uint64_t FabricScenario::renewals_failed() noexcept {
    uint64_t sum = 0;
    for (size_t i = 0; i < machines_count; ++i) {
        sum += world_.machine(i).fabric().figures().renewals_failed;
    }
    return sum;
}

uint64_t FabricScenario::operations() noexcept {
    uint64_t sum = 0;
    for (std::optional<Program>& program : programs_) {
        for (size_t i = 0; i < Program::size(); ++i) {
            const Tenure::Figures& figures = program->tenure(i).figures();
            sum += figures.reads + figures.writes + figures.exchanges + figures.flushes;
        }
    }
    return sum;
}

FabricOutcome FabricScenario::outcome() noexcept {
    FabricOutcome outcome;
    outcome.is_good = verdict_.is_good();
    outcome.failure = verdict_.failure;
    outcome.failed_at = verdict_.failed_at;
    outcome.ended_at = world_.now();
    outcome.renewed = renewed();
    for (std::optional<Program>& program : programs_) {
        for (size_t i = 0; i < Program::size(); ++i) {
            outcome.ended += program->tenure(i).figures().ended;
        }
    }
    outcome.stopped = stopped_;
    outcome.refused = refused_late_;
    outcome.operations = operations();
    outcome.events = world_.trace().count();
    outcome.trace = world_.trace().head();
    return outcome;
}

} // namespace grafos::test
