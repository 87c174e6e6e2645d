// SPDX-License-Identifier: Apache-2.0
/// How fast simulated time runs: three whole nodes with a hundred leases each, TTL 10 s, renewals
/// and all oracles on, over a net that loses nothing and one that loses 5 %.
///
/// Time is CPU time of the thread, from when all leases are had. A run in which nothing was renewed
/// or a lease ended has measured nothing, and fails. `grafos-sim-bench [SIMULATED_SECONDS]`.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "tests/bench/sim/keeper.hpp"
#include "tests/sim/oracles/oracles.hpp"
#include "tests/sim/world/sim_fabric.hpp"

namespace grafos::bench {
namespace {

constexpr size_t machines = 3;
constexpr std::array<std::string_view, machines> names{"east", "west", "north"};
constexpr double goal = 30'000;

[[nodiscard]] double cpu_seconds() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Counts what happens.
class Count final : public test::SimObserver {
public:
    void on_event(const test::SimEvent& event) noexcept override {
        events += 1;
        turns += event.what == test::SimEvent::What::turn_began ? 1u : 0u;
    }
    uint64_t events = 0;
    uint64_t turns = 0;
};

struct Figures {
    uint64_t renewed = 0;
    uint64_t events = 0;
    uint64_t turns = 0;
    uint64_t checks = 0;
    uint64_t sent = 0;
    uint64_t lost = 0;
    uint64_t steps = 0;
};

class Bench {
public:
    explicit Bench(bool has_oracles) {
        for (size_t i = 0; i < machines; ++i) {
            world_->add_machine(names[i], {.start = Instant{5'000}});
            const std::array others{(i + 1) % machines, (i + 2) % machines};
            keepers_[i].emplace(
                world_->observers(), static_cast<uint32_t>(i),
                std::array{names[others[0]], names[others[1]]},
                std::array{static_cast<uint32_t>(others[0]), static_cast<uint32_t>(others[1])});
            world_->machine(i).add(*keepers_[i]);
            oracles_->add_machine({world_->machine(i).memory(), world_->machine(i).disk().disk()});
        }
        if (has_oracles) {
            oracles_->add_to(world_->observers());
        }
        world_->observers().add(count_);
    }
    ~Bench() { world_->power_off(); }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    /// Boots, and gets all leases. False: it did not.
    [[nodiscard]] bool open() {
        world_->net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
        if (!world_->boot()) {
            return false;
        }
        for (std::optional<Keeper>& keeper : keepers_) {
            keeper->is_wanted = true;
        }
        return world_->run_until(Duration{60'000}, [&] {
            size_t held = 0;
            for (const std::optional<Keeper>& keeper : keepers_) {
                held += keeper->held();
            }
            return held == machines * Keeper::leases;
        });
    }
    void lose(uint32_t permille) { world_->net().faults.loss_permille = permille; }
    void run(Duration length) {
        const Instant end = saturating_add(world_->now(), length);
        while (world_->now() < end) {
            world_->step(end);
        }
    }
    [[nodiscard]] Figures figures() {
        Figures sum{.events = count_.events,
                    .turns = count_.turns,
                    .checks = oracles_->checks(),
                    .sent = world_->net().sent,
                    .lost = world_->net().lost,
                    .steps = world_->steps()};
        for (const std::optional<Keeper>& keeper : keepers_) {
            sum.renewed += keeper->fabric().figures().renewed;
        }
        return sum;
    }
    [[nodiscard]] uint64_t ended() {
        uint64_t sum = 0;
        for (const std::optional<Keeper>& keeper : keepers_) {
            sum += keeper->ended();
        }
        return sum;
    }
    [[nodiscard]] const test::Verdict& verdict() const { return oracles_->verdict(); }

private:
    std::unique_ptr<test::SimFabricOf<machines>> world_ =
        std::make_unique<test::SimFabricOf<machines>>(7);
    std::unique_ptr<test::OraclesOf<machines, test::sim_memory_bytes>> oracles_ =
        std::make_unique<test::OraclesOf<machines, test::sim_memory_bytes>>(
            test::oracle_limits_of(test::sim_node, test::sim_unix_base));
    std::array<std::optional<Keeper>, machines> keepers_{};
    Count count_{};
};

/// False: it measured nothing.
[[nodiscard]] bool measure(const char* name, uint32_t loss_permille, bool has_oracles,
                           Duration length) {
    Bench bench{has_oracles};
    if (!bench.open()) {
        std::printf("%-22s not all leases were had\n", name);
        return false;
    }
    bench.lose(loss_permille);
    const Figures before = bench.figures();
    const double from = cpu_seconds();
    bench.run(length);
    const double spent = cpu_seconds() - from;
    const Figures after = bench.figures();
    const uint64_t renewed = after.renewed - before.renewed;
    if (renewed == 0 || bench.ended() != 0 || !bench.verdict().is_good()) {
        std::printf("%-22s broken: renewed=%llu ended=%llu %s\n", name,
                    static_cast<unsigned long long>(renewed),
                    static_cast<unsigned long long>(bench.ended()), bench.verdict().failure);
        return false;
    }
    const auto rate = [&](uint64_t now, uint64_t then) {
        return static_cast<double>(now - then) / spent;
    };
    const double ratio = static_cast<double>(length.ms) / 1e3 / spent;
    std::printf("%-22s x%.0f (goal x%.0f%s) %.0f s in %.2f s; renewals %llu (%.0f/s) faults %llu "
                "checks %.0f/s events %.0f/s turns %.0f/s datagrams %.0f/s\n",
                name, ratio, goal, ratio < goal ? ", MISSED" : "",
                static_cast<double>(length.ms) / 1e3, spent,
                static_cast<unsigned long long>(renewed), rate(after.renewed, before.renewed),
                static_cast<unsigned long long>(after.lost - before.lost),
                rate(after.checks, before.checks), rate(after.events, before.events),
                rate(after.turns, before.turns), rate(after.sent, before.sent));
    return true;
}

} // namespace
} // namespace grafos::bench

int main(int count, char** words) {
    const grafos::Duration length{1'000 * (count > 1 ? std::strtoull(words[1], nullptr, 10) : 600)};
    const bool is_good = grafos::bench::measure("no loss", 0, true, length) &&
                         grafos::bench::measure("5 % lost", 50, true, length) &&
                         grafos::bench::measure("no loss, no oracles", 0, false, length);
    return is_good ? 0 : 1;
}
