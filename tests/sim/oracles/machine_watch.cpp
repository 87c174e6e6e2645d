// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/machine_watch.hpp"

#include "tests/support/ram_block_device.hpp"

namespace grafos::test {
namespace {

/// Of a disk's places for operations, those that the log is sure to find free behind reads that
/// nobody sees.
constexpr size_t in_flight_sure = 3;

} // namespace

void MachineWatch::on_event(const SimEvent& event) noexcept {
    events_ += 1;
    switch (event.what) {
    case SimEvent::What::power_on: on_power_on(); return;
    case SimEvent::What::power_off:
        is_on_ = false;
        log_.on_power_off();
        return;
    case SimEvent::What::turn_began: on_turn_began(event); return;
    case SimEvent::What::turn_ended: on_turn_ended(event); return;
    case SimEvent::What::anchored: log_.on_anchored(event.number, event.bytes); return;
    case SimEvent::What::machine_fault:
    case SimEvent::What::disk_fault:
    case SimEvent::What::disk_replaced: on_fault(event); return;
    case SimEvent::What::write_started:
    case SimEvent::What::write_ended:
    case SimEvent::What::flush_started:
    case SimEvent::What::flush_ended:
    case SimEvent::What::disk_reset: on_disk(event); return;
    case SimEvent::What::delivered:
        if (event.number < heard_.size()) {
            heard_[event.number] = events_;
        }
        was_woken_ = true;
        return;
    case SimEvent::What::program:
    case SimEvent::What::asked: was_woken_ = true; return;
    case SimEvent::What::crash:
    case SimEvent::What::sent:
    case SimEvent::What::way_closed:
    case SimEvent::What::way_opened:
    case SimEvent::What::trick: return;
    }
}

void MachineWatch::finish() noexcept {
    const LeaseBook::Sums& sums = book_.sums();
    expect(Oracle::liveness, sums.live[0] == 0 && sums.live[1] == 0,
           "what was given back is leased no more");
    log_.check_whole();
}

void MachineWatch::on_power_on() noexcept {
    turns_.restart();
    log_.on_power_on();
    bytes_.on_power_on();
    is_on_ = true;
    is_ready_ = false;
    was_all_free_ = {};
    was_moved_ = false;
}

void MachineWatch::on_fault(const SimEvent& event) noexcept {
    if (event.what == SimEvent::What::disk_replaced) {
        log_.on_replaced(static_cast<DiskFault>(event.code) == DiskFault::erased);
        return;
    }
    if (event.what == SimEvent::What::disk_fault) {
        const auto fault = static_cast<DiskFault>(event.code);
        if (fault == DiskFault::lost_flush) {
            log_.on_flush_lost();
        } else if (fault == DiskFault::misdirected_write) {
            log_.on_misdirected();
        }
        return;
    }
    switch (static_cast<MachineFault>(event.code)) {
    case MachineFault::clock_step: clock_trouble_ = event.at; break;
    case MachineFault::clock_stall:
        clock_trouble_ = saturating_add(event.at, Duration{event.number});
        break;
    case MachineFault::long_turn: break;
    case MachineFault::crash:
    case MachineFault::pause: return;
    }
    was_moved_ = true;
}

void MachineWatch::on_disk(const SimEvent& event) noexcept {
    const uint64_t data_first = log_.layout().data_first();
    if (event.what == SimEvent::What::write_started) {
        if (log_.layout().is_known() && event.number >= data_first) {
            bytes_.on_write((event.number - data_first) * logged_sector_bytes, event.bytes,
                            event.ticket, turns_.now());
        } else {
            has_written_ = true;
            log_.on_write(event.number, event.bytes, event.ticket);
        }
        return;
    }
    if (event.what == SimEvent::What::flush_started) {
        log_.on_flush(event.ticket);
        bytes_.on_flush(event.ticket);
        return;
    }
    was_woken_ = true;
    if (event.what == SimEvent::What::write_ended) {
        log_.on_write_end(event.ticket, event.is_ok);
        bytes_.on_write_end(event.ticket, event.is_ok);
    } else if (event.what == SimEvent::What::flush_ended) {
        log_.on_flush_end(event.ticket, event.is_ok);
        bytes_.on_flush_end(event.ticket, event.is_ok);
    } else {
        log_.on_reset();
        bytes_.on_reset();
    }
}

// --- turns ---------------------------------------------------------------------------------------

void MachineWatch::on_turn_began(const SimEvent& event) noexcept {
    began_ = Instant{event.number};
    if (turns_.add(began_, event.at)) {
        suspects_since_ = events_;
    }
    has_written_ = false;
}

void MachineWatch::on_turn_ended(const SimEvent& event) noexcept {
    const Instant raw{event.number};
    findings_.expect_if(Oracle::turn, !was_moved_, left_until(raw, began_) <= limits_.turn_max,
                        "no turn is longer than its limit");
    if (left_until(raw, began_) > limits_.turn_max) {
        suspects_since_ = events_;
    }
    const uint64_t wiped = bytes_.take_wiped();
    expect(Oracle::turn, !is_ready_ || wiped <= limits_.wipe_bytes_per_turn,
           "no turn wipes more than its budget");
    if (event.turn != nullptr) {
        const TurnReport& turn = *event.turn;
        take_shapes(turn);
        check_early_turn(event);
        expect(Oracle::deadline, !turn.is_ready || turn.next_deadline >= began_,
               "the next turn is not due before the last");
        check_ends(turn);
        check_inventory(turn);
        said_ = turn.next_deadline;
        is_ready_ = turn.is_ready;
    }
    bytes_.on_turn_end(turns_.now(), was_woken_);
    was_moved_ = false;
    was_woken_ = false;
}

void MachineWatch::take_shapes(const TurnReport& turn) noexcept {
    const Bytes lent[] = {lent_.memory, log_.data()};
    for (size_t i = 0; i < turn.resources.size(); ++i) {
        const lease::ResourceInfo& info = turn.resources[i];
        const BookResource& known = book_.resource(i);
        if (known.unit_bytes != info.unit_bytes || known.unit_count != info.unit_count ||
            known.bytes.data() != lent[i].data()) {
            book_.set_shape(i, info.unit_bytes, info.unit_count, lent[i]);
        }
    }
}

/// It said that it needs no turn before `said_`, and nobody woke it.
void MachineWatch::check_early_turn(const SimEvent& event) noexcept {
    const bool is_early = is_ready_ && !was_woken_ && !was_moved_ && began_ < said_;
    if (is_early && event.turn->is_ready) {
        expect(Oracle::deadline, !has_written_, "a turn before its time changes nothing");
    }
}

bool MachineWatch::is_all_told(const TurnReport& turn) const noexcept {
    return turn.is_ready && is_ready_ && log_.is_quiet() && bytes_.in_flight() <= in_flight_sure;
}

void MachineWatch::check_ends(const TurnReport& turn) noexcept {
    const uint64_t ends = book_.take_end_count();
    if (!is_all_told(turn)) {
        return;
    }
    const Instant end = book_.sums().next_end;
    if (end == Instant::never()) {
        return;
    }
    expect(Oracle::deadline, end > turns_.now() || ends >= limits_.expiries_per_turn_max,
           "a lease is over in the first turn at or past its deadline");
    const Instant due = saturating_add(began_, left_until(end, turns_.now()));
    expect(Oracle::deadline, turn.next_deadline <= due,
           "the next turn is due no later than the next end of a lease");
}

void MachineWatch::check_inventory(const TurnReport& turn) noexcept {
    for (size_t i = 0; i < turn.resources.size(); ++i) {
        const lease::ResourceInfo& info = turn.resources[i];
        expect(Oracle::conservation,
               info.free + info.leased + info.tearing + info.dirty + info.fenced == info.unit_count,
               "each unit is in one state");
        if (!is_all_told(turn)) {
            continue;
        }
        const uint64_t fenced = book_.sums().fenced[i];
        expect(Oracle::conservation, info.leased == book_.sums().live[i],
               "the units of live leases are leased, and no others");
        expect(Oracle::conservation, info.fenced <= fenced, "what is fenced has a fence");
        findings_.expect_if(Oracle::fence, !book_.doubts_fences(),
                            info.free + info.leased + fenced <= info.unit_count,
                            "what has a fence is neither free nor leased");
    }
    for (size_t i = 0; i < turn.resources.size(); ++i) {
        check_what_is_free(i, turn);
    }
}

/// Asked when all of it becomes free: then no access is on its way that could still come.
void MachineWatch::check_what_is_free(size_t index, const TurnReport& turn) noexcept {
    const lease::ResourceInfo& info = turn.resources[index];
    const BookResource& resource = book_.resource(index);
    const bool is_all_free = turn.is_ready && info.unit_count > 0 && info.free == info.unit_count;
    if (is_all_free && !was_all_free_[index]) {
        const bool is_sure = index == 0 || !book_.doubts_blocks();
        findings_.expect_if(
            Oracle::residue, is_sure, is_all_zero(resource.bytes_of(0, info.unit_count)),
            index == 0 ? "memory that is free is zero" : "blocks that are free are zero");
        bool is_wiped = true;
        for (uint64_t unit = 0; unit < info.unit_count && index == 1; ++unit) {
            const BookUnit& each = resource.units[unit];
            is_wiped = is_wiped && (!each.must_zero || each.is_wiped(resource.unit_bytes));
        }
        findings_.expect_if(Oracle::residue, is_sure && log_.is_trusted(), is_wiped,
                            "blocks that are free were wiped as a whole");
    }
    was_all_free_[index] = is_all_free;
}

} // namespace grafos::test
