// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/emulation/station_program.hpp"

namespace grafos::test {

void StationProgram::on_power_off() noexcept {
    server_.reset();
    clients_.reset();
    fabric_ = nullptr;
    service_ = nullptr;
}

void StationProgram::start() noexcept {
    const ec_counter::StationHost host{*fabric_, *service_, parts_.observer, parts_.seed};
    Result<> started{ok()};
    if (parts_.words.has_clients) {
        started = clients_.emplace(host, parts_.words).start();
    } else {
        started = server_.emplace(host, parts_.words).start();
    }
    has_failed_ = has_failed_ || !started.is_ok();
}

void StationProgram::step(Instant now) noexcept {
    const bool is_running = server_.has_value() || clients_.has_value();
    if (!is_running && may_start && parts_.machine.is_settled()) {
        start();
    }
    if (server_.has_value()) {
        server_->step(now);
    }
    if (clients_.has_value()) {
        clients_->step(now);
    }
}

/// The node's own turns bring it to where this may start.
Instant StationProgram::next_deadline() const noexcept {
    if (server_.has_value()) {
        return server_->next_deadline();
    }
    if (clients_.has_value()) {
        return clients_->next_deadline();
    }
    return may_start && parts_.machine.is_settled() ? Instant{0} : Instant::never();
}

} // namespace grafos::test
