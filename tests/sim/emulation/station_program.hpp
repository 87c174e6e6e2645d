// SPDX-License-Identifier: Apache-2.0
/// A station of an ec-counter as the program of a simulated machine: made anew at each start, as
/// soon as the node is ready, and gone with the power.
#pragma once

#include "examples/ec_counter/fabric/station.hpp"
#include "tests/sim/world/sim_machine.hpp"

namespace grafos::test {

class StationProgram final : public SimProgram {
public:
    struct Parts {
        SimMachine& machine;
        emulation::Observer& observer;
        ec_counter::FabricWords words{};
        uint64_t seed = 0;
    };

    explicit StationProgram(const Parts& parts) noexcept : parts_{parts} {}
    StationProgram(const StationProgram&) = delete;
    StationProgram& operator=(const StationProgram&) = delete;

    /// Null: it has not started, or its machine is off.
    [[nodiscard]] ec_counter::ServerStation* server() noexcept {
        return server_.has_value() ? &*server_ : nullptr;
    }
    [[nodiscard]] ec_counter::ClientsStation* clients() noexcept {
        return clients_.has_value() ? &*clients_ : nullptr;
    }
    /// It could not start: a machine that is not known.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

    /// Nothing begins before.
    bool may_start = true;

    void on_service(node::FabricService& service) noexcept override { service_ = &service; }
    void on_power_on(fabric::Fabric& fabric) noexcept override { fabric_ = &fabric; }
    void on_power_off() noexcept override;
    void step(Instant now) noexcept override;
    [[nodiscard]] Instant next_deadline() const noexcept override;

private:
    void start() noexcept;

    Parts parts_;
    fabric::Fabric* fabric_ = nullptr;
    node::FabricService* service_ = nullptr;
    std::optional<ec_counter::ServerStation> server_{};
    std::optional<ec_counter::ClientsStation> clients_{};
    bool has_failed_ = false;
};

} // namespace grafos::test
