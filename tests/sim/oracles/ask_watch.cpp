// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/ask_watch.hpp"

namespace grafos::test {
namespace {

/// What was asked may be on its way so long, granted then, and live for a lease's life by a slow
/// clock.
constexpr Duration way_most{15'000};

} // namespace

void AskWatch::on_program(uint32_t machine, const ProgramEvent& program) noexcept {
    if (program.program >= programs_max) {
        return;
    }
    Ask& ask = asks_[program.program];
    switch (program.what) {
    case ProgramEvent::What::asked: ask = {true, machine, program.home, program.ttl, {}}; return;
    case ProgramEvent::What::granted: ask.is_open = false; return;
    case ProgramEvent::What::refused: lose(ask); return;
    case ProgramEvent::What::began:
    case ProgramEvent::What::used:
    case ProgramEvent::What::failed:
    case ProgramEvent::What::ended:
    case ProgramEvent::What::gave_up:
    case ProgramEvent::What::renewed: return;
    }
}

void AskWatch::on_power_off(uint32_t machine) noexcept {
    for (Ask& ask : asks_) {
        if (ask.machine == machine) {
            lose(ask);
        }
    }
}

void AskWatch::lose(Ask& ask) noexcept {
    if (!ask.is_open) {
        return;
    }
    ask.is_open = false;
    ask.until = saturating_add(findings_.now(), Duration{2 * ask.ttl.ms + way_most.ms});
    lost_[next_lost_] = ask;
    next_lost_ = (next_lost_ + 1) % lost_.size();
}

void AskWatch::on_told(uint32_t machine, const BookLease& lease) noexcept {
    for (const Known& known : known_) {
        if (known.principal == lease.principal && known.machine == machine) {
            return;
        }
    }
    known_[next_known_] = {lease.principal, machine};
    next_known_ = (next_known_ + 1) % known_.size();
}

uint64_t AskWatch::count(uint32_t machine, uint32_t home) const noexcept {
    uint64_t count = 0;
    for (const Ask& ask : asks_) {
        count += ask.is_open && ask.machine == machine && ask.home == home ? 1u : 0u;
    }
    for (const Ask& ask : lost_) {
        const bool may_live = findings_.now() < ask.until;
        count += may_live && ask.machine == machine && ask.home == home ? 1u : 0u;
    }
    return count;
}

/// Several machines never share a principal; one of another node's console is not known here.
void AskWatch::on_grant(LeaseBook& book, const BookLease& lease) noexcept {
    uint64_t asked = 0;
    bool is_known = false;
    for (const Known& known : known_) {
        if (known.principal == lease.principal && known.principal != 0) {
            is_known = true;
            asked += count(known.machine, lease.home);
        }
    }
    uint64_t untold = 0;
    for (const BookLease& each : book.leases()) {
        untold +=
            each.is_live() && each.holders == 0 && each.principal == lease.principal ? 1u : 0u;
    }
    findings_.expect_if(Oracle::at_most_once, is_known, untold <= asked,
                        "what was asked for once has one live lease");
}

} // namespace grafos::test
