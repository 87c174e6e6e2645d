// SPDX-License-Identifier: Apache-2.0
/// The course of a fabric's scenario, part by part. What is checked at every step is in
/// fabric_watch.cpp.
#include "tests/sim/scenario/fabric_scenario.hpp"

namespace grafos::test {
namespace {

constexpr Duration ttl{4'000};
constexpr Duration own_ttl{3'000};
constexpr size_t east = 0;
constexpr size_t west = 1;
constexpr NetFaults calm{.delay_least = Duration{1}, .delay_most = Duration{3}};
constexpr NetFaults stormy{.loss_permille = 100,
                           .duplicate_permille = 50,
                           .flip_permille = 10,
                           .delay_least = Duration{1},
                           .delay_most = Duration{40}};

} // namespace

FabricScenario::FabricScenario(uint64_t seed) noexcept : world_{seed} {
    // As far from true as clocks may be, each to its side.
    constexpr auto drift = static_cast<int64_t>(limits::clock_drift_ppm);
    world_.add_machine(names[east], {Instant{5'000}, drift});
    world_.add_machine(names[west], {Instant{1'000'000}, -drift});
    for (size_t i = 0; i < machines_count; ++i) {
        const std::string_view other = names[1 - i];
        const auto number = static_cast<uint32_t>(i);
        const uint32_t far = 1 - number;
        const Tenure::Parts parts{world_.observers(), verdict_, number, 3 * number};
        programs_[i].emplace(parts,
                             std::array<Tenure::Plan, 3>{{
                                 {lease::ResourceKind::memory, other, ttl, far},
                                 {lease::ResourceKind::block, other, ttl, far},
                                 {lease::ResourceKind::memory, names[i], own_ttl, number},
                             }},
                             world_.choice().next());
        world_.machine(i).add(*programs_[i]);
    }
    latecomer_.emplace(world_.observers(), static_cast<uint32_t>(west), 3 * machines_count);
    world_.machine(west).add(*latecomer_);
}

FabricOutcome FabricScenario::run() noexcept {
    using Part = void (FabricScenario::*)() noexcept;
    constexpr Part parts[] = {&FabricScenario::open,
                              &FabricScenario::lose_some,
                              &FabricScenario::lose_one_of_east,
                              &FabricScenario::lose_one_of_west,
                              &FabricScenario::hold_one_way,
                              &FabricScenario::come_late,
                              &FabricScenario::part_both,
                              &FabricScenario::fence_blocks,
                              &FabricScenario::settle};
    for (const Part part : parts) {
        if (verdict_.is_good()) {
            (this->*part)();
        }
    }
    return outcome();
}

FabricOutcome FabricScenario::run_opening(uint64_t changed_delivery) noexcept {
    world_.net().change_nth(changed_delivery);
    open();
    return outcome();
}

/// Both boot, learn each other's keys, and hold what they want over a net that does nothing.
void FabricScenario::open() noexcept {
    world_.net().faults = calm;
    expect(world_.boot(), "both nodes become ready");
    want_all(true);
    must_reach(Duration{20'000}, "both programs hold their leases, and they read as zeroes",
               [&] { return is_every(&Tenure::is_swept); });
    const uint64_t before = operations();
    must_reach(Duration{10'000}, "leases are used over a calm net",
               [&] { return operations() >= before + 200; });
}

/// Loss, doubles, overtaking, changed bits: nothing is done twice, and what ends is had again.
void FabricScenario::lose_some() noexcept {
    SimulatedNet& net = world_.net();
    const uint64_t renewed_before = renewed();
    const uint64_t before = operations();
    net.faults = stormy;
    run_for(Duration{30'000});
    expect(is_every(&Tenure::is_held), "every lease is held after half a minute of loss");
    expect(net.lost > 50 && net.duplicated > 20 && net.changed > 5 && net.overtaken > 50,
           "the net lost, doubled, changed and reordered");
    expect(renewed() >= renewed_before + 30, "leases are renewed through loss");
    expect(operations() >= before + 500, "leases are used through loss");
    net.faults = calm;
}

/// In a silence only renewals speak. One datagram is lost, a request or the answer to one; its
/// renewal is repeated in the same try, and holds.
void FabricScenario::lose_one(size_t from, size_t to) noexcept {
    SimulatedNet& net = world_.net();
    pause_all(true);
    must_reach(Duration{5'000}, "accesses come to their end",
               [&] { return is_every(&Tenure::is_quiet); });
    run_for(Duration{3'000}); // tries that began in the noise are over
    const uint64_t failed_before = renewals_failed();
    const uint64_t renewed_before = renewed();
    const uint64_t sent_before = net.sent;
    run_for(ttl);
    const uint64_t renewed_in_silence = renewed() - renewed_before;
    const uint64_t sent_in_silence = net.sent - sent_before;
    expect(renewed_in_silence > 0 && sent_in_silence <= 2 * renewed_in_silence,
           "in a silence only renewals speak, once, and are answered once");

    const uint64_t picked_before = net.picked_out;
    net.lose_next(address(from), address(to), 1);
    must_reach(ttl, "a renewal or its answer is lost",
               [&] { return net.picked_out == picked_before + 1; });
    const uint64_t at_loss = renewed();
    const uint64_t sent_at_loss = net.sent;
    run_for(ttl);
    expect(renewals_failed() == failed_before, "a renewal outlives the loss of a packet");
    expect(renewed() >= at_loss + 2 && is_every(&Tenure::is_held), "every lease is renewed on");
    expect(net.sent > sent_at_loss, "what was lost was sent again");
    pause_all(false);
}

/// Whatever west says waits for longer than any TTL, so west's leases on east run out at both ends,
/// and east hears nothing of the renewals that west grants it. What west wrote comes afterwards.
void FabricScenario::hold_one_way() noexcept {
    SimulatedNet& net = world_.net();
    latecomer_->take_token(names[east], tenure(west, far_memory).lease().lease_id());
    must_reach(Duration{2'000}, "the token of a lease is had",
               [&] { return latecomer_->is_done() && latecomer_->has_token(); });
    const std::array<uint64_t, 4> tags{
        tenure(west, far_memory).tag(), tenure(west, far_block).tag(),
        tenure(east, far_memory).tag(), tenure(east, far_block).tag()};
    must_reach(Duration{5'000}, "what was written is where it should be", [&] {
        bool is_there = true;
        for (size_t i = 0; i < tags.size(); ++i) {
            is_there = is_there && world_.machine(i / 2).count_of(tags[i]) > 0;
        }
        return is_there;
    });
    const uint64_t stopped_before = stopped_;
    const uint64_t held_before = net.held_back;
    const observe::Counters& granted_by_west = world_.machine(west).node().counters();
    const uint64_t renewed_before = granted_by_west.value(observe::Counter::renewals);
    net.hold(address(west), address(east));
    must_reach(Duration{3 * ttl.ms}, "all leases across the held direction end, the holders first",
               [&] { return stopped_ >= stopped_before + 4; });
    expect(net.held_back > held_before + 3, "what was sent waited");
    expect(granted_by_west.value(observe::Counter::renewals) > renewed_before + 1,
           "the other direction is open: its renewals are granted, and nobody hears of it");
    check_ends(tags);

    const observe::Counters& counters = world_.machine(east).node().counters();
    const auto late = [&] {
        return counters.refusals(ErrorCode::lease_expired) +
               counters.refusals(ErrorCode::stale_epoch) + counters.refusals(ErrorCode::not_found);
    };
    const uint64_t late_before = late();
    net.heal();
    must_reach(Duration{10'000}, "healed, all leases are acquired anew, and read as zeroes",
               [&] { return is_every(&Tenure::is_swept); });
    refused_late_ += late() - late_before;
    expect(late() > late_before, "accesses that come after the end of their lease are refused");
    for (size_t i = 0; i < tags.size(); ++i) {
        expect(world_.machine(i / 2).count_of(tags[i]) == 0, "and leave nothing behind");
    }
}

/// Every unit is wiped: not one of the words that were written is left.
void FabricScenario::check_ends(const std::array<uint64_t, 4>& tags) noexcept {
    const auto is_wiped = [&] {
        for (size_t i = 0; i < tags.size(); ++i) {
            if (world_.machine(i / 2).count_of(tags[i]) > 0) {
                return false;
            }
        }
        return true;
    };
    must_reach(Duration{2'000}, "what was leased is wiped", is_wiped);
}

/// A token outlives its lease in the hands of somebody who does not care; the node does.
void FabricScenario::come_late() noexcept {
    latecomer_->write_late();
    must_reach(Duration{6'000}, "the late write is answered",
               [&] { return latecomer_->is_done(); });
    const Result<>& answer = latecomer_->answer();
    expect(!answer.is_ok() && (answer.error().code == ErrorCode::lease_expired ||
                               answer.error().code == ErrorCode::stale_epoch),
           "a write by the token of a lease that has ended is refused");
    refused_late_ += 1;
    run_for(Duration{1'000}); // whoever holds the units now reads on, and would see it
}

/// Neither hears the other; each goes on by itself, and both come back.
void FabricScenario::part_both() noexcept {
    const uint64_t stopped_before = stopped_;
    const uint64_t cut_before = world_.net().cut_off;
    const uint64_t own_before = tenure(east, own_memory).figures().acquired;
    world_.net().faults = stormy;
    world_.part(east, west);
    must_reach(Duration{3 * ttl.ms}, "all leases across a cut end, the holders first",
               [&] { return stopped_ >= stopped_before + 4; });
    expect(world_.net().cut_off > cut_before, "what was sent was cut off");
    expect(tenure(east, own_memory).is_held() &&
               tenure(east, own_memory).figures().acquired == own_before,
           "a lease of one's own machine does not notice");
    world_.net().heal();
    must_reach(Duration{30'000}, "healed, all leases are acquired anew through loss",
               [&] { return is_every(&Tenure::is_swept); });
    world_.net().faults = calm;
}

/// West's disk refuses to be wiped: the block lease of east ends in a fence, and an operator clears
/// it when the disk is well again.
void FabricScenario::fence_blocks() noexcept {
    SimMachine& machine = world_.machine(west);
    const lease::DiskLayout& layout = machine.node().log().layout();
    const auto blocks = [&] { return machine.info(lease::ResourceKind::block); };
    Tenure& user = tenure(east, far_block);
    user.is_disk_bad = true;
    machine.disk().fail_sectors(hal::BlockOperation::write, layout.data_first(),
                                layout.data_sectors());
    must_reach(Duration{10'000}, "whoever writes to a bad disk is told",
               [&] { return user.figures().disk_errors > 0; });
    user.is_wanted = false;
    must_reach(Duration{10'000}, "a wipe that fails ends in a fence",
               [&] { return blocks().fenced > 0; });
    expect(blocks().leased == 0, "what is fenced is nobody's");
    machine.disk().heal();
    user.is_disk_bad = false;
    lease::Request request;
    request.operation = lease::Operation::clear_fence;
    request.caller.identity = bytes_of("operator");
    for (const lease::Resource* const resource : machine.node().lessor().resources()) {
        const lease::Extent run = resource->find_run(lease::UnitState::fenced, 0);
        if (run.unit_count > 0) {
            request.resource = resource->info().id;
            request.fence = resource->fence_of(run.first_unit);
        }
    }
    const Result<lease::Ticket> ticket = machine.node().start(request);
    expect(ticket.is_ok(), "a clearance begins");
    must_reach(Duration{10'000}, "a fence is cleared when the wipe succeeds", [&] {
        return blocks().fenced == 0 && ticket.is_ok() &&
               machine.node().poll(ticket.value()).is_ok();
    });
    user.is_wanted = true;
    must_reach(Duration{10'000}, "what was fenced is leased again, and reads as zeroes",
               [&] { return user.is_swept(); });
}

/// Everything is let go: no lease, no fence, and every record durable.
void FabricScenario::settle() noexcept {
    want_all(false);
    must_reach(Duration{30'000}, "everything is given back, wiped, told and durable", [&] {
        bool is_over = is_every(&Tenure::is_away);
        for (size_t i = 0; i < machines_count; ++i) {
            SimMachine& machine = world_.machine(i);
            is_over = is_over && machine.fabric().count() == 0 && machine.is_idle();
        }
        return is_over;
    });
    for (const Watched& watched : watched_) {
        expect(!watched.is_used, "every lease that was held is over at its node");
    }
    for (size_t i = 0; i < machines_count; ++i) {
        expect(world_.machine(i).disk().buffer_violations() == 0, "a lent buffer is left alone");
    }
}

} // namespace grafos::test
