// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/sim_fabric.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace grafos::testkit {
namespace {

constexpr Duration rest_most{1'000};      ///< of a pump that nothing wakes
constexpr Duration boot_most{60'000};     ///< until ready and wiped
constexpr Duration operator_most{60'000}; ///< until an operator is answered
constexpr Duration turn_most{3'600'000};  ///< a machine that has had none for so long is lost
constexpr uint64_t clock_spread_ms = 1'000'000;
constexpr Duration archive_interval{20};
constexpr Duration expiry_slack{1'000};
constexpr uint64_t drift_shares = 50; ///< of a TTL that clocks may differ by

[[nodiscard]] std::vector<std::string> names_of(const SimFabricOptions& options) {
    std::vector<std::string> names = options.names;
    for (size_t i = 0; names.size() < options.nodes && options.names.empty(); ++i) {
        names.push_back("node" + std::to_string(i));
    }
    if (names.empty() || names.size() > SimFabric::nodes_max) {
        misused(std::to_string(names.size()) + " machines: there can be 1 … " +
                std::to_string(SimFabric::nodes_max));
    }
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty() || names[i].size() > 16 ||
            std::count(names.begin(), names.end(), names[i]) > 1) {
            misused("'" + names[i] + "': a machine has a name of 1 … 16 letters, of its own");
        }
    }
    return names;
}

[[nodiscard]] SimFabricOptions options_of(size_t nodes, uint64_t seed) {
    SimFabricOptions options;
    options.nodes = nodes;
    options.seed = seed;
    return options;
}

} // namespace

std::string text_of(const LeaseRef& ref) {
    std::array<char, 16> buffer;
    TextWriter line{buffer};
    line.put_hex(ref.view().first(4));
    return std::string{line.text()};
}

// --- Node ----------------------------------------------------------------------------------------

std::string_view Node::name() const noexcept {
    return world_.host(index_).name();
}

fabric::Fabric& Node::fabric() {
    if (!world_.host(index_).has_fabric()) {
        misused(std::string{name()} + " is off: it has no fabric");
    }
    return world_.machine(index_).fabric();
}

Instant Node::now() {
    return fabric().now();
}

void Node::say(const std::string& text) {
    world_.story().say(world_.now(), std::string{name()} + ": " + text);
}

void Node::turn() noexcept {
    wait(saturating_add(now(), rest_most));
}

void Node::wait(Instant wake_at) {
    ProgramHost& host = world_.host(index_);
    if (Fiber::current() != nullptr) {
        host.wait(wake_at);
        return;
    }
    host.mark_used_by_test();
    const uint64_t turns = host.turns();
    const Instant limit = saturating_add(world_.now(), turn_most);
    while (host.turns() == turns) {
        if (!host.has_fabric() || world_.now() >= limit) {
            misused(std::string{name()} + " has no turns any more: it is off, or stands still");
        }
        host.want_turn(wake_at);
        world_.step(limit);
    }
}

void Node::sleep(Duration length) {
    const Instant end = saturating_add(now(), length);
    while (now() < end) {
        wait(end);
    }
}

void Node::settle() {
    while (fabric().count() > 0) { // no longer than the longest TTL
        turn();
    }
}

// --- the fabric ----------------------------------------------------------------------------------

SimFabric::SimFabric(size_t nodes, uint64_t seed) : SimFabric{options_of(nodes, seed)} {}

SimFabric::SimFabric(const SimFabricOptions& options)
    : seed_{options.seed},
      choice_{options.seed ^ 0x74657374ull},
      areas_{std::make_unique<test::SimMachineArea[]>(names_of(options).size())},
      machines_{std::make_unique<std::optional<test::SimMachine>[]>(names_of(options).size())},
      story_{names_of(options)} {
    const std::vector<std::string> names = names_of(options);
    const size_t count = names.size();
    is_closed_.resize(count * count);
    world_.emplace(test::SimFabric::Storage{{machines_.get(), count}, {areas_.get(), count}},
                   options.seed);
    world_->net().faults = {.delay_least = Duration{1}, .delay_most = options.delay_most};
    const auto drift = static_cast<int64_t>(options.drift_ppm);
    for (size_t i = 0; i < count; ++i) {
        hosts_.push_back(std::make_unique<ProgramHost>(
            names[i], [this, i] { return world_->machine(i).is_settled(); }));
        nodes_.push_back(std::make_unique<Node>(*this, i));
        const Instant start{1 + choice_.below(clock_spread_ms)};
        world_->add_machine(hosts_[i]->name(), {start, i % 2 == 0 ? drift : -drift})
            .add(*hosts_[i]);
    }
    world_->observers().add(story_);
    world_->has_tenants = true; // so that a lease can be told whose it is
    if (!world_->boot()) {
        misused("the machines do not boot");
    }
    archivists_.resize(options.keeps_logs ? count : 0);
    story_.begin(now());
}

SimFabric::~SimFabric() {
    for (const std::unique_ptr<ProgramHost>& host : hosts_) {
        host->mark_ending();
    }
    world_->power_off();
}

test::SimMachine& SimFabric::machine(size_t index) {
    if (index >= size()) {
        misused("machine " + std::to_string(index) + ": there are 0 … " +
                std::to_string(size() - 1));
    }
    return world_->machine(index);
}

size_t SimFabric::index_of(std::string_view name) const {
    std::string known;
    for (size_t i = 0; i < hosts_.size(); ++i) {
        if (hosts_[i]->name() == name) {
            return i;
        }
        known += (i == 0 ? "" : ", ") + hosts_[i]->name();
    }
    misused("machine '" + std::string{name} + "': there are " + known);
}

Node& SimFabric::node(size_t index) {
    (void)machine(index);
    return *nodes_[index];
}

Node& SimFabric::node(std::string_view name) {
    return *nodes_[index_of(name)];
}

const Program& SimFabric::run(size_t index, std::function<void(Node&)> program) {
    Node& node = this->node(index);
    return host(index).run([&node, program = std::move(program)] { program(node); });
}

const Program& SimFabric::run(std::string_view name, std::function<void(Node&)> program) {
    return run(index_of(name), std::move(program));
}

// --- time ----------------------------------------------------------------------------------------

void SimFabric::must_be_outside(const char* what) const {
    if (Fiber::current() != nullptr) {
        misused(std::string{what} + ": only the test does that; a program has sleep() and turn()");
    }
}

void SimFabric::step(Instant limit) {
    must_be_outside("moving time");
    keep_logs();
    if (!driver_.has_value()) {
        world_->step(limit);
        return;
    }
    world_->step(earlier_of(earlier_of(limit, faults_until_), driver_->next()));
    if (now() >= faults_until_) {
        faults_until_ = Instant::never();
        driver_->heal();
    }
    if (now() >= driver_->next()) {
        driver_->act();
    }
}

void SimFabric::keep_logs() {
    if (now() < archive_at_) {
        return;
    }
    archive_at_ = saturating_add(now(), archive_interval);
    for (size_t i = 0; i < archivists_.size(); ++i) {
        archivists_[i].look_after(world_->machine(i));
    }
}

void SimFabric::advance(Duration length) {
    const Instant end = saturating_add(now(), length);
    while (now() < end) {
        step(end);
    }
}

bool SimFabric::run_until(const std::function<bool()>& condition, Duration most) {
    const Instant end = saturating_add(now(), most);
    while (!condition()) {
        if (now() >= end) {
            return false;
        }
        step(end);
    }
    return true;
}

// --- the net -------------------------------------------------------------------------------------

void SimFabric::close(size_t from, size_t to, bool is_held) {
    must_be_outside("closing a way");
    (void)machine(from);
    (void)machine(to);
    if (from == to) {
        misused("a machine cannot be parted from itself");
    }
    if (!is_closed_[from * size() + to]) {
        is_closed_[from * size() + to] = true;
        world_->close_way(from, to, is_held);
    }
}

void SimFabric::partition(size_t a, size_t b) {
    close(a, b, false);
    close(b, a, false);
}

void SimFabric::partition_one_way(size_t from, size_t to) {
    close(from, to, false);
}

void SimFabric::hold_one_way(size_t from, size_t to) {
    close(from, to, true);
}

void SimFabric::release_one_way(size_t from, size_t to) {
    must_be_outside("opening a way");
    (void)machine(from);
    (void)machine(to);
    if (is_closed_[from * size() + to]) {
        is_closed_[from * size() + to] = false;
        world_->open_way(from, to);
    }
}

void SimFabric::isolate(size_t index) {
    for (size_t i = 0; i < size(); ++i) {
        if (i != index) {
            partition(index, i);
        }
    }
}

void SimFabric::heal() {
    must_be_outside("healing");
    if (driver_.has_value()) {
        faults_until_ = Instant::never();
        driver_->heal();
    }
    for (size_t from = 0; from < size(); ++from) {
        mend_disk(from);
        for (size_t to = 0; to < size(); ++to) {
            release_one_way(from, to);
        }
    }
}

// --- machines ------------------------------------------------------------------------------------

void SimFabric::kill(size_t index) {
    must_be_outside("killing a machine");
    if (machine(index).is_on()) {
        machine(index).crash(choice_.next());
    }
}

void SimFabric::restart(size_t index) {
    must_be_outside("starting a machine");
    machine(index).power_off();
    world_->start(index);
    if (!run_until([&] { return machine(index).is_on() && machine(index).is_settled(); },
                   boot_most)) {
        misused(host(index).name() + " does not become ready again");
    }
}

bool SimFabric::is_on(size_t index) {
    return machine(index).is_on();
}

void SimFabric::pause(size_t index, Duration length) {
    machine(index).pause(length);
}

void SimFabric::set_clock(size_t index, int64_t by_ms) {
    machine(index).step_clock(by_ms);
}

void SimFabric::break_disk(size_t index, hal::BlockOperation operation) {
    const lease::DiskLayout& layout = machine(index).node().log().layout();
    machine(index).disk().fail_sectors(operation, layout.data_first(), layout.data_sectors());
}

void SimFabric::mend_disk(size_t index) {
    machine(index).disk().heal();
}

// --- an operator ---------------------------------------------------------------------------------

Result<lease::Answer> SimFabric::operate(size_t index, const lease::Request& request) {
    must_be_outside("an operator's work");
    node::Node& node = machine(index).node();
    GRAFOS_TRY_ASSIGN(const lease::Ticket ticket, node.start(request));
    const Instant limit = saturating_add(now(), operator_most);
    while (machine(index).is_on() && now() < limit) {
        Result<lease::Answer> answer = node.poll(ticket);
        if (answer.is_ok() || answer.error().code != ErrorCode::busy) {
            return answer;
        }
        step(limit);
    }
    return Error{ErrorCode::disconnected, Field::operation};
}

Result<> SimFabric::revoke(const LeaseRef& ref) {
    for (size_t i = 0; i < size(); ++i) {
        if (!machine(i).is_on()) {
            continue;
        }
        const node::Node& node = machine(i).node();
        if (!node.lessor().table().find(ref, node.now()).is_ok()) {
            continue;
        }
        lease::Request request;
        request.operation = lease::Operation::revoke;
        request.caller.identity = bytes_of("operator");
        request.lease_ref = ref;
        request.reason = lease::Reason::operator_request;
        GRAFOS_TRY(operate(i, request));
        return ok();
    }
    return Error{ErrorCode::not_found, Field::lease_ref};
}

Result<> SimFabric::clear_fences(size_t index) {
    for (const lease::Resource* const resource : machine(index).node().lessor().resources()) {
        for (;;) { // each clearance ends a fence, or is refused
            const lease::Extent run = resource->find_run(lease::UnitState::fenced, 0);
            if (run.unit_count == 0) {
                break;
            }
            lease::Request request;
            request.operation = lease::Operation::clear_fence;
            request.caller.identity = bytes_of("operator");
            request.resource = resource->info().id;
            request.fence = resource->fence_of(run.first_unit);
            GRAFOS_TRY(operate(index, request));
        }
    }
    return ok();
}

void SimFabric::expire_leases() {
    must_be_outside("letting leases expire");
    Duration longest{0};
    for (size_t i = 0; i < size(); ++i) {
        if (!machine(i).is_on()) {
            continue;
        }
        const lease::LeaseTable& table = machine(i).node().lessor().table();
        for (auto slot = table.next_in_use({0}); slot.has_value();
             slot = table.next_in_use({slot->value + 1})) {
            longest = std::max(longest, table.info(*slot).ttl);
        }
    }
    const Duration nap{longest.ms + longest.ms / drift_shares + expiry_slack.ms};
    for (size_t i = 0; i < size(); ++i) {
        if (host(i).has_fabric() && machine(i).fabric().count() > 0) {
            machine(i).pause(nap);
        }
    }
    advance(Duration{nap.ms + 10}); // and the turn in which they learn it
}

// --- looking -------------------------------------------------------------------------------------

std::vector<LeaseView> SimFabric::leases() {
    std::vector<LeaseView> found;
    for (size_t i = 0; i < size(); ++i) {
        if (!machine(i).is_on()) {
            continue;
        }
        const node::Node& node = machine(i).node();
        const test::SimClock& clock = machine(i).setup().clock;
        const Duration since_turn =
            left_until(clock.local_of(now()), clock.local_of(machine(i).turn_began()));
        const Instant local = saturating_add(node.now(), since_turn);
        const lease::LeaseTable& table = node.lessor().table();
        for (auto slot = table.next_in_use({0}); slot.has_value();
             slot = table.next_in_use({slot->value + 1})) {
            const lease::LeaseInfo info = table.info(*slot);
            const size_t holder = info.tenant.value >= 1 ? info.tenant.value - 1 : i;
            found.push_back({.home = i,
                             .ref = info.ref,
                             .kind = node.lessor().resources()[info.resource]->info().kind,
                             .bytes = info.amount_bytes,
                             .extent = info.extent,
                             .phase = info.phase,
                             .epoch = info.epoch,
                             .left = left_until(table.deadline(*slot), local),
                             .holder = host(holder < size() ? holder : i).name()});
        }
    }
    return found;
}

lease::ResourceInfo SimFabric::inventory(size_t index, lease::ResourceKind kind) {
    return machine(index).info(kind);
}

std::vector<uint8_t> SimFabric::units_of(const LeaseView& lease) {
    test::SimMachine& home = machine(lease.home);
    const bool is_memory = lease.kind == lease::ResourceKind::memory;
    const uint64_t unit_bytes = home.info(lease.kind).unit_bytes;
    const uint64_t data_first = home.node().log().layout().data_first() * hal::sector_bytes;
    const uint64_t first = lease.extent.first_unit * unit_bytes + (is_memory ? 0 : data_first);
    const Bytes all = is_memory ? home.memory() : Bytes{home.disk().disk()};
    const Bytes units = all.subspan(static_cast<size_t>(first),
                                    static_cast<size_t>(lease.extent.unit_count * unit_bytes));
    return {units.begin(), units.end()};
}

// --- faults --------------------------------------------------------------------------------------

void SimFabric::begin_faults(const SimFaults& faults, Duration length) {
    must_be_outside("beginning faults");
    if (driver_.has_value() || !faults.check().is_ok()) {
        misused("a swarm of faults begins once, with rates of 0 … 1000");
    }
    if (size() > test::FaultDriver::machines_max) {
        misused("a swarm of faults needs 1 … " + std::to_string(test::FaultDriver::machines_max) +
                " machines");
    }
    if (faults.has(FaultKind::rolled_back_disk)) {
        images_.resize(size());
    }
    driver_.emplace(*world_, faults, images_, seed_ ^ 0x6661756c74ull);
    driver_->begin();
    faults_until_ = saturating_add(now(), length);
}

uint64_t SimFabric::count(FaultKind kind) {
    return driver_.has_value() ? driver_->count(kind) : 0;
}

} // namespace grafos::testkit
