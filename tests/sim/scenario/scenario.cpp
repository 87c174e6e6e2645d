// SPDX-License-Identifier: Apache-2.0
/// The course of a scenario. What it does to the node is in operations.cpp.
#include "tests/sim/scenario/scenario.hpp"

#include <new>

namespace grafos::test {
namespace {

constexpr uint64_t operations_per_turn_max = 6;
constexpr uint64_t settle_turns_max = 2'000'000;
constexpr UnixMillis scenario_unix_base{1'700'000'000'000};

} // namespace

Scenario::Scenario(const ScenarioOptions& options, hal::BlockDevice& disk, MutableBytes memory,
                   MutableBytes node_area) noexcept
    : options_{options},
      random_{options.seed},
      entropy_{options.seed ^ 0x656e74726f7079ull},
      disk_{disk, scenario_sectors},
      memory_{memory},
      node_area_{node_area} {
    GRAFOS_ASSERT(memory.size() == scenario_memory_bytes);
    GRAFOS_ASSERT(node_area.size() >= sizeof(NodeType));
    GRAFOS_ASSERT(reinterpret_cast<uintptr_t>(node_area.data()) % alignof(NodeType) == 0);
}

Scenario::~Scenario() {
    if (node_ != nullptr) {
        kill_node();
    }
}

void Scenario::expect(bool condition, const char* what) noexcept {
    if (!condition && outcome_.failure[0] == '\0') {
        outcome_.failure = what;
        outcome_.failed_at = done_;
    }
}

/// A machine that comes back: the memory keeps what it held, the node knows nothing.
void Scenario::start_node() noexcept {
    const node::Machine machine{entropy_, disk_, memory_, scenario_unix_base,
                                lease::WallSource::scenario};
    node_ = new (node_area_.data()) NodeType{machine, lease::LogOptions{}};
    boots_ += 1;
    for (uint64_t turns = 0; node_->readiness() != node::Readiness::ready; ++turns) {
        if (turns == settle_turns_max || node_->readiness() == node::Readiness::degraded) {
            expect(false, "the node becomes ready");
            return;
        }
        turn();
    }
    expect(node_->boot().value == boots_, "each boot has the next number");
}

/// Power is gone: nothing is told, nothing is finished, the disk forgets what it was asked.
void Scenario::kill_node() noexcept {
    node_->~NodeType();
    node_ = nullptr;
    disk_.forget();
    open_ = {};
}

void Scenario::turn() noexcept {
    disk_.next_turn();
    raw_ = saturating_add(raw_, Duration{1});
    node_->tick(raw_);
    node_->end_turn(raw_);
}

/// Mostly a few milliseconds; now and then a second or a minute; rarely a clock that was put back.
void Scenario::step_time() noexcept {
    const uint64_t kind = random_.below(1000);
    if (kind < 3) {
        raw_ = Instant{raw_.ms - random_.below(500)};
    } else if (kind < 6) {
        raw_ = saturating_add(raw_, Duration{random_.between(10'000, 60'000)});
    } else if (kind < 40) {
        raw_ = saturating_add(raw_, Duration{random_.between(100, 1'500)});
    } else {
        raw_ = saturating_add(raw_, Duration{random_.below(20)});
    }
}

ScenarioOutcome Scenario::run() noexcept {
    start_node();
    const uint64_t leg = options_.operations / (options_.restarts + 1) + 1;
    while (done_ < options_.operations && outcome_.failure[0] == '\0') {
        if (done_ >= leg * boots_) {
            kill_node();
            disk_.refuse_writes(0, 0);
            is_refusing_ = false;
            start_node();
            continue;
        }
        step_time();
        turn();
        poll_answers();
        for (uint64_t count = random_.below(operations_per_turn_max + 1); count > 0; --count) {
            operate();
        }
    }
    wait_until_settled();
    outcome_.operations = done_;
    outcome_.records = node_->anchored_end().value;
    outcome_.fences = node_->counters().value(observe::Counter::fences);
    outcome_.anchor = node_->log().anchor();
    expect(!disk_.has_failed(), "the real disk below works");
    outcome_.is_good = outcome_.failure[0] == '\0';
    return outcome_;
}

/// Every lease has ended, every unit is free or fenced, every record is durable.
void Scenario::wait_until_settled() noexcept {
    for (uint64_t turns = 0; turns < settle_turns_max; ++turns) {
        turn();
        poll_answers();
        bool is_open = false;
        for (const Open& open : open_) {
            is_open = is_open || open.is_used;
        }
        const bool is_durable = node_->anchored_end() == node_->log().appended_end();
        if (!is_open && is_durable && node_->lessor().is_idle()) {
            return;
        }
        if (node_->lessor().table().live_count() > 0) {
            raw_ = saturating_add(raw_, Duration{1'000});
        }
    }
    expect(false, "the node settles");
}

void Scenario::poll_answers() noexcept {
    for (Open& open : open_) {
        if (!open.is_used) {
            continue;
        }
        const Result<lease::Answer> answer = node_->poll(open.ticket);
        if (!answer.is_ok() && answer.error().code == ErrorCode::busy &&
            answer.error().field == Field::ticket) {
            continue;
        }
        take_answer(open, answer);
        open = {};
    }
}

} // namespace grafos::test
