// SPDX-License-Identifier: Apache-2.0
/// A program on a simulated machine: code that runs inside the machine's turns.
#pragma once

#include "core/fabric/fabric.hpp"
#include "core/node/service/fabric_service.hpp"
#include "tests/sim/world/observer.hpp"

namespace grafos::test {

class SimProgram {
public:
    /// Before `on_power_on`, for programs that others call: its desk may be opened.
    virtual void on_service(node::FabricService& service) noexcept { static_cast<void>(service); }
    /// The machine is on; the fabric lives until `on_power_off` returns.
    virtual void on_power_on(fabric::Fabric& fabric) noexcept = 0;
    /// Every lease and every handle is given up.
    virtual void on_power_off() noexcept = 0;
    /// Once in each turn, between the fabric's tick and its flush.
    virtual void step(Instant now) noexcept = 0;
    /// When it wants a turn of its own accord, on the fabric's clock; what arrives brings one
    /// anyway. It may lie in the past: then as soon as may be.
    [[nodiscard]] virtual Instant next_deadline() const noexcept = 0;

protected:
    ~SimProgram() = default;
};

/// Whether everything was as expected; the first thing that was not.
struct Verdict {
    std::string_view oracle = "programs"; ///< who says so
    const char* failure = "";
    Instant failed_at{}; ///< of the world

    [[nodiscard]] bool is_good() const noexcept { return failure[0] == '\0'; }
    void expect(bool condition, const char* what, Instant world) noexcept {
        if (!condition && is_good()) {
            failure = what;
            failed_at = world;
        }
    }
};

} // namespace grafos::test
