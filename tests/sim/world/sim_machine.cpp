// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/sim_machine.hpp"

namespace grafos::test {
namespace {

constexpr Duration device_latency{1};

[[nodiscard]] uint64_t count_in(Bytes bytes, uint64_t tag) noexcept {
    uint64_t count = 0;
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        count += load_little_endian<uint64_t>(bytes.data() + at) == tag ? 1u : 0u;
    }
    return count;
}

} // namespace

SimMachine::SimMachine(const Setup& setup, uint32_t number, SimMachineArea& area, SimulatedNet& net,
                       SimObservers& observers) noexcept
    : setup_{setup},
      number_{number},
      area_{area},
      net_{net},
      observers_{observers},
      entropy_{setup.seed},
      disk_{area.disk},
      watched_disk_{disk_, observers, number},
      link_{net, setup.address} {
    for (uint8_t& byte : area_.memory) {
        byte = 0xa5; // what a warm reset leaves behind
    }
    disk_.set_completion(RamBlockDevice::Completion::at_turn);
    disk_.lend_cache(cache_);
    disk_.listen(this);
}

void SimMachine::add(SimProgram& program) noexcept {
    GRAFOS_ASSERT(!is_on() && program_count_ < programs_max);
    programs_[program_count_] = &program;
    program_count_ += 1;
}

void SimMachine::make_node() noexcept {
    GRAFOS_ASSERT(!is_on());
    const node::Machine machine{entropy_, watched_disk_, area_.memory, sim_unix_base,
                                lease::WallSource::scenario};
    node_.emplace(machine, setup_.log);
    boots_ += 1;
    last_turn_ = net_.now();
    turn_began_ = last_turn_;
    paused_until_ = {};
    turn_length_ = {};
    raw_ = setup_.clock.local_of(last_turn_);
    say(SimEvent::What::power_on, boots_);
}

void SimMachine::power_on_alone() noexcept {
    make_node();
}

void SimMachine::power_on(std::span<const wire::Principal> peers) noexcept {
    make_node();
    peers_.emplace();
    for (const wire::Principal& peer : peers) {
        const Result<> added = peers_->add(peer);
        GRAFOS_ASSERT(added.is_ok());
    }
    clients_.emplace();
    service_.emplace(*node_, link_, *peers_,
                     node::FabricService::Options{setup_.name, !wire::is_trusted_fabric_build},
                     &*clients_);
    node_->serve(*service_);
    fabric_.emplace(fabric::FabricMachine{
        .peers = *peers_,
        .identity = node_->identity(),
        .drbg = node_->drbg(),
        .port = &service_->port(),
        .clients = &*clients_,
        .local_name = setup_.name,
        .local_grantor = &*node_,
        .local_lessor = &node_->lessor(),
    });
    GRAFOS_ASSERT(fabric_->check_peers().is_ok());
    for (size_t i = 0; i < program_count_; ++i) {
        programs_[i]->on_service(*service_);
        programs_[i]->on_power_on(*fabric_);
    }
}

void SimMachine::power_off() noexcept {
    if (is_on()) {
        say(SimEvent::What::power_off);
    }
    for (size_t i = 0; i < program_count_ && fabric_.has_value(); ++i) {
        programs_[i]->on_power_off();
    }
    fabric_.reset();
    service_.reset();
    node_.reset();
    clients_.reset();
    peers_.reset();
    const Result<> reset = disk_.reset(); // what was asked of it is forgotten
    GRAFOS_ASSERT(reset.is_ok());
}

void SimMachine::crash(uint64_t seed) noexcept {
    note(MachineFault::crash, seed);
    disk_.cut_power(seed); // while the buffers in flight are there
    power_off();
}

void SimMachine::say(SimEvent::What what, uint64_t number, Bytes bytes) noexcept {
    observers_.say({.what = what, .machine = number_, .number = number, .bytes = bytes});
}

void SimMachine::on_disk_fault(DiskFault fault, uint64_t sector) noexcept {
    const bool is_other = fault == DiskFault::erased || fault == DiskFault::rolled_back;
    observers_.say({.what = is_other ? SimEvent::What::disk_replaced : SimEvent::What::disk_fault,
                    .machine = number_,
                    .code = static_cast<uint8_t>(fault),
                    .number = sector});
}

void SimMachine::note(MachineFault fault, uint64_t amount) noexcept {
    fault_counts_[static_cast<size_t>(fault)] += 1;
    observers_.say({.what = fault == MachineFault::crash ? SimEvent::What::crash
                                                         : SimEvent::What::machine_fault,
                    .machine = number_,
                    .code = static_cast<uint8_t>(fault),
                    .number = amount});
}

void SimMachine::pause(Duration length) noexcept {
    note(MachineFault::pause, length.ms);
    paused_until_ = std::max(paused_until_, saturating_add(net_.now(), length));
}

void SimMachine::lengthen_turn(Duration length) noexcept {
    note(MachineFault::long_turn, length.ms);
    turn_length_ = length;
}

void SimMachine::step_clock(int64_t by_ms) noexcept {
    note(MachineFault::clock_step, static_cast<uint64_t>(by_ms));
    setup_.clock.step(by_ms);
}

