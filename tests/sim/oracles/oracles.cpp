// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/oracles.hpp"

namespace grafos::test {
namespace {

/// Of a spread of two tenths: that so many are so close is less than once in a million runs.
constexpr uint64_t renewals_least = 8;
constexpr uint64_t spread_least = 20; ///< thousandths

} // namespace

void Oracles::add_machine(const LentBytes& lent) noexcept {
    GRAFOS_ASSERT(count_ < storage_.machines.size());
    GRAFOS_ASSERT(lent.memory.size() <= storage_.shadows.size() - shadowed_);
    const MutableBytes shadow = storage_.shadows.subspan(shadowed_, lent.memory.size());
    storage_.machines[count_].emplace(findings_, limits_, count_, lent, shadow,
                                      static_cast<LeaseBook::Listener&>(*this));
    shadowed_ += lent.memory.size();
    count_ += 1;
}

void Oracles::on_event(const SimEvent& event) noexcept {
    findings_.set_now(event.at);
    if (event.what == SimEvent::What::sent && event.number < count_) {
        sessions_.on_sent(static_cast<uint32_t>(event.number), *event.datagram);
    }
    if (event.machine >= count_) {
        return; // of somebody who is no machine
    }
    if (event.what == SimEvent::What::program) {
        on_program(event.machine, *event.program);
    }
    if (event.what == SimEvent::What::power_off) {
        asks_.on_power_off(event.machine);
    }
    watch(event.machine).on_event(event);
}

void Oracles::finish(Instant world) noexcept {
    findings_.set_now(world);
    for (size_t i = 0; i < count_; ++i) {
        watch(i).finish();
    }
    check_shares();
}

/// Each lease has a moment of its own, so that those of one node do not come together.
void Oracles::check_shares() noexcept {
    LeaseBook::Shares all;
    for (size_t i = 0; i < count_; ++i) {
        const LeaseBook::Shares& of = watch(i).book().shares();
        all.count += of.count;
        all.least = of.least < all.least ? of.least : all.least;
        all.most = of.most > all.most ? of.most : all.most;
    }
    findings_.expect_if(Oracle::liveness, all.count >= renewals_least,
                        all.most >= all.least + spread_least, "renewals are spread over time");
}

// --- programs ------------------------------------------------------------------------------------

void Oracles::on_program(uint32_t machine, const ProgramEvent& program) noexcept {
    if (program.what == ProgramEvent::What::granted) {
        on_granted(machine, program);
    }
    asks_.on_program(machine, program);
    if (program.program < programs_max) {
        last_said_[program.program] = findings_.now();
    }
    if (program.home >= count_ || program.ref.is_zero()) {
        return;
    }
    BookLease* const lease = watch(program.home).book().find(program.ref);
    if (lease == nullptr || lease->machine != machine) {
        return;
    }
    switch (program.what) {
    case ProgramEvent::What::began:
        lease->last_began = findings_.now();
        lease->has_begun = true;
        if (program.operation == ProgramEvent::Operation::exchange) {
            lease->word_at = program.offset;
        }
        if (lease->is_tagged() && lease->home != machine) {
            findings_.expect(Oracle::holder_first, watch(machine).has_heard(lease->home),
                             "a holder in doubt of its clock asks before it goes on");
        }
        if (lease->state == BookLease::State::over) {
            check_holder(*lease);
        }
        return;
    case ProgramEvent::What::used:
        lease->last_handed = findings_.now();
        if (lease->state == BookLease::State::over) {
            check_handed(*lease);
        }
        if (program.operation == ProgramEvent::Operation::read && lease->is_tagged()) {
            watch(program.home).bytes().check_read(*lease, program.offset, program.bytes);
        }
        return;
    case ProgramEvent::What::renewed:
        lease->renewals += 1;
        findings_.expect(Oracle::anchored, lease->renewals <= lease->durable_generation,
                         "a renewal is durable before its answer leaves");
        return;
    case ProgramEvent::What::granted:
    case ProgramEvent::What::asked:
    case ProgramEvent::What::refused:
    case ProgramEvent::What::failed:
    case ProgramEvent::What::ended:
    case ProgramEvent::What::gave_up: return;
    }
}

void Oracles::on_granted(uint32_t machine, const ProgramEvent& program) noexcept {
    if (program.home >= count_) {
        return;
    }
    MachineWatch& home = watch(program.home);
    BookLease* const lease = home.book().find(program.ref);
    findings_.expect(Oracle::anchored, lease != nullptr && lease->is_durable,
                     "a grant is durable before its answer leaves");
    if (lease == nullptr) {
        return;
    }
    asks_.on_told(machine, *lease);
    lease->holders += 1;
    lease->machine = machine;
    lease->tag = program.tag;
    lease->asked_after = program.program < programs_max ? last_said_[program.program] : Instant{};
}

bool Oracles::was_clock_good(uint32_t machine, Instant since) noexcept {
    const Instant trouble = watch(machine).clock_trouble();
    return trouble == Instant{} || trouble < since;
}

/// On its home a program learns of the end in the turn that brings it.
void Oracles::check_handed(const BookLease& lease) noexcept {
    if (lease.holders == 1 && lease.machine == lease.home && !lease.is_cut) {
        findings_.expect(Oracle::authority, lease.last_handed < lease.over_at,
                         "nothing is handed over of a lease that is over");
    }
}

/// Drift within rho is in the margin; a clock that was set or stood still is not.
void Oracles::check_holder(const BookLease& lease) noexcept {
    if (lease.holders != 1 || lease.end != LoggedKind::expired || !lease.has_begun) {
        return;
    }
    const bool is_premised = !lease.is_cut && was_clock_good(lease.machine, lease.asked_after) &&
                             was_clock_good(lease.home, lease.asked_after);
    findings_.expect_if(Oracle::holder_first, is_premised, lease.last_began < lease.over_at,
                        "a holder begins nothing once its node has ended the lease");
}

} // namespace grafos::test
