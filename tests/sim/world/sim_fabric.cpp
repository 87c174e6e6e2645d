// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/sim_fabric.hpp"

namespace grafos::test {
namespace {

constexpr uint32_t first_address = 0x0A000001; // 10.0.0.1, and so on
constexpr uint16_t port_number = 7000;
constexpr Duration boot_most{60'000};

} // namespace

SimFabric::SimFabric(const Storage& storage, uint64_t seed) noexcept
    : storage_{storage}, choice_{seed}, net_{seed ^ 0x6e6574ull} {
    GRAFOS_ASSERT(storage.machines.size() == storage.areas.size());
    net_.listen(this);
    observers_.add(trace_observer_);
    advance(Instant{1});
}

SimMachine& SimFabric::add_machine(std::string_view name, SimClock clock,
                                   const lease::LogOptions& log) noexcept {
    GRAFOS_ASSERT(count_ < storage_.machines.size());
    const auto number = static_cast<uint32_t>(count_);
    const SimMachine::Setup setup{
        name, {first_address + number, port_number}, choice_.next(), clock, log};
    std::optional<SimMachine>& place = storage_.machines[count_];
    place.emplace(setup, number, storage_.areas[count_], net_, observers_);
    count_ += 1;
    return *place;
}

void SimFabric::add_participant(SimParticipant& participant) noexcept {
    GRAFOS_ASSERT(participant_count_ < participants_max);
    participants_[participant_count_] = &participant;
    participant_count_ += 1;
}

void SimFabric::add_guest(const wire::Principal& guest) noexcept {
    GRAFOS_ASSERT(guest_count_ < guests_max);
    guests_[guest_count_] = guest;
    guest_count_ += 1;
}

uint32_t SimFabric::number_at(const hal::DatagramAddress& address) const noexcept {
    return address.ipv4 - first_address;
}

void SimFabric::say(SimEvent::What what, const Datagram& datagram) noexcept {
    observers_.say({.what = what,
                    .machine = number_at(datagram.to),
                    .number = number_at(datagram.from),
                    .datagram = &datagram});
}

void SimFabric::on_sent(const Datagram& datagram) noexcept {
    say(SimEvent::What::sent, datagram);
}

void SimFabric::on_delivered(const Datagram& datagram) noexcept {
    say(SimEvent::What::delivered, datagram);
}

void SimFabric::power_off() noexcept {
    for (size_t i = 0; i < count_; ++i) {
        machine(i).power_off();
    }
}

void SimFabric::advance(Instant to) noexcept {
    now_ = to;
    net_.set_now(to);
    observers_.set_now(to);
}

Instant SimFabric::next_of_participants() const noexcept {
    Instant next = Instant::never();
    for (size_t i = 0; i < participant_count_; ++i) {
        next = earlier_of(next, participants_[i]->next_turn());
    }
    return next > now_ ? next : saturating_add(now_, Duration{1});
}

/// When each machine turns next is asked once a step: it is most of what a quiet step costs.
void SimFabric::step(Instant limit) noexcept {
    steps_ += 1;
    std::array<Instant, wire::peers_max> turns{};
    Instant next = earlier_of(limit, next_of_participants());
    for (size_t i = 0; i < count_; ++i) {
        turns[i] = machine(i).next_turn();
        next = earlier_of(next, turns[i]);
    }
    next = next < now_ ? now_ : next; // a machine that was just turned on
    advance(next);
    for (size_t i = 0; i < participant_count_; ++i) {
        if (participants_[i]->next_turn() <= now_) {
            participants_[i]->turn(now_);
            ask_again(turns); // what it sent may be there at once
        }
    }
    const size_t first = static_cast<size_t>(choice_.below(count_));
    for (size_t i = 0; i < count_; ++i) {
        const size_t index = (first + i) % count_;
        if (turns[index] <= now_) {
            machine(index).turn(now_);
        }
    }
}

void SimFabric::ask_again(std::span<Instant> turns) noexcept {
    for (size_t i = 0; i < count_; ++i) {
        turns[i] = machine(i).next_turn();
    }
}

bool SimFabric::settle() noexcept {
    return run_until(boot_most, [&] {
        bool is_settled = true;
        for (size_t i = 0; i < count_; ++i) {
            is_settled = is_settled && machine(i).is_settled();
        }
        return is_settled;
    });
}

bool SimFabric::boot() noexcept {
    for (size_t i = 0; i < count_; ++i) {
        machine(i).power_on_alone();
    }
    if (!settle()) {
        return false;
    }
    introduce();
    return settle();
}

void SimFabric::learn_keys() noexcept {
    for (size_t i = 0; i < count_; ++i) {
        keys_[i] = machine(i).node().identity().exchange_key();
        ids_[i] = machine(i).node().identity().node_id();
    }
}

void SimFabric::introduce() noexcept {
    learn_keys();
    power_off();
    for (size_t i = 0; i < count_; ++i) {
        start(i);
    }
}

void SimFabric::start(size_t index) noexcept {
    std::array<wire::Principal, wire::peers_max> peers;
    machine(index).power_on(peers_of(index, peers));
}

std::span<const wire::Principal> SimFabric::peers_of(size_t index,
                                                     std::span<wire::Principal> to) const noexcept {
    size_t count = 0;
    for (size_t i = 0; i < count_; ++i) {
        if (i == index) {
            continue;
        }
        const SimMachine::Setup& setup = storage_.machines[i]->setup();
        wire::Principal& peer = to[count];
        peer = {};
        peer.exchange_key = keys_[i];
        peer.node_id = ids_[i];
        peer.roles = wire::Roles{} | wire::Role::cap;
        peer.roles = has_calls ? peer.roles | wire::Role::call : peer.roles;
        peer.has_tenant = has_tenants;
        peer.tenant = {has_tenants ? static_cast<uint32_t>(i + 1) : 0};
        peer.address = setup.address;
        GRAFOS_ASSERT(setup.name.size() <= peer.name.size());
        for (const char letter : setup.name) {
            peer.name[peer.name_size] = letter;
            peer.name_size += 1;
        }
        count += 1;
    }
    for (size_t i = 0; i < guest_count_; ++i) {
        to[count] = guests_[i];
        count += 1;
    }
    return to.first(count);
}

void SimFabric::part(size_t a, size_t b) noexcept {
    close_way(a, b, false);
    close_way(b, a, false);
}

void SimFabric::close_way(size_t from, size_t to, bool is_held) noexcept {
    const hal::DatagramAddress& sender = machine(from).setup().address;
    const hal::DatagramAddress& receiver = machine(to).setup().address;
    if (is_held) {
        net_.hold(sender, receiver);
    } else {
        net_.cut(sender, receiver);
    }
    observers_.say({.what = SimEvent::What::way_closed,
                    .machine = static_cast<uint32_t>(from),
                    .code = static_cast<uint8_t>(is_held ? 1 : 0),
                    .number = to});
}

void SimFabric::open_way(size_t from, size_t to) noexcept {
    net_.open(machine(from).setup().address, machine(to).setup().address);
    observers_.say(
        {.what = SimEvent::What::way_opened, .machine = static_cast<uint32_t>(from), .number = to});
}

} // namespace grafos::test
