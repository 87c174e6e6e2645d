// SPDX-License-Identifier: Apache-2.0
/// Puts what happens into the trace: every delivery, device write, answer, record and fault.
#pragma once

#include "tests/sim/world/observer.hpp"
#include "tests/support/trace.hpp"

namespace grafos::test {

class TraceObserver final : public SimObserver {
public:
    explicit TraceObserver(Trace& trace) noexcept : trace_{trace} {}
    void on_event(const SimEvent& event) noexcept override;

private:
    void add(Trace::Kind kind, const SimEvent& event) noexcept;
    void add_program(const SimEvent& event) noexcept;

    Trace& trace_;
};

} // namespace grafos::test
