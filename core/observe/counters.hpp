// SPDX-License-Identifier: Apache-2.0
/// What a node has done, counted since its boot.
///
/// A number for each kind of deed, and one for each kind of refusal, so that whatever is not worth
/// a record in the chain still leaves a trace. Counters only rise, and stop at the end of their
/// range rather than start again. They are for people and tests: nothing is decided by one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace grafos::observe {

enum class Counter : uint8_t {
    // leases
    grants,
    grants_repeated, ///< the same caller and key got the live lease they had
    renewals,
    releases,
    expiries,
    revocations,
    preemptions,
    // what comes after an end
    teardowns, ///< wiped and free again
    bytes_zeroed,
    wipe_failures,
    fences,
    fence_clears,
    fence_clear_failures,
    // access
    reads,
    writes,
    flushes,
    exchanges,     ///< compare_exchange and fetch_add
    locks_granted, ///< of locks in leased memory
    locks_waited,  ///< asked for and not granted
    locks_stale,   ///< commits that came too late or without the lock
    commits,       ///< accepted
    bytes_read,
    bytes_written,
    // time
    turns,
    turn_overruns,
    clock_steps_back,
    // chain and log
    records_sealed,      ///< and durable
    records_deferred,    ///< an end whose record found no room yet; access ended all the same
    refusals_unrecorded, ///< more kinds of refusal in one turn than are told apart
    groups_committed,
    commit_failures,
    checkpoints_written,
    records_exported,
    records_trimmed,
    // machine
    device_resets,
    outbox_full,
    console_lines,
    console_refusals,
};

inline constexpr size_t counter_count = static_cast<size_t>(Counter::console_refusals) + 1;

/// snake_case, as the console prints it. Context: any.
[[nodiscard]] std::string_view name_of(Counter counter) noexcept;

/// Single context: the turn.
class Counters {
public:
    constexpr Counters() noexcept = default;
    Counters(const Counters&) = delete;
    Counters& operator=(const Counters&) = delete;

    void add(Counter counter, uint64_t by = 1) noexcept {
        add_at(static_cast<size_t>(counter), by);
    }
    /// Takes over a total that somebody else keeps; a smaller one changes nothing.
    void raise_to(Counter counter, uint64_t total) noexcept {
        uint64_t& value = values_[static_cast<size_t>(counter)];
        value = total > value ? total : value;
    }
    /// One request refused with `code`. 0 is nobody's code: a broken program.
    void add_refusal(ErrorCode code, uint64_t by = 1) noexcept { add_at(index_of(code), by); }

    [[nodiscard]] uint64_t value(Counter counter) const noexcept {
        return value_at(static_cast<size_t>(counter));
    }
    [[nodiscard]] uint64_t refusals(ErrorCode code) const noexcept {
        return value_at(index_of(code));
    }

    /// All of them, for printing: `index` below `size`. Refusals are named `refused_<code>`.
    [[nodiscard]] static constexpr size_t size() noexcept {
        return counter_count + error_code_count;
    }
    [[nodiscard]] uint64_t value_at(size_t index) const noexcept {
        GRAFOS_ASSERT(index < size());
        return values_[index];
    }
    static void put_name(size_t index, TextWriter& out) noexcept;

private:
    [[nodiscard]] static size_t index_of(ErrorCode code) noexcept {
        const size_t number = static_cast<size_t>(code);
        GRAFOS_ASSERT(number >= 1 && number <= error_code_count);
        return counter_count + number - 1;
    }
    void add_at(size_t index, uint64_t by) noexcept {
        GRAFOS_ASSERT(index < size());
        const uint64_t room = ~uint64_t{0} - values_[index];
        values_[index] += by < room ? by : room;
    }

    std::array<uint64_t, counter_count + error_code_count> values_{};
};

} // namespace grafos::observe
