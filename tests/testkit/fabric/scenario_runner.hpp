// SPDX-License-Identifier: Apache-2.0
/// Faults by step: a program's steps 1 … n, and which of them a read, a write or the lease fails
/// in.
///
///     ScenarioRunner runner{fabric, FaultConfig{}.read_fails_at(3).write_fails_at(5)};
///     const ScenarioReport report = runner.run(8, [&](Step& step) {
///         step.write(block.write_block(0, data, node));
///         step.read(block.read_block(0, back, node));
///     });
///     EXPECT_EQ(report.read_failures(), std::vector<size_t>{3});
///
/// Nothing is faked in an answer. A read or write fails in the disks of the machines (block leases:
/// `io`), or, `on_link`, because no datagram arrives during the step (leases of another machine:
/// `disconnected`; what is sent is sealed, so there reads and writes fail alike). A lease expires
/// because its holder sleeps through it. Memory of the machine's own node cannot fail.
///
/// An expired lease stays expired: every later step reports it, until the program has another one,
/// which is as good as any.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "tests/testkit/fabric/sim_fabric.hpp"

namespace grafos::testkit {

class FaultConfig {
public:
    /// Steps count from 1; each may be called again for another step.
    FaultConfig& read_fails_at(size_t step);
    FaultConfig& write_fails_at(size_t step);
    /// The first such step counts: what has expired stays so.
    FaultConfig& lease_expires_at(size_t step);
    /// Reads and writes fail on the way between machines, not in their disks.
    FaultConfig& on_link() {
        is_on_link_ = true;
        return *this;
    }

private:
    friend class FaultInjector;
    std::set<size_t> reads_{};
    std::set<size_t> writes_{};
    std::optional<size_t> expiry_{};
    bool is_on_link_ = false;
};

/// Which faults the step at hand has.
class FaultInjector {
public:
    explicit FaultInjector(const FaultConfig& config) : config_{config} {}

    /// Before each step.
    void tick() noexcept { step_ += 1; }
    [[nodiscard]] size_t step() const noexcept { return step_; } ///< 0: before the first
    [[nodiscard]] bool should_fail_read() const { return config_.reads_.contains(step_); }
    [[nodiscard]] bool should_fail_write() const { return config_.writes_.contains(step_); }
    /// From the step it expires at, for ever: of the leases there were.
    [[nodiscard]] bool should_fail_lease() const {
        return config_.expiry_.has_value() && step_ >= *config_.expiry_;
    }
    [[nodiscard]] bool is_first_without_lease() const { return config_.expiry_ == step_; }
    [[nodiscard]] bool is_on_link() const noexcept { return config_.is_on_link_; }

private:
    FaultConfig config_;
    size_t step_ = 0;
};

/// What became of one step, as its program was told.
class Step {
public:
    explicit Step(size_t number) noexcept : number_{number} {}
    [[nodiscard]] size_t number() const noexcept { return number_; }

    /// Keeps what an access was answered, and hands it on: whether it went well. What ended the
    /// lease counts as a failure of the lease, by whatever access it was told.
    bool read(const Result<>& answer) { return keep(answer, read_failure); }
    bool write(const Result<>& answer) { return keep(answer, write_failure); }
    /// Of `status`, `hello` or a renewal.
    bool lease(const Result<>& answer) { return keep(answer, lease_failure); }

    // The first of each kind.
    std::optional<Error> read_failure{};
    std::optional<Error> write_failure{};
    std::optional<Error> lease_failure{};

private:
    bool keep(const Result<>& answer, std::optional<Error>& kind);

    size_t number_;
};

struct ScenarioReport {
    std::vector<Step> steps{};

    /// The numbers of the steps that reported one.
    [[nodiscard]] std::vector<size_t> read_failures() const;
    [[nodiscard]] std::vector<size_t> write_failures() const;
    [[nodiscard]] std::vector<size_t> lease_failures() const;
    /// A line for each step that reported anything.
    [[nodiscard]] std::string text() const;
};

class ScenarioRunner {
public:
    ScenarioRunner(SimFabric& fabric, const FaultConfig& config)
        : fabric_{fabric}, injector_{config} {}

    /// Steps 1 … `count`. All that was broken for a step is mended after it.
    [[nodiscard]] ScenarioReport run(size_t count, const std::function<void(Step&)>& body);
    [[nodiscard]] const FaultInjector& injector() const noexcept { return injector_; }

private:
    void break_what_fails();
    void mend();

    SimFabric& fabric_;
    FaultInjector injector_;
    uint32_t loss_before_ = 0;
};

} // namespace grafos::testkit