bool SimMachine::stall_clock(Duration length) noexcept {
    const SimClock& clock = setup_.clock;
    if (net_.now() < saturating_add(clock.stall_from, clock.stall_length)) {
        return false;
    }
    note(MachineFault::clock_stall, length.ms);
    setup_.clock.stall(net_.now(), length);
    return true;
}

bool SimMachine::is_settled() const noexcept {
    bool is_wiped = true;
    for (const lease::Resource* const resource : node_->lessor().resources()) {
        is_wiped = is_wiped && resource->info().dirty == 0;
    }
    return is_wiped && node_->readiness() == node::Readiness::ready;
}

bool SimMachine::is_idle() noexcept {
    bool is_clean = true;
    for (const lease::Resource* const resource : node_->lessor().resources()) {
        const lease::ResourceInfo each = resource->info();
        is_clean = is_clean && each.free == each.unit_count;
    }
    return is_clean && node_->lessor().is_idle() && node_->log().is_idle() &&
           node_->anchored_end() == node_->log().appended_end();
}

lease::ResourceInfo SimMachine::info(lease::ResourceKind kind) noexcept {
    for (const lease::Resource* const resource : node_->lessor().resources()) {
        if (resource->info().kind == kind) {
            return resource->info();
        }
    }
    return {};
}

uint64_t SimMachine::count_of(uint64_t tag) const noexcept {
    const lease::DiskLayout& layout = node_->log().layout();
    const size_t first = static_cast<size_t>(layout.data_first()) * hal::sector_bytes;
    return count_in(area_.memory, tag) + count_in(Bytes{area_.disk}.subspan(first), tag);
}

void SimMachine::turn(Instant world) noexcept {
    if (world < paused_until_) {
        return;
    }
    last_turn_ = world;
    if (!is_on()) { // whatever comes to a machine that is off is lost
        std::array<uint8_t, hal::datagram_bytes_max> lost;
        while (link_.receive(lost).is_ok()) {}
        return;
    }
    turn_began_ = world;
    const Instant raw_before = raw_;
    raw_ = setup_.clock.local_of(world);
    say(SimEvent::What::turn_began, raw_.ms);
    disk_.turn();
    node_->tick(raw_);
    const Instant end = saturating_add(world, turn_length_);
    const Instant raw_after = setup_.clock.local_of(end);
    if (fabric_.has_value()) {
        if (raw_ < raw_before) {
            fabric_->mark_suspect();
        }
        fabric_->tick(node_->now());
        for (size_t i = 0; i < program_count_; ++i) {
            programs_[i]->step(fabric_->now());
        }
        net_.set_now(end); // what leaves, leaves then
        fabric_->flush(saturating_add(node_->now(), left_until(raw_after, raw_)));
        service_->port().flush();
        net_.set_now(world);
    }
    node_->end_turn(raw_after);
    last_turn_ = end;
    turn_length_ = {};
    note_records();
    note_turn_end(raw_after);
}

/// While its disk owes it an answer, any turn may have something to do: nobody sees reads end.
void SimMachine::note_turn_end(Instant raw) noexcept {
    const Instant device = disk_.in_flight() > 0 ? raw_ : Instant::never();
    TurnReport report{.next_deadline = earlier_of(device, node_->next_deadline()),
                      .is_ready = node_->readiness() == node::Readiness::ready};
    size_t count = 0;
    for (const lease::Resource* const resource : node_->lessor().resources()) {
        GRAFOS_ASSERT(count < report.resources.size());
        report.resources[count] = resource->info();
        count += 1;
    }
    observers_.say({.what = SimEvent::What::turn_ended,
                    .machine = number_,
                    .number = raw.ms,
                    .turn = &report});
}

/// Every record is said by the hash of the last one that became durable.
void SimMachine::note_records() noexcept {
    const lease::Anchor& anchor = node_->log().anchor();
    if (anchor == anchor_) {
        return;
    }
    anchor_ = anchor;
    say(SimEvent::What::anchored, anchor.next.value, anchor.hash.view());
}

/// A machine that is stopped is not woken by anything.
Instant SimMachine::next_turn() const noexcept {
    return std::max(due(), paused_until_);
}

Instant SimMachine::due() const noexcept {
    Instant next = net_.next_arrival(setup_.address);
    if (is_on()) {
        Instant local = node_->next_deadline();
        if (fabric_.has_value()) {
            Instant due = fabric_->next_deadline();
            for (size_t i = 0; i < program_count_; ++i) {
                due = earlier_of(due, programs_[i]->next_deadline());
            }
            if (due != Instant::never()) {
                local = earlier_of(local, saturating_add(raw_, left_until(due, node_->now())));
            }
        }
        next = earlier_of(next, setup_.clock.world_of(local));
        if (disk_.in_flight() > 0) { // the device's interrupt
            next = earlier_of(next, saturating_add(last_turn_, device_latency));
        }
    }
    const Instant soonest = saturating_add(last_turn_, Duration{1});
    return next < soonest ? soonest : next;
}

} // namespace grafos::test
