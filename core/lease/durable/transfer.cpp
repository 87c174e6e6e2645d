// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/transfer.hpp"

namespace grafos::lease {

void Transfer::set_read(uint64_t sector, MutableBytes to) noexcept {
    GRAFOS_ASSERT(is_idle());
    GRAFOS_ASSERT(!to.empty() && to.size() % hal::sector_bytes == 0);
    job_ = Job::read;
    sector_ = sector;
    to_ = to;
    size_ = to.size();
    offset_ = 0;
}

void Transfer::set_write(uint64_t sector, Bytes from) noexcept {
    GRAFOS_ASSERT(is_idle());
    GRAFOS_ASSERT(!from.empty() && from.size() % hal::sector_bytes == 0);
    job_ = Job::write;
    sector_ = sector;
    from_ = from;
    size_ = from.size();
    offset_ = 0;
}

void Transfer::set_flush() noexcept {
    GRAFOS_ASSERT(is_idle());
    job_ = Job::flush;
    size_ = 0;
    offset_ = 0;
}

size_t Transfer::part_bytes() const noexcept {
    const size_t most = size_t{device_.geometry().transfer_sectors_max} * hal::sector_bytes;
    const size_t left = size_ - offset_;
    return left < most ? left : most;
}

Result<hal::BlockTicket> Transfer::start_part() noexcept {
    const uint64_t sector = sector_ + offset_ / hal::sector_bytes;
    switch (job_) {
    case Job::read: return device_.start_read(sector, to_.subspan(offset_, part_bytes()));
    case Job::write: return device_.start_write(sector, from_.subspan(offset_, part_bytes()));
    case Job::flush: return device_.start_flush();
    case Job::none: break;
    }
    GRAFOS_UNREACHABLE();
}

Result<Progress> Transfer::tick() noexcept {
    if (is_idle()) {
        return Progress::done;
    }
    GRAFOS_ASSERT(offset_ <= size_);
    if (!is_in_flight()) {
        const Result<hal::BlockTicket> started = start_part();
        if (started.is_ok()) {
            ticket_ = started.value();
        } else if (started.error().code != ErrorCode::busy) {
            job_ = Job::none;
            return started.error();
        }
        return Progress::more;
    }
    const Result<> polled = device_.poll(ticket_);
    if (!polled.is_ok()) {
        if (polled.error().code == ErrorCode::busy) {
            return Progress::more;
        }
        ticket_ = {};
        if (polled.error().code == ErrorCode::not_found) {
            return Progress::more; // somebody reset the device: start again
        }
        job_ = Job::none;
        return polled.error();
    }
    ticket_ = {};
    offset_ += part_bytes();
    if (offset_ < size_) {
        return Progress::more;
    }
    job_ = Job::none;
    return Progress::done;
}

void Transfer::cancel() noexcept {
    GRAFOS_ASSERT(!is_in_flight());
    job_ = Job::none;
}

} // namespace grafos::lease
