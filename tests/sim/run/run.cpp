// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/run.hpp"

namespace grafos::test {
namespace {

constexpr Duration ttl{4'000};
constexpr Duration own_ttl{3'000};
constexpr Duration patience{90'000};

} // namespace

Run::Run(const RunPlan& plan, std::span<SimDiskImage> images) noexcept
    : plan_{plan}, world_{plan.seed} {
    SimFaults faults = draw_faults(plan.seed);
    faults.keep(plan.faults);
    outcome_.faults = faults.kinds();
    outcome_.nodes = machines_count;
    const int64_t drift =
        faults.has(FaultKind::clock_drift) ? static_cast<int64_t>(faults.drift_ppm_most) : 0;
    for (size_t i = 0; i < machines_count; ++i) {
        world_.add_machine(names[i], {Instant{5'000 + 1'000'000 * i}, i == 0 ? drift : -drift});
        const std::string_view other = names[1 - i];
        const auto who = static_cast<uint32_t>(i);
        const uint32_t far = 1 - who;
        const auto tenures_before = static_cast<uint32_t>(tenures * i);
        const bool is_misled = faults.has(FaultKind::misdirected_write);
        memory_[i].emplace(Tenure::Parts{world_.observers(), verdict_, who, tenures_before},
                           std::array<Tenure::Plan, 2>{{
                               {lease::ResourceKind::memory, other, ttl, far},
                               {lease::ResourceKind::memory, names[i], own_ttl, who},
                           }},
                           world_.choice().next());
        block_[i].emplace(
            Tenure::Parts{world_.observers(), is_misled ? misled_ : verdict_, who,
                          tenures_before + 2},
            std::array<Tenure::Plan, 1>{{{lease::ResourceKind::block, other, ttl, far}}},
            world_.choice().next());
        block_[i]->tenure(0).is_disk_bad =
            faults.has(FaultKind::read_error) || faults.has(FaultKind::write_error) ||
            faults.has(FaultKind::late_write); // what is in flight ends with a reset
        for (size_t t = 0; t < tenures; ++t) {
            tenure(i, t).is_home_forgetful = faults.has(FaultKind::rolled_back_disk);
        }
        block_[i]->tenure(0).is_disk_late = faults.has(FaultKind::late_write);
        world_.machine(i).add(*memory_[i]);
        world_.machine(i).add(*block_[i]);
    }
    driver_.emplace(world_, faults, images, plan.seed ^ 0x6661756c74ull);
}

RunOutcome Run::run() noexcept {
    world_.net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
    expect(world_.boot(), "both nodes become ready");
    want_all(true);
    must_reach(Duration{20'000}, "all leases are had over a calm net",
               [&] { return is_every(&Tenure::is_swept); });
    driver_->begin();
    run_for(plan_.length);
    driver_->heal();
    must_reach(patience, "mended, all leases are had again, and read as zeroes",
               [&] { return driver_->is_whole() && is_every(&Tenure::is_swept); });
    give_back();
    outcome_.verdict = verdict_;
    outcome_.ended_at = world_.now();
    outcome_.steps = world_.steps();
    for (size_t i = 0; i < fault_kind_count; ++i) {
        outcome_.faults_happened += driver_->count(fault_kind_at(i));
    }
    for (size_t i = 0; i < machines_count * tenures; ++i) {
        const Tenure::Figures& figures = tenure(i / tenures, i % tenures).figures();
        outcome_.operations += figures.reads + figures.writes + figures.exchanges + figures.flushes;
        outcome_.acquired += figures.acquired;
        outcome_.overtaken += figures.overtaken;
    }
    outcome_.events = world_.trace().count();
    outcome_.trace = world_.trace().head();
    return outcome_;
}

void Run::give_back() noexcept {
    want_all(false);
    must_reach(patience, "everything is given back, wiped, told and durable", [&] {
        bool is_over = driver_->is_whole() && is_every(&Tenure::is_away);
        for (size_t i = 0; i < machines_count && is_over; ++i) {
            SimMachine& machine = world_.machine(i);
            is_over = machine.fabric().count() == 0 && machine.is_idle();
        }
        return is_over;
    });
    for (size_t i = 0; i < machines_count; ++i) {
        expect(world_.machine(i).disk().buffer_violations() == 0, "a lent buffer is left alone");
    }
}

void Run::describe(TextWriter& out) noexcept {
    for (size_t i = 0; i < machines_count; ++i) {
        SimMachine& machine = world_.machine(i);
        out.put(i == 0 ? "" : "; ").put(names[i]);
        if (!machine.is_on()) {
            out.put(" is off");
            continue;
        }
        out.put(" readiness ").put(static_cast<uint64_t>(machine.node().readiness()));
        out.put(machine.is_paused() ? ", paused" : "");
        for (const lease::Resource* const resource : machine.node().lessor().resources()) {
            const lease::ResourceInfo info = resource->info();
            out.put(", units ").put(info.unit_count).put(" free ").put(info.free);
            out.put(" leased ").put(info.leased).put(" fenced ").put(info.fenced);
            out.put(" dirty ").put(info.dirty);
        }
        for (size_t t = 0; t < tenures; ++t) {
            const Tenure& each = tenure(i, t);
            out.put(each.is_swept() ? " swept" : each.is_held() ? " held" : " ");
            out.put(each.is_ended() ? "ended" : each.is_away() ? "away" : "");
        }
    }
}

// --- moving on -----------------------------------------------------------------------------------

void Run::step(Instant limit) noexcept {
    world_.step(earlier_of(limit, driver_->next()));
    watch();
    if (world_.now() >= driver_->next()) {
        driver_->act();
        expect(!driver_->is_log_lost(), "a log outlives a disk that fails honestly");
    }
}

void Run::run_for(Duration length) noexcept {
    const Instant end = saturating_add(world_.now(), length);
    while (verdict_.is_good() && world_.now() < end) {
        step(end);
    }
}

template <typename Condition>
void Run::must_reach(Duration most, const char* what, const Condition& condition) noexcept {
    const Instant end = saturating_add(world_.now(), most);
    while (verdict_.is_good() && !condition()) {
        if (world_.now() >= end) {
            expect(false, what);
            return;
        }
        step(end);
    }
}

void Run::want_all(bool is_wanted) noexcept {
    for (size_t i = 0; i < machines_count * tenures; ++i) {
        tenure(i / tenures, i % tenures).is_wanted = is_wanted;
    }
}

bool Run::is_every(bool (Tenure::*is_so)() const noexcept) noexcept {
    bool all = true;
    for (size_t i = 0; i < machines_count * tenures; ++i) {
        all = all && (tenure(i / tenures, i % tenures).*is_so)();
    }
    return all;
}

// --- what must hold at every step ----------------------------------------------------------------

uint64_t Run::clock_faults() noexcept {
    uint64_t sum = 0;
    for (size_t i = 0; i < machines_count; ++i) {
        sum += world_.machine(i).fault_count(MachineFault::clock_step) +
               world_.machine(i).fault_count(MachineFault::clock_stall);
        const SimClock& clock = world_.machine(i).setup().clock; // one that began before counts too
        sum += world_.now() <= saturating_add(clock.stall_from, clock.stall_length) ? 1u : 0u;
    }
    return sum;
}

uint64_t Run::sleeps_of(size_t machine) noexcept {
    const SimMachine& of = world_.machine(machine);
    return of.fault_count(MachineFault::pause) + of.fault_count(MachineFault::long_turn);
}

void Run::watch() noexcept {
    for (size_t i = 0; i < machines_count * tenures; ++i) {
        watch_tenure(i / tenures, i % tenures);
    }
    for (Watched& watched : watched_) {
        if (watched.is_used) {
            watch_lease(watched);
        }
    }
}

void Run::watch_tenure(size_t machine, size_t index) noexcept {
    const Tenure& held = tenure(machine, index);
    const size_t home = held.plan().home == names[machine] ? machine : 1 - machine;
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

bool Run::is_excused(const Watched& watched) noexcept {
    const SimMachine& home = world_.machine(watched.home);
    return !home.is_on() || home.boots() != watched.before.home_boots ||
           clock_faults() != watched.before.clock_faults;
}

void Run::watch_lease(Watched& watched) noexcept {
    const Tenure& held = tenure(watched.holder, watched.tenure);
    const bool is_here = held.is_held() && held.lease().lease_ref() == watched.ref;
    if (!watched.is_over_here && !is_here) {
        watched.is_over_here = true;
    }
    if (!watched.is_excused && is_excused(watched)) {
        outcome_.excused += 1;
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

void Run::note_end(Watched& watched) noexcept {
    watched.ended_at = world_.now();
    if (watched.is_over_here) {
        outcome_.stopped_first += 1;
        return;
    }
    expect(sleeps_of(watched.holder) != watched.sleeps,
           "a holder stops before its node ends the lease");
    outcome_.resumed_late += 1;
}

} // namespace grafos::test
