// SPDX-License-Identifier: Apache-2.0
/// A program's side of the fabric: the nodes it knows, and the leases it holds on them.
///
/// Moved in turns like everything else: `tick(now)` reads answers, renews what is due, moves
/// acquires and releases on; `flush(now)` lets what was asked leave, and sees how long the turn
/// took. Programs use the builders (builder.hpp) and the leases they give; this class is what they
/// stand on.
///
/// Rules it keeps (protocol §1, §2, §8): a lease is not used after the holder's own deadline, nor
/// while that deadline is in doubt; its first terminal code stays; a node that has booted anew has
/// ended its leases (stale_epoch, boot); a grant whose answer was lost is asked for again under the
/// same key; nothing here sends, waits or fails when a lease is dropped.
#pragma once

#include "core/crypto/drbg.hpp"
#include "core/crypto/identity.hpp"
#include "core/fabric/choice.hpp"
#include "core/fabric/holdings.hpp"
#include "core/fabric/limits.hpp"
#include "core/fabric/renewal_door.hpp"
#include "core/lease/renewal/renewal_manager.hpp"
#include "core/wire/session/client_port.hpp"

namespace grafos::fabric {

class Fabric {
public:
    /// All outlive the fabric. `FabricOf<limits>` (fabric_storage.hpp) brings all of it.
    struct Parts {
        FabricLimits limits;
        std::span<Home> homes;
        Holdings& holdings;
        lease::RenewalManager::Storage renewals;
        wire::ClientPort* sessions;       ///< behind the channels; null: none
        crypto::Drbg& drbg;               ///< seeded before the first acquire
        const crypto::Identity& identity; ///< who this program is; started before the same
    };
    /// Counts since the start; they only rise.
    struct Figures {
        uint64_t acquired = 0;
        uint64_t refused = 0;     ///< acquires that no node granted
        uint64_t released = 0;    ///< the node knows
        uint64_t left_to_ttl = 0; ///< let go, and never confirmed
        uint64_t renewed = 0;
        uint64_t renewals_failed = 0; ///< tries
        uint64_t ended = 0;           ///< leases that ended while they were held
        uint64_t suspicions = 0;
    };

    explicit Fabric(const Parts& parts) noexcept;
    Fabric(const Fabric&) = delete;
    Fabric& operator=(const Fabric&) = delete;

    // --- turns
    /// A step back of `now` is counted, lost, and makes remote leases suspect. Context: turn, once.
    void tick(Instant now) noexcept;
    /// At the end of a turn, with the clock read anew. Context: turn, once.
    void flush(Instant now) noexcept;
    /// Never later than the first thing due. Context: any.
    [[nodiscard]] Instant next_deadline() const noexcept;
    /// The time of the last tick. Context: any.
    [[nodiscard]] Instant now() const noexcept { return now_; }
    /// The machine was asleep, or its clock was set: no remote lease is used until its deadline is
    /// confirmed. Context: turn.
    void mark_suspect() noexcept;

    // --- looking
    [[nodiscard]] std::span<const Home> homes() const noexcept { return parts_.homes; }
    /// Failures: not_found (name; node_id). Context: any.
    [[nodiscard]] Result<uint8_t> find_home(std::string_view name) const noexcept;
    [[nodiscard]] Result<uint8_t> find_home(const NodeId& node) const noexcept;
    /// Held, being acquired or let go.
    [[nodiscard]] uint32_t count() const noexcept { return holdings_.count(); }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    [[nodiscard]] const FabricLimits& limits() const noexcept { return parts_.limits; }

    // --- calls to the programs of other machines
    /// Calls whom `to` names in the program of that node: at most 256 bytes, copied. The session is
    /// opened if it is not; what cannot leave within `patience` of the last tick never does.
    /// Nothing waits, and each call is executed at most once. Failures: not_found (node_id: no such
    /// node), unsupported (node_id: this machine's own), capacity_exceeded (length), not_ready
    /// (identity), busy (slot: half the session's window is out). Context: turn.
    [[nodiscard]] Result<CallHandle> start_call(uint8_t home, uint64_t to, Bytes message,
                                                Duration patience) noexcept;
    /// Copies the answer to `to`; how long it is. Failures: busy (ticket: none yet), disconnected
    /// (value 1: outcome unknown; 0: it never left), the refusal of the node or of its program,
    /// corrupt, not_found (ticket: released), capacity_exceeded (length: `to` is too short). Says
    /// the same until it is released. Context: turn.
    [[nodiscard]] Result<size_t> poll_call(CallHandle call, MutableBytes to) noexcept;
    /// Forgets a call, answered or not: it may be executed all the same. Stale ones are ignored.
    void release_call(CallHandle call) noexcept;

