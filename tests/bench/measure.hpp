// SPDX-License-Identifier: Apache-2.0
/// How a benchmark measures and says what it found.
///
/// Time is the CPU time of this thread, so that a busy machine adds cache misses but not its
/// waiting. Ours and each peer run in turns, A B A B, in one process; a row is the medians of the
/// rounds and their ratio, beside the goal. What the clock itself costs is measured and taken off.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace grafos::bench {

/// Nanoseconds of CPU time of this thread.
[[nodiscard]] uint64_t cpu_ns() noexcept;
/// What reading the clock twice costs.
[[nodiscard]] uint64_t clock_cost_ns() noexcept;

/// Adds up timed stretches.
class Stopwatch {
public:
    void start() noexcept { from_ = cpu_ns(); }
    void stop(uint64_t operations) noexcept {
        const uint64_t spent = cpu_ns() - from_;
        const uint64_t cost = clock_cost_ns();
        total_ns_ += spent > cost ? spent - cost : 0;
        operations_ += operations;
    }
    [[nodiscard]] double ns_each() const noexcept {
        return operations_ == 0 ? 0
                                : static_cast<double>(total_ns_) / static_cast<double>(operations_);
    }
    [[nodiscard]] double total_ns() const noexcept { return static_cast<double>(total_ns_); }

private:
    uint64_t from_ = 0;
    uint64_t total_ns_ = 0;
    uint64_t operations_ = 0;
};

/// The values of one side over the rounds.
struct Sample {
    std::vector<double> values;
    void add(double value) { values.push_back(value); }
    [[nodiscard]] double median() const;
    [[nodiscard]] double least() const;
    [[nodiscard]] double most() const;
};

/// What a goal is stated against.
enum class GoalKind { none, value_at_most, ratio_at_most, ratio_at_least };

struct Goal {
    GoalKind kind = GoalKind::none;
    double bound = 0;
};

struct Row {
    std::string suite;
    std::string what;
    uint64_t count = 0; ///< leases, bytes
    std::string unit;
    Sample ours;
    std::string peer; ///< empty: none
    Sample theirs;
    Goal goal;

    [[nodiscard]] double ratio() const; ///< ours / theirs
    [[nodiscard]] bool is_met() const;
};

struct Options {
    bool is_quick = false;
    uint32_t rounds = 5;
    std::string json; ///< file; empty: none
};

class Report {
public:
    void add(Row row);
    void print() const;
    /// Whether the file was written.
    [[nodiscard]] bool write_json(const std::string& file, const Options& options) const;

private:
    std::vector<Row> rows_;
};

/// Small and fast; the same on every run.
class Random {
public:
    explicit Random(uint64_t seed) noexcept : state_{seed} {}
    uint64_t next() noexcept {
        state_ += 0x9e37'79b9'7f4a'7c15u;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
        return z ^ (z >> 31);
    }
    uint64_t below(uint64_t bound) noexcept { return next() % bound; }

private:
    uint64_t state_;
};

[[nodiscard]] std::vector<uint32_t> shuffled(uint32_t count, Random& random);

void run_lease(const Options& options, Report& report);
void run_audit(const Options& options, Report& report);
void run_token(const Options& options, Report& report);
void run_wire(const Options& options, Report& report);
void run_loopback(const Options& options, Report& report);
void run_ec_counter(const Options& options, Report& report);

} // namespace grafos::bench
