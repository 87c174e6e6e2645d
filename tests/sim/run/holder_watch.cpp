// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/holder_watch.hpp"

namespace grafos::test {

uint64_t HolderWatch::clock_faults() noexcept {
    uint64_t sum = 0;
    for (std::optional<SimMachine>& each : world_.machines()) {
        sum += each->fault_count(MachineFault::clock_step) +
               each->fault_count(MachineFault::clock_stall);
        const SimClock& clock = each->setup().clock; // one that began before counts too
        sum += world_.now() <= saturating_add(clock.stall_from, clock.stall_length) ? 1u : 0u;
    }
    return sum;
}

uint64_t HolderWatch::sleeps_of(size_t machine) noexcept {
    const SimMachine& of = world_.machine(machine);
    return of.fault_count(MachineFault::pause) + of.fault_count(MachineFault::long_turn);
}

void HolderWatch::look() noexcept {
    for (size_t i = 0; i < households_.size(); ++i) {
        for (size_t t = 0; t < households_[i]->size(); ++t) {
            look_at_tenure(i, t);
        }
    }
    for (Watched& watched : watched_) {
        if (watched.is_used) {
            look_at_lease(watched);
        }
    }
}

void HolderWatch::look_at_tenure(size_t machine, size_t index) noexcept {
    const Tenure& held = households_[machine]->tenure(index);
    const size_t home = held.plan().home_number;
    if (held.is_away()) {
        before_[machine][index] = {clock_faults(), world_.machine(home).boots()};
    }
    if (!held.is_held()) {
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
    if (free == nullptr) {
        return;
    }
    *free = {.is_used = true,
             .holder = machine,
             .tenure = index,
             .home = home,
             .ref = held.lease().lease_ref(),
             .before = before_[machine][index],
             .sleeps = sleeps_of(machine)};
}

bool HolderWatch::is_excused(const Watched& watched) noexcept {
    const SimMachine& home = world_.machine(watched.home);
    return !home.is_on() || home.boots() != watched.before.home_boots ||
           clock_faults() != watched.before.clock_faults;
}

void HolderWatch::look_at_lease(Watched& watched) noexcept {
    const Tenure& held = households_[watched.holder]->tenure(watched.tenure);
    const bool is_here = held.is_held() && held.lease().lease_ref() == watched.ref;
    if (!watched.is_over_here && !is_here) {
        watched.is_over_here = true;
    }
    if (!watched.is_excused && is_excused(watched)) {
        excused_ += 1;
        watched.is_excused = true;
    }
    if (watched.is_excused) {
        watched.is_used = is_here; // or it would be watched anew
        return;
    }
    if (watched.ended_at == Instant{}) {
        node::Node& node = world_.machine(watched.home).node();
        if (node.lessor().table().find(watched.ref, node.now()).is_ok()) {
            return;
        }
        note_end(watched);
    }
    if (watched.is_over_here) {
        watched.is_used = false;
        return;
    }
    // It slept through the end: its next turn finds that out before anything else.
    expect(world_.machine(watched.holder).turn_began() <= watched.ended_at,
           "a holder that slept through the end of its lease stops in its next turn");
}

void HolderWatch::note_end(Watched& watched) noexcept {
    checks_ += 1;
    watched.ended_at = world_.now();
    if (watched.is_over_here) {
        stopped_first_ += 1;
        return;
    }
    const SimMachine& holder = world_.machine(watched.holder);
    const bool is_asleep =
        holder.is_in_turn() || holder.is_paused(); // maybe since before it had it
    expect(is_asleep || sleeps_of(watched.holder) != watched.sleeps,
           "a holder stops before its node ends the lease");
    resumed_late_ += 1;
}

} // namespace grafos::test
