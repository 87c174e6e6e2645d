// SPDX-License-Identifier: Apache-2.0
/// The holder's side: keeps leases alive, a little before they lapse, for as long as their owner
/// wants.
///
/// Each registered lease has one slot and one wake-up time in a heap. A tick polls the answers that
/// are out, then handles what is due, at most `budget` of each; what is left over comes next tick.
///
///     phase    | due    | answer  | passing no     | final no | end of life | cancel
///     waiting  | asking |         | waiting, later | ended    | ended       | free
///     asking   |        | waiting | waiting, later | ended    | draining    | draining
///     ended    |        |         |                |          |             | free
///     draining |        | ended   | ended          | ended    |             | draining
///     (cancelled: free instead of ended)
///
/// draining: over, but its question is still out, and the answer is thrown away when it comes.
/// An ended lease keeps its first terminal code until it is cancelled: the answer never changes.
///
/// *Suspect* (protocol §1): after a clock step back, a resume or an overrun of the turn,
/// `mark_suspect` says that no deadline is to be believed. Every lease is then asked about at once,
/// spread over a tenth of its life, and is not usable until an answer to a question asked since has
/// come.
#pragma once

#include <array>

#include "core/lease/renewal/renewal_door.hpp"
#include "core/lease/renewal/renewal_slot.hpp"
#include "core/lease/renewal/wake_heap.hpp"
#include "core/lease/table/hash_index.hpp"

namespace grafos::lease {

class RenewalManager {
public:
    /// The longest pause between two polls of an answer that nothing announces.
    static constexpr Duration poll_interval_max{10};

    struct Storage {
        std::span<RenewalSlot> slots;
        std::span<WakeHeap::Entry> heap; ///< as many
        std::span<uint32_t> places;      ///< as many
        std::span<HashIndex::Entry> index;
    };

    constexpr RenewalManager(const Storage& storage, RenewalDoor& door) noexcept
        : slots_{storage.slots},
          index_entries_{storage.index},
          door_{door},
          heap_{storage.heap, storage.places} {}
    RenewalManager(const RenewalManager&) = delete;
    RenewalManager& operator=(const RenewalManager&) = delete;

    /// Once, before anything else.
    void start() noexcept;

    /// Keeps the lease alive from now on. Failures: lease_expired (expiry: not after `now`);
    /// invalid_argument (lease: zero, or registered already; argument: `check_policy`);
    /// capacity_exceeded (slot). Context: turn.
    [[nodiscard]] Result<RenewalHandle> register_lease(const RenewalTerms& terms,
                                                       const RenewalPolicy& policy,
                                                       Instant now) noexcept;
    [[nodiscard]] Result<RenewalHandle> register_lease(const LeaseId& id, Instant expiry,
                                                       const RenewalPolicy& policy,
                                                       Instant now) noexcept {
        return register_lease(RenewalTerms{.id = id, .expiry = expiry}, policy, now);
    }

    /// Renews no more and forgets the lease; sends nothing, never waits. An answer still out is
    /// thrown away when it comes. Failures: not_found (slot, lease). Context: turn.
    [[nodiscard]] Result<> cancel(RenewalHandle handle) noexcept;
    [[nodiscard]] Result<> cancel(const LeaseId& id) noexcept;

    /// Failures: the lease's first terminal code (lease_expired, revoked, released, fenced, …),
    /// always the same; not_found (slot, lease) once cancelled. Context: turn.
    [[nodiscard]] Result<RenewalStatus> status(RenewalHandle handle) const noexcept;
    [[nodiscard]] Result<RenewalStatus> status(const LeaseId& id) const noexcept;

    /// Time that goes backwards is taken as standing still. At most `budget` (≥ 1) answers polled,
    /// suspects looked up and due leases handled: O(budget · log n). Context: turn.
    RenewalSummary tick(Instant now, uint32_t budget) noexcept;

    /// No deadline is to be believed any more. O(1); the work is done by the next ticks. Context:
    /// turn.
    void mark_suspect() noexcept;

    /// Never later than the earliest thing due; not in the past after a tick; never: nothing to do.
    /// While a question is out it is at most `poll_interval_max` away.
    [[nodiscard]] Instant next_deadline() const noexcept;

