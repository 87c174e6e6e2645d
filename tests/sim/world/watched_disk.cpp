// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/watched_disk.hpp"

namespace grafos::test {

void WatchedDisk::remember(uint64_t ticket, bool is_flush) noexcept {
    for (Pending& each : pending_) {
        if (each.ticket == 0) {
            each = {ticket, is_flush};
            return;
        }
    }
    GRAFOS_UNREACHABLE(); // the disk has no more places either
}

Result<hal::BlockTicket> WatchedDisk::start_write(uint64_t sector, Bytes from) noexcept {
    Result<hal::BlockTicket> ticket = disk_.start_write(sector, from);
    if (ticket.is_ok()) {
        remember(ticket.value().number, false);
        observers_.say({.what = SimEvent::What::write_started,
                        .machine = machine_,
                        .number = sector,
                        .ticket = ticket.value().number,
                        .bytes = from});
    }
    return ticket;
}

Result<hal::BlockTicket> WatchedDisk::start_flush() noexcept {
    Result<hal::BlockTicket> ticket = disk_.start_flush();
    if (ticket.is_ok()) {
        remember(ticket.value().number, true);
        observers_.say({.what = SimEvent::What::flush_started,
                        .machine = machine_,
                        .ticket = ticket.value().number});
    }
    return ticket;
}

Result<> WatchedDisk::poll(hal::BlockTicket ticket) noexcept {
    const Result<> answer = disk_.poll(ticket);
    if (!answer.is_ok() && answer.error().code == ErrorCode::busy) {
        return answer;
    }
    for (Pending& each : pending_) {
        if (each.ticket == ticket.number) {
            observers_.say(
                {.what = each.is_flush ? SimEvent::What::flush_ended : SimEvent::What::write_ended,
                 .machine = machine_,
                 .is_ok = answer.is_ok(),
                 .ticket = ticket.number});
            each = {};
        }
    }
    return answer;
}

Result<> WatchedDisk::reset() noexcept {
    pending_ = {};
    const Result<> answer = disk_.reset();
    observers_.say(
        {.what = SimEvent::What::disk_reset, .machine = machine_, .is_ok = answer.is_ok()});
    return answer;
}

} // namespace grafos::test
