// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/host/runs.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "examples/emulation/host/json.hpp"

namespace grafos::ec_counter_host {
namespace {

using emulation_host::JsonObject;
using Clock = std::chrono::steady_clock;

/// How far it is: on a terminal one line that is replaced, else a line every ten seconds.
class Progress {
public:
    explicit Progress(uint64_t all) : all_{all} {}
    ~Progress() {
        if (is_terminal_) {
            (void)std::fprintf(stderr, "\r\x1b[K");
        }
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(uint64_t done) {
        const std::lock_guard<std::mutex> guard{lock_};
        const auto now = Clock::now();
        if (now < next_) {
            return;
        }
        next_ = now + (is_terminal_ ? std::chrono::milliseconds{200} : std::chrono::seconds{10});
        (void)std::fprintf(
            stderr, is_terminal_ ? "\r%llu of %llu runs\x1b[K" : "%llu of %llu runs\n",
            static_cast<unsigned long long>(done), static_cast<unsigned long long>(all_));
    }

private:
    uint64_t all_;
    bool is_terminal_ = isatty(STDERR_FILENO) == 1;
    Clock::time_point next_ = Clock::now() + std::chrono::milliseconds{500};
    std::mutex lock_;
};

/// Width of a bar, so that about thirty of them hold all: 1, 2 or 5 times a power of ten.
uint64_t bar_ms_of(const Cell& cell) {
    const uint64_t wanted = cell.ms.empty() ? 1 : cell.ms.back() / 30 + 1;
    uint64_t ten = 1;
    while (5 * ten < wanted) {
        ten *= 10;
    }
    return wanted <= ten ? ten : wanted <= 2 * ten ? 2 * ten : 5 * ten;
}

std::string histogram_of(const Cell& cell) {
    const uint64_t bar_ms = bar_ms_of(cell);
    std::map<uint64_t, uint64_t> counts;
    for (const uint64_t ms : cell.ms) {
        counts[ms / bar_ms * bar_ms] += 1;
    }
    std::string list;
    for (const auto& [ms, count] : counts) {
        list +=
            (list.empty() ? "[" : ",[") + std::to_string(ms) + "," + std::to_string(count) + "]";
    }
    return "[" + list + "]";
}

std::string json_of(const Cell& cell) {
    JsonObject times;
    times.add("p50", cell.at_most(500))
        .add("p90", cell.at_most(900))
        .add("p99", cell.at_most(990))
        .add("max", cell.at_most(1000));
    return JsonObject{}
        .add("sync_period_ms", cell.sync_period_ms)
        .add("loss_permille", cell.loss_permille)
        .add("converged", uint64_t{cell.ms.size()})
        .add_json("ms", times.text())
        .add_json("histogram", histogram_of(cell))
        .text();
}

} // namespace

uint64_t Cell::at_most(uint64_t permille) const {
    if (ms.empty()) {
        return 0;
    }
    const size_t place = (ms.size() * permille + 999) / 1000; // from 1
    return ms[std::max<size_t>(place, 1) - 1];
}

std::vector<Cell> measure(const Grid& grid, const OneRun& run) {
    std::vector<Cell> cells;
    for (const uint64_t period : grid.sync_periods_ms) {
        for (const uint64_t loss : grid.losses_permille) {
            cells.push_back({.sync_period_ms = period, .loss_permille = loss});
        }
    }
    const uint64_t all = cells.size() * grid.runs;
    Progress progress{all};
    std::atomic<uint64_t> next{0};
    std::mutex lock;
    const auto work = [&] {
        for (uint64_t i = next++; i < all; i = next++) {
            Cell& cell = cells[i / grid.runs];
            const auto ms = run(cell, (grid.first_seed + i % grid.runs) & INT64_MAX);
            if (ms) {
                const std::lock_guard<std::mutex> guard{lock};
                cell.ms.push_back(*ms);
            }
            progress.show(i + 1);
        }
    };
    std::vector<std::thread> others(std::max(std::thread::hardware_concurrency(), 1u) - 1);
    std::generate(others.begin(), others.end(), [&] { return std::thread{work}; });
    work();
    for (std::thread& each : others) {
        each.join();
    }
    for (Cell& cell : cells) {
        std::sort(cell.ms.begin(), cell.ms.end());
    }
    return cells;
}

std::string table_of(const std::vector<Cell>& cells, uint64_t runs) {
    std::string table = "ms from the first server that holds the final value to all of them, " +
                        std::to_string(runs) +
                        " runs each\n"
                        "sync every  loss       p50    p90    p99    max  converged\n";
    for (const Cell& cell : cells) {
        std::array<char, 128> row{};
        (void)std::snprintf(row.data(), row.size(),
                            "%7llu ms %4llu.%llu %% %6llu %6llu %6llu %6llu %10zu\n",
                            static_cast<unsigned long long>(cell.sync_period_ms),
                            static_cast<unsigned long long>(cell.loss_permille / 10),
                            static_cast<unsigned long long>(cell.loss_permille % 10),
                            static_cast<unsigned long long>(cell.at_most(500)),
                            static_cast<unsigned long long>(cell.at_most(900)),
                            static_cast<unsigned long long>(cell.at_most(990)),
                            static_cast<unsigned long long>(cell.at_most(1000)), cell.ms.size());
        table += row.data();
    }
    return table;
}

std::string json_of(const std::vector<Cell>& cells, uint64_t runs) {
    std::string list;
    for (const Cell& cell : cells) {
        list += (list.empty() ? "" : ",") + json_of(cell);
    }
    return JsonObject{}
        .add("program", "ec-counter")
        .add("runs", runs)
        .add_json("cells", "[" + list + "]")
        .text();
}

} // namespace grafos::ec_counter_host