    [[nodiscard]] uint32_t count() const noexcept { return count_; } ///< not free
    [[nodiscard]] uint32_t capacity() const noexcept {
        return static_cast<uint32_t>(slots_.size());
    }
    /// O(n): everything agrees with itself.
    [[nodiscard]] bool check_invariants() const noexcept;

private:
    using Phase = RenewalSlot::Phase;
    static constexpr uint32_t none = UINT32_MAX;

    [[nodiscard]] uint32_t find(const LeaseId& id) const noexcept;
    [[nodiscard]] uint32_t find(RenewalHandle handle) const noexcept;
    [[nodiscard]] Result<RenewalStatus> status_of(uint32_t slot) const noexcept;
    [[nodiscard]] Result<> cancel_slot(uint32_t slot, Field field) noexcept;
    [[nodiscard]] uint32_t take_slot() noexcept;
    [[nodiscard]] Instant wake_of(const RenewalSlot& slot) const noexcept;
    [[nodiscard]] bool is_suspect(const RenewalSlot& slot) const noexcept {
        return slot.confirmed_mark != suspicions_;
    }

    [[nodiscard]] Instant set_term(RenewalSlot& slot, Instant from) noexcept;
    void set_near(RenewalSlot& slot, bool is_near) noexcept;
    void set_retrying(RenewalSlot& slot, bool is_retrying) noexcept;
    void append_out(uint32_t slot) noexcept;
    void remove_out(uint32_t slot) noexcept;

    void enter_waiting(uint32_t slot, Instant due) noexcept;
    void enter_asking(uint32_t slot, Ticket ticket) noexcept;
    void enter_ended(uint32_t slot, const Error& code) noexcept; ///< no ticket is out
    void enter_draining(uint32_t slot) noexcept;                 ///< its ticket still is
    void enter_free(uint32_t slot) noexcept;

    void ask(uint32_t slot, RenewalSummary& summary) noexcept;
    void retry_later(uint32_t slot, RenewalSummary& summary) noexcept;
    void take_answer(uint32_t slot, const Answer& answer, RenewalSummary& summary) noexcept;
    void poll_one(uint32_t slot, RenewalSummary& summary) noexcept;
    void poll_answers(uint32_t budget, RenewalSummary& summary) noexcept;
    void look_for_suspects(uint32_t budget) noexcept;
    void handle_due(uint32_t slot, RenewalSummary& summary) noexcept;

    std::span<RenewalSlot> slots_;
    std::span<HashIndex::Entry> index_entries_;
    RenewalDoor& door_;
    WakeHeap heap_;
    HashIndex index_{};
    Instant now_{};
    uint64_t suspicions_ = 0;       ///< how often `mark_suspect` was called
    uint32_t suspects_from_ = none; ///< slots from here on are still to be looked at
    uint32_t used_end_ = 0;         ///< slots from here on were never used
    uint32_t free_first_ = none;
    uint32_t out_first_ = none; ///< asking and draining, longest not polled first
    uint32_t out_last_ = none;
    uint32_t out_count_ = 0;
    uint32_t asking_count_ = 0;
    uint32_t count_ = 0;
    uint32_t near_count_ = 0;
    uint32_t retry_count_ = 0; ///< waiting after a failure
    bool has_more_ = false;    ///< the last tick's budget was used up
};

template <uint32_t lease_count>
struct RenewalStorageOf {
    std::array<RenewalSlot, lease_count> slots{};
    std::array<WakeHeap::Entry, lease_count> heap{};
    std::array<uint32_t, lease_count> places{};
    std::array<HashIndex::Entry, HashIndex::entries_for(lease_count)> index{};
};

template <uint32_t lease_count>
class RenewalManagerOf final : private RenewalStorageOf<lease_count>, public RenewalManager {
    static_assert(lease_count > 0 && lease_count < UINT32_MAX);
    using Own = RenewalStorageOf<lease_count>;

public:
    constexpr explicit RenewalManagerOf(RenewalDoor& door) noexcept
        : RenewalManager{{Own::slots, Own::heap, Own::places, Own::index}, door} {}
};

} // namespace grafos::lease