    // --- for builders, leases and handles
    /// `token`: given by the program, or empty. Failures: capacity_exceeded (slot),
    /// invalid_argument (ttl, amount, lease: held already), not_ready (identity).
    [[nodiscard]] Result<HoldingHandle> start_acquire(const Wish& wish,
                                                      const lease::Token& token) noexcept;
    /// Ok, once: it is held, and the caller's. Failures: busy (ticket), not_found (ticket), else
    /// why nobody granted; then the slot is free again.
    [[nodiscard]] Result<> poll_acquire(HoldingHandle handle) noexcept;
    /// The owner is gone, lease or acquire: marks, and nothing else. Context: any.
    void let_go(HoldingHandle handle) noexcept;
    /// Failures: not_found (lease: stale), released (lease: let go). Context: any.
    [[nodiscard]] Result<Holding*> find_held(HoldingHandle handle) noexcept;
    /// Ok: usable now. Failures: as HeldLease::status. Brings the terms up to date.
    [[nodiscard]] Result<> check(HoldingHandle handle) noexcept;
    /// The region to use now. Failures: as check.
    [[nodiscard]] Result<lease::Region*> usable_region(HoldingHandle handle) noexcept;
    /// The region to poll, usable or not. Failures: not_found.
    [[nodiscard]] Result<lease::Region*> region(HoldingHandle handle) noexcept;

    /// As its node says; as the peer list has it, before; else zero.
    [[nodiscard]] NodeId node_of(const Home& home) const noexcept;
    /// What a resource answered; if that ends the lease, it is kept. Context: any.
    void note_end(HoldingHandle handle, const Error& error) noexcept;

private:
    // acquire.cpp
    void step_acquire(Holding& holding) noexcept;
    void choose(Holding& holding) noexcept;
    void open(Holding& holding) noexcept;
    void ask(Holding& holding) noexcept;
    void take_answer(Holding& holding) noexcept;
    void refuse(Holding& holding, const Error& error) noexcept;
    void pass_on(Holding& holding, const Error& error) noexcept;
    void enter_refused(Holding& holding) noexcept;
    void enter_held(Holding& holding, const RemoteAnswer& answer) noexcept;
    [[nodiscard]] lease::Request grant_request(const Holding& holding) const noexcept;
    [[nodiscard]] Result<lease::Ticket> start_question(const Holding& holding) noexcept;
    [[nodiscard]] Result<RemoteAnswer> poll_home(const Holding& holding) noexcept;
    [[nodiscard]] Result<RemoteAnswer> attach_local(const Holding& holding) noexcept;
    // program_call.cpp
    [[nodiscard]] Result<wire::RequestHandle> send_call(const Home& node, uint64_t to,
                                                        Bytes message, Duration patience) noexcept;
    [[nodiscard]] CallSlot* find_call(CallHandle call) noexcept;
    // fabric.cpp
    void advance(Instant raw) noexcept;
    void step(Holding& holding) noexcept;
    void refresh(Holding& holding) noexcept;
    void stop_renewing(Holding& holding) noexcept;
    void enter_releasing(Holding& holding) noexcept;
    void step_release(Holding& holding) noexcept;
    void ask_release(Holding& holding) noexcept;
    void poll_release(Holding& holding) noexcept;
    void finish_release(Holding& holding, bool is_confirmed) noexcept;
    [[nodiscard]] const Home& home_of(const Holding& holding) const noexcept;

    Parts parts_;
    Holdings& holdings_;
    RemoteRenewalDoor door_;
    lease::RenewalManager renewals_;
    Figures figures_{};
    Instant now_{};
    Instant raw_{};
    bool has_ticked_ = false;
    bool has_more_ = false;
};

} // namespace grafos::fabric
