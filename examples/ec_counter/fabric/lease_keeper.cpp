// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/fabric/lease_keeper.hpp"

#include <algorithm>

#include "core/fabric/fabric.hpp"

namespace grafos::ec_counter {

void LeaseKeeper::on_start(Context& context) noexcept {
    Result<fabric::Acquiring<fabric::MemLease>> started = fabric::MemBuilder{fabric_}
                                                              .min_bytes(counter_bytes)
                                                              .lease_ttl(place_.ttl)
                                                              .on(place_.node)
                                                              .start_acquire();
    if (started.is_ok()) {
        acquiring_.emplace(std::move(started).value());
    } else {
        over_ = started.error();
    }
    go_on(context);
}

void LeaseKeeper::on(Context& context, const Recover&, const Asked<Counter>& asked) noexcept {
    recover_ = asked;
    go_on(context);
}

void LeaseKeeper::on(Context& context, const Keep& message, const Asked<Kept>& asked) noexcept {
    wanted_ = std::max(wanted_, message.value);
    keep_ = asked;
    go_on(context);
}

void LeaseKeeper::on(Context& context, const Check&, const Asked<Kept>& asked) noexcept {
    go_on(context);
    if (over_.has_value()) {
        context.refuse(asked, *over_);
    } else {
        context.reply(asked, Kept{});
    }
}

void LeaseKeeper::on(Context& context, const Look&) noexcept {
    is_looking_ = false;
    go_on(context);
}

void LeaseKeeper::go_on(Context& context) noexcept {
    const Instant now = fabric_.now();
    if (acquiring_.has_value()) {
        poll_acquire();
    }
    if (lease_.has_value() && !over_.has_value()) {
        const Result<> status = lease_->status();
        if (!status.is_ok() && !fabric::is_still_open(status.error())) {
            over_ = status.error();
        }
    }
    if (ticket_.has_value()) {
        poll_access(now); // also of a lease that is over: its buffer is lent until then
    }
    if (lease_.has_value() && !over_.has_value() && !ticket_.has_value() && !is_kept()) {
        start_access(now);
    }
    tell(context);
    const bool is_under_way = acquiring_.has_value() || ticket_.has_value() || is_awaited();
    if (is_under_way && !is_looking_) {
        is_looking_ = true;
        context.send_after(look_again, context.self(), Look{});
    }
}

void LeaseKeeper::poll_acquire() noexcept {
    Result<fabric::MemLease> lease = acquiring_->poll();
    if (!lease.is_ok() && fabric::is_still_open(lease.error())) {
        return;
    }
    if (lease.is_ok()) {
        lease_.emplace(std::move(lease).value());
        memory_.emplace(lease_->mem());
    } else {
        over_ = lease.error();
    }
    acquiring_.reset();
}

/// First the bytes are read, then each new value is written.
void LeaseKeeper::start_access(Instant now) noexcept {
    writing_ = wanted_;
    if (has_read_) {
        store_big_endian(buffer_.data(), wanted_);
    }
    lease::Region& region = memory_->region();
    const Result<lease::RegionTicket> started =
        has_read_ ? region.start_write(0, buffer_, now) : region.start_read(0, buffer_, now);
    if (started.is_ok()) {
        ticket_ = started.value();
        poll_access(now);
    } // else it is busy, or over: seen at the next look
}

void LeaseKeeper::poll_access(Instant now) noexcept {
    // 0: it was done as it was started
    const bool is_done = ticket_->number == 0;
    const Result<lease::RegionAnswer> answer =
        is_done ? Result<lease::RegionAnswer>{lease::RegionAnswer{}}
                : memory_->region().poll(*ticket_, now);
    if (!answer.is_ok() && fabric::is_still_open(answer.error())) {
        return;
    }
    ticket_.reset();
    if (!answer.is_ok()) {
        return; // it is made again, unless the lease is over
    }
    kept_ = has_read_ ? writing_ : load_big_endian<uint64_t>(buffer_.data());
    wanted_ = std::max(wanted_, kept_);
    has_read_ = true;
}

void LeaseKeeper::tell(Context& context) noexcept {
    if (over_.has_value()) {
        if (recover_.has_value()) {
            context.refuse(*recover_, *over_);
        }
        if (keep_.has_value()) {
            context.refuse(*keep_, *over_);
        }
        recover_.reset();
        keep_.reset();
    }
    if (recover_.has_value() && has_read_) {
        context.reply(*recover_, Counter{kept_});
        recover_.reset();
    }
    if (keep_.has_value() && is_kept()) {
        context.reply(*keep_, Kept{});
        keep_.reset();
    }
}

} // namespace grafos::ec_counter
