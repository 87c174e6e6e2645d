// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/emulation/ec_run.hpp"

#include <algorithm>
#include <initializer_list>

namespace grafos::test {
namespace {

constexpr Duration start_most{10'000};
constexpr Duration end_most{40'000};
constexpr Duration window_most{3'000};
constexpr Duration durable_window{6'500}; ///< copies that were lost are missed two seconds later
constexpr Duration after_window{3'500};   ///< main waits: for the last client, and some more rounds
constexpr Duration second_wait{1'000};
constexpr Duration ttl_of_memory{5'000};
constexpr Duration ttl_of_blocks{9'000};

[[nodiscard]] FaultSet set_of(std::initializer_list<FaultKind> kinds) noexcept {
    FaultSet set;
    for (const FaultKind kind : kinds) {
        set.add(kind);
    }
    return set;
}

[[nodiscard]] FaultSet kinds_of(const EcPlan& plan) noexcept {
    if (plan.has_crashes && !plan.is_durable) { // whoever could have heard must be known
        return set_of({FaultKind::one_way, FaultKind::partition});
    }
    FaultSet net =
        set_of({FaultKind::loss, FaultKind::duplicate, FaultKind::corruption, FaultKind::delay,
                FaultKind::clog, FaultKind::one_way, FaultKind::partition});
    if (!plan.is_durable) {
        for (const FaultKind kind :
             {FaultKind::pause, FaultKind::long_turn, FaultKind::clock_stall,
              FaultKind::clock_forward, FaultKind::clock_back, FaultKind::clock_drift}) {
            net.add(kind);
        }
    }
    return net;
}

} // namespace

// --- the cast
// ------------------------------------------------------------------------------------

EcRun::EcRun(const EcPlan& plan, const Storage& storage, EcEar::Reader* reader) noexcept
    : plan_{plan},
      choice_{plan.seed ^ 0x65632d636f756eull},
      world_{storage.world, plan.seed},
      oracles_{storage.oracles},
      reader_{reader} {
    draw();
    judge_.emplace(EcJudge::Rules{.sync_period = sync_period_,
                                  .may_crash = plan.has_crashes,
                                  .is_durable = plan.is_durable,
                                  .clients = clients,
                                  .requests = requests},
                   verdict_, world_.observers());
    world_.observers().add(*judge_);
    add_machines();
    for (std::optional<SimMachine>& machine : world_.machines()) {
        oracles_.add_machine({machine->memory(), machine->disk().disk()});
    }
    oracles_.add_to(world_.observers());
    driver_.emplace(world_, faults_, std::span<SimDiskImage>{}, plan.seed ^ 0x6661756c74ull);
}

/// The faults are over in a few seconds, so there are more of them, and they are shorter.
void EcRun::draw() noexcept {
    faults_ = draw_faults(plan_.seed);
    faults_.keep(kinds_of(plan_));
    faults_.keep(plan_.faults);
    if (plan_.is_durable && choice_.chance(400)) {
        faults_.keep(FaultSet{});
    }
    for (const FaultKind kind : {FaultKind::clog, FaultKind::one_way, FaultKind::partition,
                                 FaultKind::pause, FaultKind::clock_stall}) {
        faults_.set(kind, std::min<uint32_t>(1'000, 3 * faults_.rate_of(kind)));
    }
    faults_.clog_most = Duration{1'500};
    faults_.partition_most = Duration{1'500};
    faults_.pause_most = Duration{1'200};
    faults_.long_turn_most = Duration{400};
    faults_.stall_most = Duration{600};
    faults_.step_most = Duration{300};
    outcome_.faults = faults_.kinds();
    constexpr std::array<uint64_t, 3> periods{100, 200, 300};
    sync_period_ = Duration{periods[static_cast<size_t>(choice_.below(periods.size()))]};
    window_ = plan_.is_durable ? durable_window : Duration{choice_.between(1'500, window_most.ms)};
    delay_most_ = Duration{choice_.between(3, 30)};
    if (plan_.has_crashes) {
        draw_crashes();
    }
}

void EcRun::draw_crashes() noexcept {
    crash_count_ = static_cast<size_t>(choice_.between(plan_.is_durable ? 3 : 1, crashes_max));
    for (size_t i = 0; i < crash_count_; ++i) {
        Crash& crash = crashes_[i];
        crash.at = Instant{choice_.between(20, window_.ms)}; // since the clients started
        crash.is_aimed = choice_.chance(600);
        crash.by = saturating_add(crash.at, Duration{600});
        crash.is_pair = plan_.is_durable ? outcome_.faults.is_empty() && choice_.chance(500)
                                         : choice_.chance(300);
    }
    std::sort(crashes_.begin(), crashes_.begin() + crash_count_,
              [](const Crash& a, const Crash& b) { return a.at < b.at; });
}

void EcRun::add_machines() noexcept {
    world_.has_calls = true;
    SeededChoice drift{plan_.seed ^ 0x6472696674ull};
    for (size_t i = 0; i < machines; ++i) {
        const auto ppm = static_cast<int64_t>(drift.below(2 * faults_.drift_ppm_most)) -
                         static_cast<int64_t>(faults_.drift_ppm_most);
        SimMachine& machine = world_.add_machine(
            names[i], {.start = Instant{5'000 + 1'000'000 * i},
                       .drift_ppm = faults_.has(FaultKind::clock_drift) ? ppm : 0});
        ears_[i].emplace(EcEar::Parts{.judge = *judge_,
                                      .observers = world_.observers(),
                                      .reader = reader_,
                                      .server = i < servers ? std::optional{i} : std::nullopt});
        StationProgram::Parts parts{machine, *ears_[i], {}, plan_.seed};
        add_words(i, parts.words);
        programs_[i].emplace(parts);
        programs_[i]->may_start = i < servers;
        machine.add(*programs_[i]);
    }
}

void EcRun::add_words(size_t index, ec_counter::FabricWords& words) noexcept {
    const bool is_server = index < servers;
    words.server = is_server ? index + 1 : 0;
    words.has_clients = !is_server;
    std::copy(names.begin(), names.begin() + servers, words.nodes.begin());
    words.ttl = plan_.is_durable ? ttl_of_blocks : ttl_of_memory;
    words.is_durable = plan_.is_durable;
    words.settings.num_servers = servers;
    words.settings.num_clients = clients;
    words.settings.requests = requests;
    words.settings.value_most = EcJudge::value_most;
    words.settings.sync_period_ms = sync_period_.ms;
    words.settings.first_wait_ms =
        (plan_.is_durable ? durable_window : window_most).ms + after_window.ms;
    words.settings.second_wait_ms = second_wait.ms;
    // A sync that has not arrived by then is one of many.
    words.net_patience = is_server ? Duration{400} : Duration{};
}

// --- the course
// ----------------------------------------------------------------------------------

EcOutcome EcRun::run() noexcept {
    world_.net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
    expect(world_.boot(), "all nodes become ready");
    must_reach(start_most, "all servers begin", [&] {
        bool is_all = true;
        for (size_t i = 0; i < servers; ++i) {
            is_all = is_all && programs_[i]->server() != nullptr &&
                     world_.machine(i).fabric().figures().acquired > 0;
        }
        return is_all && (!plan_.is_durable || is_every_copy_whole());
    });
    programs_.back()->may_start = true;
    begin_faults();
    const Instant heal_at = saturating_add(world_.now(), window_);
    while (verdict_.is_good() && world_.now() < heal_at) {
        step(heal_at);
    }
    are_faults_on_ = false;
    driver_->heal();
    bring_all_back();
    const ec_counter::ClientsStation* clients_there = nullptr;
    must_reach(end_most, "main's checks are over", [&] {
        clients_there = programs_.back()->clients();
        return clients_there != nullptr && clients_there->is_over();
    });
    if (verdict_.is_good()) {
        outcome_.value = clients_there->value();
        judge_->finish(outcome_.value);
    }
    count_up();
    return outcome_;
}

void EcRun::begin_faults() noexcept {
    driver_->begin();
    world_.net().faults.delay_most =
        faults_.has(FaultKind::delay) ? faults_.delay_most : delay_most_;
    are_faults_on_ = true;
    for (Crash& crash : std::span{crashes_}.first(crash_count_)) {
        crash.at = saturating_add(world_.now(), Duration{crash.at.ms});
        crash.by = saturating_add(world_.now(), Duration{crash.by.ms});
    }
}

template <typename Condition>
void EcRun::must_reach(Duration most, const char* what, const Condition& condition) noexcept {
    const Instant limit = saturating_add(world_.now(), most);
    while (verdict_.is_good() && !condition()) {
        if (world_.now() >= limit) {
            expect(false, what);
            return;
        }
        step(limit);
    }
}

void EcRun::step(Instant limit) noexcept {
    Instant next = earlier_of(limit, driver_->next());
    if (are_faults_on_ && next_crash_ < crash_count_) {
        const Crash& crash = crashes_[next_crash_];
        const Instant soon = saturating_add(world_.now(), Duration{1});
        next = earlier_of(next, std::max(crash.at, soon));
    }
    for (const Instant at : start_at_) {
        next = at > world_.now() ? earlier_of(next, at) : next;
    }
    world_.step(next);
    if (world_.now() >= driver_->next()) {
        driver_->act();
    }
    look_at_servers();
    judge_->tick();
    bring_back();
    if (are_faults_on_) {
        crash_if_due();
    }
    if (verdict_.is_good() && !oracles_.verdict().is_good()) {
        verdict_ = oracles_.verdict();
    }
}

void EcRun::look_at_servers() noexcept {
    for (size_t i = 0; i < servers; ++i) {
        expect(!programs_[i]->has_failed(), "a server's machine knows the others");
        judge_->note_server(i, programs_[i]->server() != nullptr);
    }
}

// --- crashes
// -------------------------------------------------------------------------------------

/// In truth: a keeper believes in a copy until it notices that its machine had lost power, so each
/// machine must know of the leases too.
bool EcRun::is_every_copy_whole() noexcept {
    bool is_whole = true;
    for (size_t i = 0; i < servers && is_whole; ++i) {
        const ec_counter::ServerStation* const server = programs_[i]->server();
        is_whole = server != nullptr && server->blocks()->is_whole() &&
                   world_.machine(i).node().lessor().table().live_count() >= servers - 1;
    }
    return is_whole;
}

/// Whatever was acknowledged since is on the server and in one copy at least, or, over a net that
/// does not fail, in both.
bool EcRun::is_premise_kept() noexcept {
    is_restored_ = is_restored_ || !plan_.is_durable || is_every_copy_whole();
    return is_restored_ || is_pair_open_;
}

bool EcRun::may_crash_now(size_t server) noexcept {
    const SimMachine& machine = world_.machine(server);
    return machine.is_on() && !machine.is_in_turn() && programs_[server]->server() != nullptr;
}

std::optional<size_t> EcRun::choose_victim(const Crash& crash) noexcept {
    const size_t first = static_cast<size_t>(choice_.below(servers));
    for (size_t i = 0; i < servers; ++i) {
        const size_t index = (first + i) % servers;
        const bool is_target = !crash.is_aimed || is_pair_open_ || world_.now() >= crash.by ||
                               judge_->is_alone_ahead(index);
        if (is_target && may_crash_now(index)) {
            return index;
        }
    }
    return std::nullopt;
}

void EcRun::crash_if_due() noexcept {
    if (next_crash_ >= crash_count_ || world_.now() < crashes_[next_crash_].at) {
        return;
    }
    if (!is_premise_kept()) {
        return;
    }
    const Crash crash = crashes_[next_crash_];
    const std::optional<size_t> victim = choose_victim(crash);
    if (!victim.has_value()) {
        return;
    }
    cut_power(*victim);
    if (crash.is_pair && !is_pair_open_) {
        is_pair_open_ = true;
        crashes_[next_crash_].at = saturating_add(world_.now(), Duration{choice_.between(0, 200)});
        return;
    }
    is_pair_open_ = false;
    next_crash_ += 1;
}

void EcRun::cut_power(size_t server) noexcept {
    const size_t known = judge_->lost().size();
    judge_->on_crash(server);
    outcome_.crashes += 1;
    is_restored_ = false;
    world_.machine(server).crash(choice_.next());
    const uint64_t off_most = plan_.is_durable ? 300 : 1'000; // so that more of them fit
    start_at_[server] = saturating_add(world_.now(), Duration{choice_.between(50, off_most)});
    std::array<char, 160> buffer;
    TextWriter line{buffer};
    line.put("*** ").put(names[server]).put(" loses power, and server-").put(uint64_t{server + 1});
    say(line.put(" with it"));
    if (judge_->lost().size() > known) {
        say_lost();
    }
}

void EcRun::say_lost() noexcept {
    const LostValue& lost = judge_->lost().back();
    std::array<char, 240> buffer;
    TextWriter line{buffer};
    line.put("*** lost: ").put(lost.value).put(" of server-").put(uint64_t{lost.server + 1});
    line.put(", which had it for ").put(lost.held.ms).put(" ms; its last sync was ");
    line.put(lost.since_round.ms).put(" ms ago, a period is ").put(sync_period_.ms);
    line.put(" ms, and a peer was in reach for ").put(lost.could_tell.ms);
    say(line.put(" ms; left: ").put(lost.left));
}

void EcRun::bring_back() noexcept {
    for (size_t i = 0; i < servers; ++i) {
        const bool is_due = start_at_[i] != Instant{} && world_.now() >= start_at_[i];
        if (is_due && !world_.machine(i).is_on()) {
            start_at_[i] = {};
            world_.start(i);
            std::array<char, 64> buffer;
            TextWriter line{buffer};
            say(line.put("*** ").put(names[i]).put(" has power again"));
        }
    }
}

void EcRun::bring_all_back() noexcept {
    for (Instant& at : start_at_) {
        at = at != Instant{} ? world_.now() : at;
    }
    bring_back();
}

// --- what became of it
// ---------------------------------------------------------------------------

void EcRun::say(const TextWriter& line) noexcept {
    if (reader_ != nullptr) {
        reader_->on_line(world_.now(), line.text());
    }
}

void EcRun::count_up() noexcept {
    outcome_.verdict = verdict_;
    for (size_t i = 0; i < fault_kind_count; ++i) {
        const FaultKind kind = fault_kind_at(i);
        outcome_.faults_happened += outcome_.faults.has(kind) ? driver_->count(kind) : 0;
    }
    for (const LostValue& lost : judge_->lost()) {
        outcome_.lost += lost.came_back ? 0u : 1u;
        outcome_.lost_held_most =
            std::max(outcome_.lost_held_most, lost.came_back ? Duration{} : lost.held);
    }
    for (std::optional<SimMachine>& machine : world_.machines()) {
        outcome_.renewed += machine->is_on() ? machine->fabric().figures().renewed : 0;
    }
    outcome_.timed_out = judge_->timed_out();
    outcome_.refused = judge_->refused();
    outcome_.checks = judge_->checks() + oracles_.checks();
    outcome_.steps = world_.steps();
    outcome_.ended_at = world_.now();
    outcome_.trace = world_.trace().head();
}

} // namespace grafos::test
