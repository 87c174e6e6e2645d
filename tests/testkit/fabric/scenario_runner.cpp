// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/scenario_runner.hpp"

#include <algorithm>

#include "core/fabric/remote_region.hpp"

namespace grafos::testkit {
namespace {

constexpr uint32_t everything_permille = 1'000;

size_t checked(size_t step) {
    if (step == 0) {
        misused("steps count from 1");
    }
    return step;
}

} // namespace

FaultConfig& FaultConfig::read_fails_at(size_t step) {
    reads_.insert(checked(step));
    return *this;
}

FaultConfig& FaultConfig::write_fails_at(size_t step) {
    writes_.insert(checked(step));
    return *this;
}

FaultConfig& FaultConfig::lease_expires_at(size_t step) {
    expiry_ = std::min(checked(step), expiry_.value_or(step));
    return *this;
}

bool Step::keep(const Result<>& answer, std::optional<Error>& kind) {
    if (answer.is_ok()) {
        return true;
    }
    std::optional<Error>& place = fabric::is_end_of_lease(answer.error()) ? lease_failure : kind;
    if (!place.has_value()) {
        place = answer.error();
    }
    return false;
}

namespace {

std::vector<size_t> steps_with(const std::vector<Step>& steps, std::optional<Error> Step::* kind) {
    std::vector<size_t> numbers;
    for (const Step& step : steps) {
        if ((step.*kind).has_value()) {
            numbers.push_back(step.number());
        }
    }
    return numbers;
}

} // namespace

std::vector<size_t> ScenarioReport::read_failures() const {
    return steps_with(steps, &Step::read_failure);
}

std::vector<size_t> ScenarioReport::write_failures() const {
    return steps_with(steps, &Step::write_failure);
}

std::vector<size_t> ScenarioReport::lease_failures() const {
    return steps_with(steps, &Step::lease_failure);
}

std::string ScenarioReport::text() const {
    std::string text;
    const auto add = [&](const Step& step, const char* what, const std::optional<Error>& error) {
        if (error.has_value()) {
            text += "step " + std::to_string(step.number()) + ": " + what + " " + text_of(*error) +
                    "\n";
        }
    };
    for (const Step& step : steps) {
        add(step, "read", step.read_failure);
        add(step, "write", step.write_failure);
        add(step, "lease", step.lease_failure);
    }
    return text;
}

ScenarioReport ScenarioRunner::run(size_t count, const std::function<void(Step&)>& body) {
    ScenarioReport report;
    for (size_t i = 0; i < count; ++i) {
        injector_.tick();
        if (injector_.is_first_without_lease()) {
            fabric_.expire_leases();
        }
        break_what_fails();
        report.steps.emplace_back(injector_.step());
        body(report.steps.back());
        mend();
    }
    return report;
}

void ScenarioRunner::break_what_fails() {
    const bool is_any = injector_.should_fail_read() || injector_.should_fail_write();
    if (!is_any) {
        return;
    }
    test::NetFaults& net = fabric_.world().net().faults;
    loss_before_ = net.loss_permille;
    if (injector_.is_on_link()) {
        net.loss_permille = everything_permille;
        return;
    }
    for (size_t i = 0; i < fabric_.size(); ++i) {
        if (fabric_.is_on(i) && injector_.should_fail_read()) {
            fabric_.break_disk(i, hal::BlockOperation::read);
        }
        if (fabric_.is_on(i) && injector_.should_fail_write()) {
            fabric_.break_disk(i, hal::BlockOperation::write);
        }
    }
}

void ScenarioRunner::mend() {
    if (!injector_.should_fail_read() && !injector_.should_fail_write()) {
        return;
    }
    if (injector_.is_on_link()) {
        fabric_.world().net().faults.loss_permille = loss_before_;
        return;
    }
    for (size_t i = 0; i < fabric_.size(); ++i) {
        fabric_.mend_disk(i);
    }
}

} // namespace grafos::testkit
