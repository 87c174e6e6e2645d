// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/archivist.hpp"

namespace grafos::testkit {
namespace {

constexpr uint64_t share = 4; ///< of the log

} // namespace

void Archivist::look_after(test::SimMachine& machine) {
    if (!machine.is_on() || machine.node().readiness() != node::Readiness::ready) {
        return;
    }
    node::Node& node = machine.node();
    if (machine.boots() != boot_) { // what was asked of an earlier one is forgotten
        boot_ = machine.boots();
        is_trimming_ = false;
        mark_.reset();
    }
    if (is_trimming_) {
        const Result<Sequence> trimmed = node.poll_trim();
        if (!trimmed.is_ok() && trimmed.error().code == ErrorCode::busy) {
            return;
        }
        trims_ += trimmed.is_ok() ? 1u : 0u;
        is_trimming_ = false;
        mark_.reset();
    }
    const lease::LogFigures figures = node.log().figures();
    if (figures.kept_sectors < figures.capacity_sectors / share) {
        return;
    }
    if (!mark_.has_value()) {
        mark_ = node.log().anchor();
    }
    const Sequence last{mark_->next.value - 1};
    const Result<> started = node.start_trim(last, mark_->hash);
    is_trimming_ = started.is_ok();
    if (!started.is_ok() && started.error().field != Field::checkpoint) {
        mark_.reset();
    }
}

} // namespace grafos::testkit
