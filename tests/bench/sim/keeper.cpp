// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/sim/keeper.hpp"

namespace grafos::bench {

using What = test::ProgramEvent::What;

void Keeper::on_power_off() noexcept {
    acquiring_.reset();
    leases_ = {};
    held_ = 0;
    fabric_ = nullptr;
}

void Keeper::say(What what, const fabric::MemLease* lease) noexcept {
    test::ProgramEvent event{.what = what,
                             .program = machine_,
                             .home = numbers_[held_ % 2],
                             .ttl = ttl,
                             .tag = uint64_t{machine_} << 32 | (held_ + 1)};
    if (lease != nullptr) {
        event.ref = lease->lease_ref();
    }
    observers_.say({.what = test::SimEvent::What::program, .machine = machine_, .program = &event});
}

void Keeper::step(Instant now) noexcept {
    if (is_wanted && held_ < leases) {
        acquire(now);
    } else if (held_ == leases && now >= look_at_) {
        look(now);
    }
}

void Keeper::acquire(Instant now) noexcept {
    if (!acquiring_.has_value()) {
        Result<fabric::Acquiring<fabric::MemLease>> started = fabric::MemBuilder{*fabric_}
                                                                  .min_bytes(4'096)
                                                                  .lease_ttl(ttl)
                                                                  .on(homes_[held_ % 2])
                                                                  .start_acquire();
        if (started.is_ok()) {
            acquiring_.emplace(std::move(started).value());
            say(What::asked, nullptr);
        }
        return;
    }
    Result<fabric::MemLease> result = acquiring_->poll();
    if (!result.is_ok() && result.error().code == ErrorCode::busy) {
        return;
    }
    if (result.is_ok()) {
        leases_[held_].emplace(std::move(result).value());
        say(What::granted, &*leases_[held_]);
        held_ += 1;
        look_at_ = now;
    } else {
        say(What::refused, nullptr);
    }
    acquiring_.reset();
}

void Keeper::look(Instant now) noexcept {
    look_at_ = saturating_add(now, look_interval);
    for (const std::optional<fabric::MemLease>& lease : leases_) {
        const Result<> status = lease->status();
        const bool is_over = !status.is_ok() && status.error().code != ErrorCode::busy;
        ended_ += is_over ? 1u : 0u;
    }
}

Instant Keeper::next_deadline() const noexcept {
    if (held_ == leases) {
        return look_at_;
    }
    return is_wanted ? Instant{0} : Instant::never();
}

} // namespace grafos::bench
