// SPDX-License-Identifier: Apache-2.0
/// One lease on one node, with one operation in flight, moved on by `step` in every turn.
///
///     acquiring ─► resting ─► writing ─► reading ─► resting … ─► done, once it has been renewed
///         └───────────┴──────────┴──────────┴────► failed: the first refusal stays
///
/// Nothing here waits: what a node has not answered yet is looked at again in the next turn.
#pragma once

#include <algorithm>
#include <optional>

#include "boards/common/program.hpp"

namespace grafos::example {

/// Short, so that a run of a few seconds has renewals in it.
inline constexpr Duration life{3'000};
inline constexpr size_t bytes_each = 512;
inline constexpr size_t moves_per_turn_max = 4;

/// One kind of request: how often it was answered, and how long the slowest answer took.
struct Tally {
    uint64_t count = 0;
    Duration slowest{};

    void add(Duration took) noexcept {
        count += 1;
        slowest = std::max(slowest, took);
    }
};

/// One lease on one node.
class Place {
public:
    void begin(board::Program& program, std::string_view node) noexcept;
    /// One turn's worth: takes what was answered, asks for what comes next. Memory of this machine
    /// answers at once, so there may be several moves in it.
    void step(board::Program& program, Duration work) noexcept;
    [[nodiscard]] bool is_over() const noexcept;
    [[nodiscard]] bool has_failed() const noexcept { return phase_ == Phase::failed; }

    /// Drops the lease and turns until its node knows.
    void let_go(board::Program& program) noexcept;

private:
    enum class Phase : uint8_t { acquiring, resting, writing, reading, done, failed };

    void move(board::Program& program, Duration work) noexcept;
    void take_lease(board::Program& program, Duration work) noexcept;
    /// New bytes each time; `busy` (the lease is in doubt) is tried again in the next turn.
    void write(board::Program& program) noexcept;
    void take_written(board::Program& program) noexcept;
    void read(board::Program& program) noexcept;
    void take_read(board::Program& program) noexcept;
    void start(board::Program& program, std::string_view what,
               const Result<lease::RegionTicket>& started, Phase next) noexcept;
    /// Whether the operation in flight has been answered well.
    [[nodiscard]] bool take(board::Program& program, std::string_view what) noexcept;
    /// A life that ends later than it did has been renewed.
    void note_renewal() noexcept;
    void finish(board::Program& program) noexcept;
    void fail(board::Program& program, std::string_view what, const Error& error) noexcept;
    [[nodiscard]] Duration took(board::Program& program) const noexcept;
    void tell(board::Program& program, std::string_view what, std::string_view code, uint64_t count,
              Duration slowest) noexcept;

    std::string_view node_{};
    LeaseRef ref_{}; ///< zero: nothing was granted
    Phase phase_ = Phase::failed;
    bool is_retry_ = false;
    Instant since_{}; ///< when the operation at hand was begun
    Instant until_{};
    Instant expires_at_{};
    uint64_t renewals_ = 0;
    Tally writes_{};
    Tally reads_{};
    std::optional<fabric::Acquiring<fabric::MemLease>> acquiring_{};
    std::optional<fabric::MemLease> lease_{};
    std::optional<fabric::FabricMem> mem_{};
    std::optional<lease::RegionTicket> ticket_{};
    std::array<uint8_t, bytes_each> data_{};
    std::array<uint8_t, bytes_each> back_{};
};

} // namespace grafos::example
