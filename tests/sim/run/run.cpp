// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/run.hpp"

#include "tests/sim/run/liveness.hpp"

namespace grafos::test {
namespace {

constexpr Duration calm_patience{20'000};
constexpr size_t sharing_clients_least = 8;
/// Nobody trims the one; the other fills up within seconds, if nobody trims it.
constexpr lease::LogOptions long_log{.log_percent = 50};
constexpr lease::LogOptions short_log{.log_percent = 13, .checkpoint_groups = 32};

/// Mostly two or three: with more, each pair meets less.
[[nodiscard]] size_t draw_nodes(SeededChoice choice) noexcept {
    const uint64_t drawn = choice.below(100);
    return drawn < 45 ? 2 : drawn < 80 ? 3 : drawn < 93 ? 4 : 5;
}

[[nodiscard]] size_t nodes_of(const RunPlan& plan) noexcept {
    return plan.nodes != 0 ? plan.nodes : draw_nodes(SeededChoice{plan.seed ^ 0x6e6f646573ull});
}

[[nodiscard]] SimFaults faults_of(const RunPlan& plan) noexcept {
    SimFaults faults = draw_faults(plan.seed);
    if (plan.profile == Profile::hostile && !faults.has(FaultKind::hostile_peer)) {
        faults.set(FaultKind::hostile_peer, 500); // or it would be another profile
    }
    faults.keep(kinds_of(plan.profile));
    faults.keep(plan.faults);
    if (faults.has(FaultKind::late_write)) { // a late record of a fence is told after the next wipe
        faults.set(FaultKind::teardown_failure, 0);
    }
    return faults;
}

/// Half of the clocks are as bad as they may be.
[[nodiscard]] int64_t draw_drift(SeededChoice& choice, uint32_t most_ppm) noexcept {
    const bool is_fast = choice.chance(500);
    const uint64_t least = choice.chance(500) ? most_ppm : 0;
    const auto drift = static_cast<int64_t>(choice.between(least, most_ppm));
    return is_fast ? drift : -drift;
}

} // namespace

// --- the cast ------------------------------------------------------------------------------------

Run::Run(const RunPlan& plan, const Storage& storage) noexcept
    : plan_{plan},
      world_{storage.world, plan.seed},
      households_{storage.households.first(nodes_of(plan))},
      casting_{plan.seed ^ 0x63617374ull, std::span{names}.first(nodes_of(plan))},
      oracles_{storage.oracles} {
    GRAFOS_ASSERT(check_plan(plan).is_ok());
    const SimFaults faults = faults_of(plan);
    outcome_.faults = faults.kinds();
    outcome_.nodes = households_.size();
    add_machines(faults, households_.size());
    add_oracles();
    add_hostile(faults);
    outcome_.programs = program_count_;
    bound_ = mending_bound(faults, program_count_);
    add_sharers(faults, households_.size());
    driver_.emplace(world_, faults, storage.images, plan.seed ^ 0x6661756c74ull);
}

void Run::add_machines(const SimFaults& faults, size_t count) noexcept {
    SeededChoice choice{plan_.seed ^ 0x6472696674ull};
    for (size_t i = 0; i < count; ++i) {
        const int64_t drift = draw_drift(choice, faults.drift_ppm_most);
        world_.add_machine(names[i],
                           {.start = Instant{5'000 + 1'000'000 * i},
                            .drift_ppm = faults.has(FaultKind::clock_drift) ? drift : 0},
                           faults.has(FaultKind::full_log) ? short_log : long_log);
        households_[i].emplace();
        const size_t tenures = casting_.draw_count();
        for (size_t t = 0; t < tenures; ++t) {
            add_tenure(i, faults);
        }
        world_.machine(i).add(*households_[i]);
    }
}

void Run::add_oracles() noexcept {
    for (std::optional<SimMachine>& machine : world_.machines()) {
        oracles_.add_machine({machine->memory(), machine->disk().disk()});
    }
    oracles_.add_to(world_.observers());
    add(oracles_);
}

void Run::add_hostile(const SimFaults& faults) noexcept {
    if (!faults.has(FaultKind::hostile_peer)) {
        return;
    }
    FaultSet alone;
    alone.add(FaultKind::hostile_peer);
    hostile_.emplace(world_,
                     HostilePeer::Options{plan_.seed, faults.rate_of(FaultKind::hostile_peer),
                                          outcome_.faults == alone});
    add(*hostile_);
}

void Run::add_tenure(size_t machine, const SimFaults& faults) noexcept {
    const Tenure::Plan plan = casting_.draw(machine);
    const bool is_block = plan.kind == lease::ResourceKind::block;
    const bool forgets = faults.has(FaultKind::lost_flush) && faults.has(FaultKind::crash);
    const bool is_misled = is_block && (faults.has(FaultKind::misdirected_write) || forgets);
    Tenure& tenure = households_[machine]->add({world_.observers(), is_misled ? misled_ : verdict_,
                                                static_cast<uint32_t>(machine), next_program()},
                                               plan, casting_.draw_seed());
    // What is in flight ends with a reset, which comes if a teardown's deadline passes over it.
    const bool is_reset = faults.has(FaultKind::late_write) || faults.has(FaultKind::pause) ||
                          faults.has(FaultKind::long_turn) || faults.has(FaultKind::clock_forward);
    tenure.is_disk_bad = is_block && (faults.has(FaultKind::read_error) ||
                                      faults.has(FaultKind::write_error) || is_reset);
    tenure.is_disk_late = is_block && faults.has(FaultKind::late_write);
    tenure.is_home_forgetful = faults.has(FaultKind::rolled_back_disk);
}

/// Eight clients or more.
void Run::add_sharers(const SimFaults& faults, size_t count) noexcept {
    SeededChoice choice{plan_.seed ^ 0x736861726572ull};
    sharing_.emplace(Sharing::Parts{world_.observers(), verdict_, std::span{names}.first(count),
                                    faults.has(FaultKind::rolled_back_disk)},
                     choice.next());
    world_.observers().add(*sharing_);
    const auto clients = static_cast<uint32_t>((sharing_clients_least + count - 1) / count);
    for (uint32_t i = 0; i < count; ++i) {
        sharers_[i].emplace(Sharer::Parts{*sharing_, i, clients, i * clients, program_count_},
                            choice.next());
        program_count_ += clients;
        world_.machine(i).add(*sharers_[i]);
    }
}

void Run::add(SimJudge& judge) noexcept {
    GRAFOS_ASSERT(judge_count_ < judges_max);
    judges_[judge_count_] = &judge;
    judge_count_ += 1;
}

// --- the course ----------------------------------------------------------------------------------

RunOutcome Run::run() noexcept {
    run_course();
    sharing_->finish();
    for (size_t i = 0; i < judge_count_; ++i) {
        judges_[i]->finish(world_.now());
    }
    hear_judges();
    count_up();
    return outcome_;
}

void Run::run_course() noexcept {
    world_.net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
    expect(world_.boot(), "all nodes become ready");
    want_all(true);
    must_reach(saturating_add(world_.now(), calm_patience), "all leases are had over a calm net",
               [&] { return is_every(&Tenure::is_swept); });
    const Duration to = plan_.faults_to == Duration{} ? plan_.length : plan_.faults_to;
    run_for(plan_.faults_from);
    driver_->begin();
    if (hostile_.has_value()) {
        hostile_->begin();
    }
    run_for(Duration{to.ms - plan_.faults_from.ms});
    mend();
    run_for(Duration{plan_.length.ms - to.ms});
    const Instant asked_at = world_.now();
    want_all(false);
    must_reach(saturating_add(asked_at, bound_),
               "everything is given back, wiped, told and durable",
               [&] { return is_all_given_back(); });
    outcome_.given_back_in = left_until(world_.now(), asked_at);
    for (std::optional<SimMachine>& machine : world_.machines()) {
        expect(machine->disk().buffer_violations() == 0, "a lent buffer is left alone");
    }
}

/// Liveness, by one deadline: nothing is left behind, and everybody has what he wants.
void Run::mend() noexcept {
    const Instant healed_at = world_.now();
    const Instant end = saturating_add(healed_at, bound_);
    driver_->heal();
    if (hostile_.has_value()) {
        hostile_->stop();
    }
    must_reach(end, "mended, all leases are had again, and read as zeroes",
               [&] { return driver_->is_whole() && is_every(&Tenure::is_swept); });
    must_reach(end, "mended, every lease is of a holder that is alive",
               [&] { return is_every_lease_held(); });
    outcome_.mended_in = left_until(world_.now(), healed_at);
}

void Run::step(Instant limit) noexcept {
    world_.step(earlier_of(limit, driver_->next()));
    if (world_.now() >= driver_->next()) {
        driver_->act();
        expect(!driver_->is_log_lost(), "a log outlives a disk that fails honestly");
    }
    hear_judges();
}

void Run::hear_judges() noexcept {
    for (size_t i = 0; i < judge_count_ && verdict_.is_good(); ++i) {
        if (!judges_[i]->verdict().is_good()) {
            verdict_ = judges_[i]->verdict();
        }
    }
}

void Run::run_for(Duration length) noexcept {
    const Instant end = saturating_add(world_.now(), length);
    while (verdict_.is_good() && world_.now() < end) {
        step(end);
    }
}

template <typename Condition>
void Run::must_reach(Instant end, const char* what, const Condition& condition) noexcept {
    while (verdict_.is_good() && !condition()) {
        if (world_.now() >= end) {
            expect(false, what);
            return;
        }
        step(end);
    }
}

// --- all of them ---------------------------------------------------------------------------------

template <typename Visitor>
void Run::for_each_tenure(const Visitor& visit) noexcept {
    for (std::optional<Household>& household : households_) {
        for (size_t t = 0; t < household->size(); ++t) {
            visit(household->tenure(t));
        }
    }
}

void Run::want_all(bool is_wanted) noexcept {
    for_each_tenure([&](Tenure& tenure) { tenure.is_wanted = is_wanted; });
    sharing_->is_wanted = is_wanted;
}

bool Run::is_every(bool (Tenure::*is_so)() const noexcept) noexcept {
    bool all = true;
    for_each_tenure([&](Tenure& tenure) { all = all && (tenure.*is_so)(); });
    return all;
}

/// All units are free, or of a lease that somebody's fabric keeps alive; none waits for anything.
bool Run::is_every_lease_held() noexcept {
    uint64_t leases = 0;
    uint64_t holdings = 0;
    bool is_clean = true;
    for (std::optional<SimMachine>& machine : world_.machines()) {
        if (!machine->is_on()) {
            return false;
        }
        leases += machine->node().lessor().table().live_count();
        holdings += machine->fabric().count();
        for (const lease::Resource* const resource : machine->node().lessor().resources()) {
            const lease::ResourceInfo info = resource->info();
            is_clean = is_clean && info.free + info.leased == info.unit_count;
        }
    }
    return is_clean && leases <= holdings;
}

bool Run::is_all_given_back() noexcept {
    bool is_over = driver_->is_whole() && is_every(&Tenure::is_away) &&
                   (!hostile_.has_value() || hostile_->is_gone());
    for (size_t i = 0; i < world_.machines().size() && is_over; ++i) {
        SimMachine& machine = world_.machine(i);
        is_over = machine.fabric().count() == 0 && machine.is_idle();
    }
    return is_over;
}

// --- what became of it ---------------------------------------------------------------------------

void Run::count_up() noexcept {
    outcome_.verdict = verdict_;
    outcome_.ended_at = world_.now();
    outcome_.steps = world_.steps();
    outcome_.mending_bound = bound_;
    for (size_t i = 0; i < fault_kind_count; ++i) {
        const FaultKind kind = fault_kind_at(i); // a calm net too lets datagrams overtake
        outcome_.happened[i] = outcome_.faults.has(kind) ? driver_->count(kind) : 0;
        outcome_.faults_happened += outcome_.happened[i];
    }
    for (std::optional<SimMachine>& machine : world_.machines()) {
        outcome_.sectors_dropped += machine->disk().fault_count(DiskFault::dropped_sector);
        outcome_.sectors_torn += machine->disk().fault_count(DiskFault::torn_sector);
    }
    if (hostile_.has_value()) {
        const uint64_t tricks = hostile_->tricks().sent();
        outcome_.happened[static_cast<size_t>(FaultKind::hostile_peer)] = tricks;
        outcome_.faults_happened += tricks;
    }
    for_each_tenure([&](Tenure& tenure) {
        const Tenure::Figures& figures = tenure.figures();
        outcome_.operations += figures.reads + figures.writes + figures.exchanges + figures.flushes;
        outcome_.acquired += figures.acquired;
        outcome_.overtaken += figures.overtaken;
        outcome_.ended += figures.ended;
    });
    for (size_t i = 0; i < judge_count_; ++i) {
        outcome_.checks += judges_[i]->checks();
    }
    for (size_t i = 0; i < oracle_count; ++i) {
        outcome_.asked[i] = oracles_.findings().checks(static_cast<Oracle>(i));
    }
    outcome_.excused = oracles_.excused();
    outcome_.shared = sharing_->figures();
    for (size_t i = 0; i < households_.size(); ++i) {
        const SharingClient::Figures figures = sharers_[i]->figures();
        outcome_.operations += figures.answered;
        outcome_.overtaken += figures.overtaken;
        outcome_.sharers.add(figures);
    }
    outcome_.events = world_.trace().count();
    outcome_.trace = world_.trace().head();
}

void Run::describe(TextWriter& out) noexcept {
    for (size_t i = 0; i < households_.size(); ++i) {
        out.put(i == 0 ? "" : "; ");
        describe_machine(i, out);
    }
}

void Run::describe_machine(size_t index, TextWriter& out) noexcept {
    SimMachine& machine = world_.machine(index);
    out.put(names[index]);
    if (!machine.is_on()) {
        out.put(" is off");
        return;
    }
    out.put(" readiness ").put(static_cast<uint64_t>(machine.node().readiness()));
    out.put(machine.is_paused() ? ", paused" : "");
    for (const lease::Resource* const resource : machine.node().lessor().resources()) {
        const lease::ResourceInfo info = resource->info();
        out.put(", units ").put(info.unit_count).put(" free ").put(info.free);
        out.put(" leased ").put(info.leased).put(" fenced ").put(info.fenced);
        out.put(" dirty ").put(info.dirty);
    }
    for (size_t t = 0; t < households_[index]->size(); ++t) {
        const Tenure& each = households_[index]->tenure(t);
        out.put(each.is_swept() ? " swept" : each.is_held() ? " held" : " ");
        out.put(each.is_ended() ? "ended" : each.is_away() ? "away" : "");
    }
}

} // namespace grafos::test
