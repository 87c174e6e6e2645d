// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/measure.hpp"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>

namespace grafos::bench {
namespace {

std::string text_of(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    return text;
}

std::string goal_text(const Row& row) {
    switch (row.goal.kind) {
    case GoalKind::none: return "-";
    case GoalKind::value_at_most: return "<= " + text_of(row.goal.bound) + " " + row.unit;
    case GoalKind::ratio_at_most: return "<= " + text_of(row.goal.bound) + " x";
    case GoalKind::ratio_at_least: return ">= " + text_of(row.goal.bound) + " x";
    }
    return "";
}

std::string verdict(const Row& row) {
    if (row.goal.kind == GoalKind::none) {
        return "";
    }
    return row.is_met() ? "met" : "MISSED";
}

void put_sample(std::ofstream& out, const char* name, const Sample& sample) {
    out << ", \"" << name << "\": {\"median\": " << sample.median()
        << ", \"least\": " << sample.least() << ", \"most\": " << sample.most()
        << ", \"rounds\": " << sample.values.size() << "}";
}

} // namespace

uint64_t cpu_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t clock_cost_ns() noexcept {
    static const uint64_t cost = [] {
        uint64_t least = UINT64_MAX;
        for (int round = 0; round < 2000; ++round) {
            const uint64_t from = cpu_ns();
            least = std::min(least, cpu_ns() - from);
        }
        return least;
    }();
    return cost;
}

double Sample::median() const {
    if (values.empty()) {
        return 0;
    }
    std::vector<double> sorted = values;
    std::ranges::sort(sorted);
    const size_t middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Sample::least() const {
    return values.empty() ? 0 : std::ranges::min(values);
}
double Sample::most() const {
    return values.empty() ? 0 : std::ranges::max(values);
}

double Row::ratio() const {
    const double peer_value = theirs.median();
    return peer_value == 0 ? 0 : ours.median() / peer_value;
}

bool Row::is_met() const {
    switch (goal.kind) {
    case GoalKind::none: return true;
    case GoalKind::value_at_most: return ours.median() <= goal.bound;
    case GoalKind::ratio_at_most: return ratio() <= goal.bound;
    case GoalKind::ratio_at_least: return ratio() >= goal.bound;
    }
    return false;
}

void Report::add(Row row) {
    std::fprintf(stderr, "  %s %s n=%llu\n", row.suite.c_str(), row.what.c_str(),
                 static_cast<unsigned long long>(row.count));
    rows_.push_back(std::move(row));
}

void Report::print() const {
    std::printf("%-6s %-44s %9s %-4s %19s  %-12s %10s %7s  %-12s %s\n", "suite", "what", "n",
                "unit", "ours (least-most)", "peer", "theirs", "ratio", "goal", "");
    for (const Row& row : rows_) {
        const std::string range =
            "(" + text_of(row.ours.least()) + "-" + text_of(row.ours.most()) + ")";
        const bool has_peer = !row.peer.empty();
        std::printf("%-6s %-44s %9llu %-4s %8s %-12s %-12s %10s %7s  %-12s %s\n", row.suite.c_str(),
                    row.what.c_str(), static_cast<unsigned long long>(row.count), row.unit.c_str(),
                    text_of(row.ours.median()).c_str(), range.c_str(),
                    has_peer ? row.peer.c_str() : "-",
                    has_peer ? text_of(row.theirs.median()).c_str() : "-",
                    has_peer ? text_of(row.ratio()).c_str() : "-", goal_text(row).c_str(),
                    verdict(row).c_str());
    }
}

bool Report::write_json(const std::string& file, const Options& options) const {
    std::ofstream out{file};
    out << "{\"rounds\": " << options.rounds
        << ", \"quick\": " << (options.is_quick ? "true" : "false") << ", \"rows\": [\n";
    for (size_t index = 0; index < rows_.size(); ++index) {
        const Row& row = rows_[index];
        out << "  {\"suite\": \"" << row.suite << "\", \"what\": \"" << row.what
            << "\", \"n\": " << row.count << ", \"unit\": \"" << row.unit << "\"";
        put_sample(out, "ours", row.ours);
        if (!row.peer.empty()) {
            out << ", \"peer\": \"" << row.peer << "\"";
            put_sample(out, "theirs", row.theirs);
            out << ", \"ratio\": " << row.ratio();
        }
        if (row.goal.kind != GoalKind::none) {
            out << ", \"goal\": \"" << goal_text(row)
                << "\", \"met\": " << (row.is_met() ? "true" : "false");
        }
        out << "}" << (index + 1 < rows_.size() ? "," : "") << "\n";
    }
    out << "]}\n";
    return out.good();
}

std::vector<uint32_t> shuffled(uint32_t count, Random& random) {
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0u);
    for (uint32_t left = count; left > 1; --left) {
        std::swap(order[left - 1], order[random.below(left)]);
    }
    return order;
}

} // namespace grafos::bench
