// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/fault_driver.hpp"

#include <utility>

namespace grafos::test {
namespace {

constexpr uint64_t draws_a_second = 10;
constexpr Duration image_interval{7'000};
constexpr Duration aim_most{1'000};

template <size_t... index>
[[nodiscard]] std::array<SeededChoice, sizeof...(index)> choices_of(
    uint64_t seed, std::index_sequence<index...>) noexcept {
    return {SeededChoice{SeededChoice{seed + index}.next()}...};
}

} // namespace

FaultDriver::FaultDriver(SimFabric& world, const SimFaults& faults, std::span<SimDiskImage> images,
                         uint64_t seed) noexcept
    : world_{world},
      faults_{faults},
      images_{images},
      choices_{choices_of(seed, std::make_index_sequence<fault_kind_count>{})},
      choice_{seed} {
    GRAFOS_ASSERT(faults.check().is_ok());
    GRAFOS_ASSERT(!faults.has(FaultKind::rolled_back_disk) || images.size() >= size());
}

void FaultDriver::begin() noexcept {
    is_active_ = true;
    next_ = world_.now();
    world_.net().faults = {.loss_permille = faults_.rate_of(FaultKind::loss),
                           .duplicate_permille = faults_.rate_of(FaultKind::duplicate),
                           .flip_permille = faults_.rate_of(FaultKind::corruption),
                           .delay_least = Duration{1},
                           .delay_most =
                               faults_.has(FaultKind::delay) ? faults_.delay_most : Duration{1}};
    for (size_t i = 0; i < size(); ++i) {
        set_disk_faults(i);
        if (faults_.has(FaultKind::clock_drift)) { // since the machine was made
            note(FaultKind::clock_drift);
        }
    }
}

void FaultDriver::set_disk_faults(size_t index) noexcept {
    const DiskFaults disk{.read_error_permille = faults_.rate_of(FaultKind::read_error),
                          .write_error_permille = faults_.rate_of(FaultKind::write_error),
                          .misdirect_permille = faults_.rate_of(FaultKind::misdirected_write),
                          .lost_flush_permille = faults_.rate_of(FaultKind::lost_flush),
                          .late_permille = faults_.rate_of(FaultKind::late_write),
                          .late_turns_most = faults_.late_turns_most};
    world_.machine(index).disk().set_faults(disk, choice_.next());
}

void FaultDriver::heal() noexcept {
    is_active_ = false;
    for (size_t from = 0; from < size(); ++from) {
        for (size_t to = 0; to < size(); ++to) {
            if (closed_until_[from][to] != Instant{}) {
                world_.open_way(from, to);
            }
        }
    }
    world_.net().heal();
    world_.net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
    closed_until_ = {};
    for (size_t i = 0; i < size(); ++i) {
        world_.machine(i).disk().heal();
        cares_[i].hoarder.stop();
        cares_[i].lane.stop();
        cares_[i].collector.come_back();
        cares_[i].renewer.stop();
        if (cares_[i].start_at != Instant::never()) {
            cares_[i].start_at = world_.now();
        }
    }
}

void FaultDriver::act() noexcept {
    crash_who_writes();
    if (world_.now() < next_) {
        return;
    }
    next_ = saturating_add(world_.now(), interval);
    open_what_is_due();
    for (size_t i = 0; i < size(); ++i) {
        bring_back(i);
        look_after(i);
        clear_fences(i);
        keep_pressure(i);
    }
    introduce_who_is_alone();
    if (!is_active_) {
        return;
    }
    begin_on_net();
    for (size_t i = 0; i < size(); ++i) {
        begin_on_machine(i);
    }
    if (faults_.has(FaultKind::rolled_back_disk) && world_.now() >= image_at_) {
        image_at_ = saturating_add(world_.now(), image_interval);
        for (size_t i = 0; i < size(); ++i) {
            keep_image(i);
        }
    }
}

bool FaultDriver::draws(FaultKind kind) noexcept {
    return faults_.has(kind) &&
           choice_of(kind).below(1'000 * draws_a_second) < faults_.rate_of(kind);
}

Duration FaultDriver::drawn(FaultKind kind, Duration most) noexcept {
    return Duration{choice_of(kind).between(1, most.ms)};
}

bool FaultDriver::is_whole() noexcept {
    for (size_t i = 0; i < size(); ++i) {
        if (!world_.machine(i).is_on() || cares_[i].is_alone) {
            return false;
        }
    }
    return true;
}

// --- the operator --------------------------------------------------------------------------------

void FaultDriver::bring_back(size_t index) noexcept {
    Care& care = cares_[index];
    if (world_.now() < care.start_at) {
        return;
    }
    care.start_at = Instant::never();
    care.clearance.reset();
    forget_pressure(index);
    if (care.is_alone) {
        world_.machine(index).power_on_alone();
    } else {
        world_.start(index);
    }
}

/// A degraded node says so, and somebody comes.
void FaultDriver::look_after(size_t index) noexcept {
    Care& care = cares_[index];
    SimMachine& machine = world_.machine(index);
    if (!machine.is_on() || machine.is_paused()) {
        return;
    }
    const node::Readiness readiness = machine.node().readiness();
    if (readiness != node::Readiness::degraded) {
        const bool is_ready = readiness == node::Readiness::ready;
        if (is_ready && care.bad_boots > 0 && is_active_) {
            set_disk_faults(index);
        }
        care.bad_boots = is_ready ? 0 : care.bad_boots;
        care.degraded_at = Instant::never();
        return;
    }
    if (machine.node().degraded_reason() == lease::DegradedReason::log_full) {
        return; // whoever collects it can help, and nobody else
    }
    if (care.degraded_at == Instant::never()) {
        care.degraded_at = world_.now();
    }
    if (world_.now() < saturating_add(care.degraded_at, operator_delay)) {
        return;
    }
    care.degraded_at = Instant::never();
    care.bad_boots += 1;
    care.clearance.reset();
    machine.power_off();
    machine.disk().heal();
    if (care.bad_boots >= boots_until_blank) {
        const bool has_lied = faults_.has(FaultKind::misdirected_write) ||
                              faults_.has(FaultKind::lost_flush) ||
                              faults_.has(FaultKind::rolled_back_disk);
        is_log_lost_ = is_log_lost_ || !has_lied;
        machine.disk().erase();
        care.is_alone = true;
        care.bad_boots = 0;
    }
    care.start_at = world_.now();
}

/// One after another: each names the fence it clears.
void FaultDriver::clear_fences(size_t index) noexcept {
    Care& care = cares_[index];
    SimMachine& machine = world_.machine(index);
    if (!machine.is_on() || machine.is_paused()) {
        return;
    }
    node::Node& node = machine.node();
    if (care.clearance.has_value()) {
        const Result<lease::Answer> answer = node.poll(*care.clearance);
        if (!answer.is_ok() && answer.error().code == ErrorCode::busy) {
            return;
        }
        care.clearance.reset();
    }
    for (const lease::Resource* const resource : node.lessor().resources()) {
        const lease::Extent run = resource->find_run(lease::UnitState::fenced, 0);
        if (run.unit_count == 0) {
            continue;
        }
        lease::Request request;
        request.operation = lease::Operation::clear_fence;
        request.caller.identity = bytes_of("operator");
        request.resource = resource->info().id;
        request.fence = resource->fence_of(run.first_unit);
        world_.observers().say(
            {.what = SimEvent::What::asked, .machine = static_cast<uint32_t>(index)});
        const Result<lease::Ticket> ticket = node.start(request);
        if (ticket.is_ok()) {
            care.clearance = ticket.value();
        }
        return;
    }
}

void FaultDriver::introduce_who_is_alone() noexcept {
    bool is_any_alone = false;
    for (size_t i = 0; i < size(); ++i) {
        SimMachine& machine = world_.machine(i);
        if (!machine.is_on() || machine.is_paused()) {
            return;
        }
        if (machine.node().readiness() != node::Readiness::ready ||
            (cares_[i].is_alone && !machine.is_settled())) {
            return;
        }
        is_any_alone = is_any_alone || cares_[i].is_alone;
    }
    if (is_any_alone) {
        world_.introduce();
        for (Care& care : cares_) {
            care.is_alone = false;
            care.has_image = false; // it has other keys
            care.clearance.reset();
        }
        for (size_t i = 0; i < size(); ++i) {
            forget_pressure(i);
        }
    }
}

// --- the net -------------------------------------------------------------------------------------

void FaultDriver::open_what_is_due() noexcept {
    for (size_t from = 0; from < size(); ++from) {
        for (size_t to = 0; to < size(); ++to) {
            Instant& until = closed_until_[from][to];
            if (until != Instant{} && world_.now() >= until) {
                until = Instant{};
                world_.open_way(from, to);
            }
        }
    }
}

void FaultDriver::close(size_t from, size_t to, bool is_held, Duration length) noexcept {
    closed_until_[from][to] = saturating_add(world_.now(), length);
    world_.close_way(from, to, is_held);
}

void FaultDriver::begin_on_net() noexcept {
    for (size_t from = 0; from < size(); ++from) {
        for (size_t to = 0; to < size(); ++to) {
            if (from == to || closed_until_[from][to] != Instant{}) {
                continue;
            }
            if (draws(FaultKind::clog)) {
                note(FaultKind::clog);
                close(from, to, true, drawn(FaultKind::clog, faults_.clog_most));
            } else if (draws(FaultKind::one_way)) {
                note(FaultKind::one_way);
                close(from, to, false, drawn(FaultKind::one_way, faults_.partition_most));
            } else if (from < to && closed_until_[to][from] == Instant{} &&
                       draws(FaultKind::partition)) {
                note(FaultKind::partition);
                const Duration length = drawn(FaultKind::partition, faults_.partition_most);
                close(from, to, false, length);
                close(to, from, false, length);
            }
        }
    }
}

// --- machines ------------------------------------------------------------------------------------

void FaultDriver::begin_on_machine(size_t index) noexcept {
    SimMachine& machine = world_.machine(index);
    if (!machine.is_on() || machine.is_in_turn() || cares_[index].is_alone) {
        return;
    }
    if (draws(FaultKind::pause)) {
        note(FaultKind::pause);
        machine.pause(drawn(FaultKind::pause, faults_.pause_most));
    }
    if (draws(FaultKind::long_turn)) {
        note(FaultKind::long_turn);
        machine.lengthen_turn(drawn(FaultKind::long_turn, faults_.long_turn_most));
    }
    begin_on_clock(machine);
    begin_pressure(index);
    if (draws(FaultKind::empty_disk)) {
        note(FaultKind::empty_disk);
        crash(index, FaultKind::empty_disk);
        machine.disk().erase();
        cares_[index].is_alone = true;
        cares_[index].has_image = false;
    } else if (draws(FaultKind::rolled_back_disk) && cares_[index].has_image) {
        note(FaultKind::rolled_back_disk);
        crash(index, FaultKind::rolled_back_disk);
        machine.disk().roll_back(images_[index]);
    } else if (draws(FaultKind::crash)) {
        const bool is_aimed = choice_of(FaultKind::crash).chance(500);
        cares_[index].crash_by = is_aimed ? saturating_add(world_.now(), aim_most) : world_.now();
        look_at_ = world_.now();
    }
}

/// A write is in flight for a millisecond of a second or so: what a cut leaves of one is seldom
/// seen unless the cut waits for it.
void FaultDriver::crash_who_writes() noexcept {
    look_at_ = Instant::never();
    for (size_t i = 0; i < size(); ++i) {
        Care& care = cares_[i];
        if (care.crash_by == Instant::never()) {
            continue;
        }
        SimMachine& machine = world_.machine(i);
        if (!is_active_ || !machine.is_on() || machine.is_in_turn() || care.is_alone) {
            care.crash_by = Instant::never();
        } else if (machine.disk().writes_in_flight() > 0 || world_.now() >= care.crash_by) {
            care.crash_by = Instant::never();
            note(FaultKind::crash);
            crash(i, FaultKind::crash);
        } else {
            look_at_ = saturating_add(world_.now(), Duration{1});
        }
    }
}

void FaultDriver::begin_on_clock(SimMachine& machine) noexcept {
    if (draws(FaultKind::clock_stall) &&
        machine.stall_clock(drawn(FaultKind::clock_stall, faults_.stall_most))) {
        note(FaultKind::clock_stall);
    }
    if (draws(FaultKind::clock_forward)) {
        note(FaultKind::clock_forward);
        machine.step_clock(
            static_cast<int64_t>(drawn(FaultKind::clock_forward, faults_.step_most).ms));
    }
    if (draws(FaultKind::clock_back)) {
        note(FaultKind::clock_back);
        machine.step_clock(
            -static_cast<int64_t>(drawn(FaultKind::clock_back, faults_.step_most).ms));
    }
}

// --- pressure ------------------------------------------------------------------------------------

void FaultDriver::begin_pressure(size_t index) noexcept {
    Care& care = cares_[index];
    if (draws(FaultKind::teardown_failure)) {
        fail_teardowns(index);
    }
    if (draws(FaultKind::full_table) && care.hoarder.is_done()) {
        SeededChoice& choice = choice_of(FaultKind::full_table);
        const auto what = static_cast<Hoarder::What>(choice.below(3));
        const auto kind =
            choice.chance(500) ? lease::ResourceKind::memory : lease::ResourceKind::block;
        const Duration length = drawn(FaultKind::full_table, faults_.full_table_most);
        care.hoarder.begin(what, kind, saturating_add(world_.now(), length));
    }
    if (draws(FaultKind::full_log)) {
        const Duration length = drawn(FaultKind::full_log, faults_.full_log_most);
        care.collector.be_away(saturating_add(world_.now(), length));
        care.renewer.begin(saturating_add(world_.now(), length));
    }
}

/// Its disk or a lane: the teardowns of that time.
void FaultDriver::fail_teardowns(size_t index) noexcept {
    Care& care = cares_[index];
    SimMachine& machine = world_.machine(index);
    if (machine.node().readiness() != node::Readiness::ready) {
        return;
    }
    const Duration length = drawn(FaultKind::teardown_failure, faults_.teardown_failure_most);
    const Instant until = saturating_add(world_.now(), length);
    if (choice_of(FaultKind::teardown_failure).chance(500)) {
        machine.disk().refuse_wipes(machine.node().log().layout().data_first());
        care.wipes_from = until;
    } else {
        (void)care.lane.begin(machine, choice_of(FaultKind::teardown_failure), until);
    }
}

/// What was begun goes on, and ends.
void FaultDriver::keep_pressure(size_t index) noexcept {
    Care& care = cares_[index];
    SimMachine& machine = world_.machine(index);
    if (world_.now() >= care.wipes_from) {
        machine.disk().refuse_wipes(0);
        care.wipes_from = Instant::never();
    }
    if (!machine.is_on()) {
        forget_pressure(index);
        return;
    }
    if (machine.is_paused() || machine.is_in_turn()) {
        return;
    }
    world_.observers().say(
        {.what = SimEvent::What::asked, .machine = static_cast<uint32_t>(index)});
    if (care.hoarder.act(machine, world_.now())) {
        note(FaultKind::full_table);
    }
    if (care.lane.act(machine, world_.now())) {
        note(FaultKind::teardown_failure);
    }
    if (faults_.has(FaultKind::full_log)) {
        keep_log(care, machine);
    } else if (!is_active_) { // a log that filled up by itself holds up the last fences
        (void)care.collector.act(machine, world_.now());
    }
}

/// Counted when grants are refused for it, and once more when renewals are.
void FaultDriver::keep_log(Care& care, SimMachine& machine) noexcept {
    if (care.collector.act(machine, world_.now())) {
        note(FaultKind::full_log);
    }
    if (care.renewer.act(machine, world_.now())) {
        note(FaultKind::full_log);
    }
}

void FaultDriver::forget_pressure(size_t index) noexcept {
    cares_[index].hoarder.forget();
    cares_[index].lane.forget();
    cares_[index].collector.forget();
    cares_[index].renewer.forget();
}

void FaultDriver::crash(size_t index, FaultKind kind) noexcept {
    world_.machine(index).crash(choice_of(kind).next());
    cares_[index].start_at = saturating_add(world_.now(), drawn(kind, faults_.off_most));
    cares_[index].degraded_at = Instant::never();
}

void FaultDriver::keep_image(size_t index) noexcept {
    SimMachine& machine = world_.machine(index);
    if (machine.is_on() && !cares_[index].is_alone && choice_.chance(500)) {
        machine.disk().copy_durable(images_[index]);
        cares_[index].has_image = true;
    }
}

uint64_t FaultDriver::refused_wipes() noexcept {
    uint64_t sum = 0;
    for (size_t i = 0; i < size(); ++i) {
        sum += world_.machine(i).disk().refused_wipes();
    }
    return sum;
}

uint64_t FaultDriver::count(FaultKind kind) noexcept {
    uint64_t sum = counts_[static_cast<size_t>(kind)];
    const auto of_disks = [&](DiskFault fault) {
        for (size_t i = 0; i < size(); ++i) {
            sum += world_.machine(i).disk().fault_count(fault);
        }
    };
    switch (kind) {
    case FaultKind::loss: return world_.net().lost;
    case FaultKind::duplicate: return world_.net().duplicated;
    case FaultKind::corruption: return world_.net().changed;
    case FaultKind::delay: return world_.net().overtaken;
    case FaultKind::read_error: of_disks(DiskFault::read_error); break;
    case FaultKind::write_error: of_disks(DiskFault::write_error); return sum - refused_wipes();
    case FaultKind::misdirected_write: of_disks(DiskFault::misdirected_write); break;
    case FaultKind::lost_flush: of_disks(DiskFault::lost_flush); break;
    case FaultKind::late_write: of_disks(DiskFault::late_write); break;
    case FaultKind::clog:
    case FaultKind::one_way:
    case FaultKind::partition:
    case FaultKind::crash:
    case FaultKind::empty_disk:
    case FaultKind::rolled_back_disk:
    case FaultKind::pause:
    case FaultKind::long_turn:
    case FaultKind::clock_stall:
    case FaultKind::clock_forward:
    case FaultKind::clock_back:
    case FaultKind::clock_drift:
    case FaultKind::hostile_peer:
    case FaultKind::full_table:
    case FaultKind::full_log: break;
    case FaultKind::teardown_failure: return sum + refused_wipes();
    }
    return sum;
}

} // namespace grafos::test
