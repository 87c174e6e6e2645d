// SPDX-License-Identifier: Apache-2.0
/// One of several who work on the same few words, without knowing what the others do.
///
///     objects 0 … 3: a word each: read, written, exchanged, added to
///     objects 4, 5:  a word behind a lock: read; changed by whoever holds the lock, who commits
///                    once or more, lets go, sleeps over his deadline and commits all the same,
///                    or forgets
///
/// It expects nothing of an answer but that it is one that such a call can get: whether the answers
/// go together is the history's question. Values are never written twice.
#pragma once

#include "core/lease/region.hpp"
#include "tests/sim/programs/shared_record.hpp"
#include "tests/sim/world/sim_program.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

/// A word as it lies in leased memory.
inline void store_word(std::span<uint8_t, 8> to, uint64_t value) noexcept {
    for (size_t i = 0; i < to.size(); ++i) {
        to[i] = static_cast<uint8_t>(value >> (8 * i));
    }
}

/// Where the objects lie in the shared lease.
struct SharedLayout {
    static constexpr uint64_t objects = 6;
    static constexpr uint64_t words = 4; ///< the first ones, without a lock
    static constexpr uint64_t stride = 512;
    static constexpr uint64_t bytes = 4'096;
    [[nodiscard]] static constexpr uint64_t lock_of(uint64_t object) noexcept {
        return object * stride;
    }
    [[nodiscard]] static constexpr uint64_t word_of(uint64_t object) noexcept {
        return object * stride + limits::lock_bytes;
    }
};

/// What a client gets at the lease by, in this moment.
struct SharedAccess {
    lease::Region* region = nullptr;
    LeaseRef ref{};
    uint32_t home = 0;
    uint64_t round = 0; ///< which of the shared leases
    /// What it answers comes from the home, unless it is `disconnected`.
    bool is_direct = false;
};

class SharingClient {
public:
    struct Parts {
        SimObservers& observers;
        Verdict& verdict;
        SharedRecord& record;
        uint32_t client = 0; ///< in the history
        uint32_t machine = 0;
        uint32_t program = 0; ///< a number of its own in the world
        bool is_home_forgetful = false;
    };
    struct Figures {
        uint64_t answered = 0;
        uint64_t lost = 0;
        uint64_t refused = 0; ///< certainly not executed
        uint64_t granted = 0; ///< locks
        uint64_t commits = 0;
        uint64_t stale = 0;     ///< commits too late
        uint64_t in_flight = 0; ///< when the lease ended
        uint64_t overtaken = 0; ///< its token was over, though not the lease
        void add(const Figures& other) noexcept;
    };
    /// What came of a step.
    enum class Outcome : uint8_t { none, token_is_old, lease_is_over };

    SharingClient(const Parts& parts, uint64_t seed) noexcept : parts_{parts}, choice_{seed} {}
    SharingClient(const SharingClient&) = delete;
    SharingClient& operator=(const SharingClient&) = delete;

    /// Context: turn; `access` as in the last step, or `leave` was called.
    [[nodiscard]] Outcome step(const SharedAccess& access, bool may_begin, Instant now) noexcept;
    /// The region is no more; `round`: the one that the record is of now.
    void leave(uint64_t round) noexcept;
    /// The machine's clock begins anew.
    void forget_time() noexcept { next_at_ = {}; }
    [[nodiscard]] bool is_busy() const noexcept { return is_running_; }
    [[nodiscard]] Instant next_at() const noexcept { return next_at_; }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

private:
    /// A lock as this client believes to have it.
    struct Held {
        uint64_t nonce = 0; ///< 0: none
        uint64_t generation = 0;
        bool is_asked_again = false; ///< an answer was lost: the same nonce once more
    };

    [[nodiscard]] Outcome begin(const SharedAccess& access, Instant now) noexcept;
    [[nodiscard]] Call choose(Instant now) noexcept;
    [[nodiscard]] Call choose_word(uint64_t object) noexcept;
    [[nodiscard]] Call choose_locked(uint64_t object, Instant now) noexcept;
    [[nodiscard]] Result<lease::RegionTicket> start(lease::Region& region, Instant now) noexcept;
    [[nodiscard]] Outcome poll(const SharedAccess& access, Instant now) noexcept;
    void take_success(const lease::RegionAnswer& answer) noexcept;
    [[nodiscard]] Outcome take_failure(const Error& error, bool is_direct) noexcept;
    void finish_commit(bool is_done) noexcept;
    void say(ProgramEvent::What what, const Error& error = {}) noexcept;
    [[nodiscard]] uint64_t fresh() noexcept;

    Parts parts_;
    SeededChoice choice_;
    SharedAccess access_{};
    Call call_{};
    SharedRecord::Running running_{};
    bool is_running_ = false;
    lease::RegionTicket ticket_{};
    std::array<uint8_t, 8> buffer_{};
    Instant next_at_{};
    uint64_t accesses_ = 0;
    uint64_t values_ = 0;
    std::array<uint64_t, SharedLayout::objects> seen_{}; ///< words, as last read
    std::array<Held, SharedLayout::objects> held_{};
    Figures figures_{};
};

} // namespace grafos::test
