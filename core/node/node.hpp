// SPDX-License-Identifier: Apache-2.0
/// A machine that grants: lessor, durable log and outbox, moved in turns.
///
///     booting → loading_identity → loading_persistence → loading_replay_cache
///             → loading_revocations → ready            each of them → degraded(reason)
///
/// The board's main loop is all the scheduling there is: `tick(clock.now())`,
/// `end_turn(clock.now())`, `power.idle_until(node.next_deadline())`, for ever.
///
/// A turn, in this order, each part with its own budget: device completions; expiry, graces,
/// teardown; what the network brought; release, revoke, renew, clear; data; grants; handshakes;
/// commit; answers. A flood of one part never starves those before it.
#pragma once

#include "core/crypto/identity.hpp"
#include "core/node/node_parts.hpp"
#include "core/node/readiness.hpp"
#include "core/node/service.hpp"
#include "core/node/time_keeper.hpp"
#include "core/observe/histogram.hpp"

namespace grafos::node {

class Node : public lease::Grantor {
public:
    using Parts = NodeParts;

    explicit Node(const Parts& parts, const lease::LogOptions& options) noexcept;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// From now on others are served too. Context: boot, before the first turn.
    void serve(Service& service) noexcept {
        GRAFOS_ASSERT(service_ == nullptr && readiness_ == Readiness::booting);
        service_ = &service;
    }

    // --- turns
    /// One turn at the raw clock reading `raw`. Context: the main loop, never from inside a turn.
    void tick(Instant raw) noexcept;
    /// The reading after the turn and what the board did in it: beyond turn_max is an overrun.
    void end_turn(Instant raw) noexcept;
    /// When to call again at the latest, as a raw reading; at once if work is waiting.
    [[nodiscard]] Instant next_deadline() const noexcept;
    [[nodiscard]] Instant now() const noexcept { return time_.now(); }

    // --- Grantor
    [[nodiscard]] Result<lease::Ticket> start(const lease::Request& request) noexcept override;
    [[nodiscard]] Result<lease::Answer> poll(lease::Ticket ticket) noexcept override;

    // --- for a service: answered in the order in which answers are there. Failures: as `start`.
    [[nodiscard]] Result<> start_served(const lease::Request& request, uint32_t cookie) noexcept;
    /// What is answered and proven; nothing: no more for now. Context: turn.
    [[nodiscard]] std::optional<ServedAnswer> next_served() noexcept;
    /// A refusal that no Grantor gave, for the chain (protocol §5). Context: turn.
    void note_refusal(TenantId tenant, lease::Operation operation, const Error& error) noexcept {
        lessor_.note_refusal(tenant, operation, error);
    }
    [[nodiscard]] const Service* service() const noexcept { return service_; }

    // --- accesses, for this machine's own programs
    [[nodiscard]] lease::Lessor& lessor() noexcept { return lessor_; }
    [[nodiscard]] const lease::Lessor& lessor() const noexcept { return lessor_; }
    /// With the lease's own epoch and generation: for an operator who knows the id. Failures: as
    /// Lessor::start_access. Context: turn.
    [[nodiscard]] Result<lease::AccessHandle> start_access_by_id(
        const LeaseId& id, const lease::Access& access) noexcept;
    [[nodiscard]] Result<> poll_access(const lease::AccessHandle& handle) noexcept {
        return lessor_.poll_access(handle, now());
    }

    /// Keeps a lease of this node alive from here, at its own TTL. Failures: as RenewalManager and
    /// the lease's end code. Context: turn.
    [[nodiscard]] Result<LeaseRef> hold(const LeaseId& id) noexcept;
    [[nodiscard]] Result<LeaseRef> unhold(const LeaseId& id) noexcept;
    [[nodiscard]] const lease::RenewalManager& renewals() const noexcept { return renewals_; }
    [[nodiscard]] const lease::RenewalSummary& renewal_totals() const noexcept { return totals_; }

    // --- the chain
    /// Reads back from `from` on (or from the oldest kept record, if `from` is 0 and trimmed). One
    /// reader. Failures: not_found (sequence), not_ready (log). Context: turn.
    [[nodiscard]] Result<> start_export(Sequence from) noexcept;
    /// The next anchored record; holds until the next call. Failures: busy (the disk reads),
    /// not_found (there are no more), corrupt, io. Context: turn.
    [[nodiscard]] Result<ExportedRecord> next_exported() noexcept;
    /// The durable head, signed. One public-key operation. Failures: not_found, not_ready (log).
    [[nodiscard]] Result<lease::SignedHead> sign_head() const noexcept;
    /// As DurableLog::start_trim, then seals `log_trimmed`: its sequence, once durable.
    [[nodiscard]] Result<> start_trim(Sequence last, const Digest& hash) noexcept;
    [[nodiscard]] Result<Sequence> poll_trim() noexcept;
    /// Vouches for a node whose durable state was lost. Failures: as DurableLog::adopt.
    /// Done when the node is ready: `state_adopted` is then durable, at `boot_record`.
    [[nodiscard]] Result<> start_adopt(const lease::Adoption& adoption) noexcept;
    /// The last record of this boot's beginning.
    [[nodiscard]] Sequence boot_record() const noexcept { return boot_record_; }

    // --- looking
    [[nodiscard]] Readiness readiness() const noexcept { return readiness_; }
    /// Leases of this boot are served: ready, or degraded after having been ready.
    [[nodiscard]] bool is_serving() const noexcept;
    /// Why not, or why not everything: not_ready (readiness) or degraded (the reason's field).
    [[nodiscard]] Error refusal_of_state() const noexcept;
    [[nodiscard]] lease::DegradedReason degraded_reason() const noexcept;
    /// Degraded, and on its way out of it.
    [[nodiscard]] bool is_log_going_on() const noexcept;
    /// What exactly made it degraded.
    [[nodiscard]] Error degraded_cause() const noexcept { return log_.state().cause; }
    [[nodiscard]] BootNumber boot() const noexcept { return log_.boot(); }
    [[nodiscard]] Sequence anchored_end() const noexcept;
    [[nodiscard]] const crypto::Identity& identity() const noexcept { return identity_; }
    [[nodiscard]] crypto::Drbg& drbg() noexcept { return drbg_; }
    [[nodiscard]] hal::BlockDevice& disk() noexcept { return parts_.machine.disk; }
    [[nodiscard]] const lease::NodeLimits& node_limits() const noexcept { return parts_.limits; }
    [[nodiscard]] const lease::DurableLog& log() const noexcept { return log_; }
    [[nodiscard]] const observe::Counters& counters() const noexcept { return counters_; }
    [[nodiscard]] observe::Counters& counters() noexcept { return counters_; }
    [[nodiscard]] const observe::EventRing& events() const noexcept { return parts_.events; }
    /// Of every turn since boot, ms of the raw clock.
    [[nodiscard]] const observe::Histogram& turn_lengths() const noexcept { return turn_lengths_; }
    void count_console_line() noexcept { counters_.add(observe::Counter::console_lines); }
    void count_console_refusal(const Error& error, size_t line_bytes) noexcept;

private:
    /// What the log replays into: the lessor, as soon as the disk's layout is known.
    class ReplayedState final : public lease::DurableState {
    public:
        explicit ReplayedState(Node& node) noexcept : node_{node} {}
        [[nodiscard]] size_t checkpoint_bytes_max() const noexcept override {
            return node_.lessor_.checkpoint_bytes_max();
        }
        [[nodiscard]] size_t write_checkpoint(MutableBytes to) noexcept override {
            return node_.lessor_.write_checkpoint(to);
        }
        [[nodiscard]] Result<> load_checkpoint(Bytes from) noexcept override;
        [[nodiscard]] Result<> replay(const lease::AuditEvent& event,
                                      Sequence sequence) noexcept override {
            return node_.lessor_.replay(event, sequence);
        }

    private:
        Node& node_;
    };

    void boot_on() noexcept;
    void load_identity() noexcept;
    void follow_log() noexcept;
    void format() noexcept;
    void begin_boot_record() noexcept;
    void finish_boot_record() noexcept;
    [[nodiscard]] Sequence seal_boot_record() noexcept;
    [[nodiscard]] bool reset_disk() noexcept;
    void enter(Readiness readiness) noexcept;
    void enter_degraded(lease::DegradedReason reason) noexcept;
    void know_identity() noexcept;
    [[nodiscard]] bool has_log() const noexcept;

    void tick_leases(Instant now) noexcept;
    void execute(RequestClass request_class) noexcept;
    [[nodiscard]] bool execute(OutboxSlot& slot) noexcept;
    [[nodiscard]] Result<lease::Answer> execute(const lease::Request& request) noexcept;
    [[nodiscard]] Result<> check_proven(const lease::Answer& answer) const noexcept;
    void answer(OutboxSlot& slot, const Result<lease::Answer>& result) noexcept;
    void poll_clear() noexcept;
    void tick_renewals() noexcept;
    void count_log_work() noexcept;
    void tick_trim() noexcept;
    void refuse_trim(const Error& error) noexcept;

    Parts parts_;
    TimeKeeper time_{Instant{0}};
    Readiness readiness_ = Readiness::booting;
    observe::Counters counters_{};
    observe::Histogram turn_lengths_{};
    crypto::Drbg drbg_{};
    crypto::Identity identity_{};
    lease::IdentitySigner signer_;
    std::array<lease::Resource*, 2> resources_;
    lease::Lessor lessor_;
    ReplayedState state_;
    lease::DurableLog log_;
    lease::LogReader reader_;
    Outbox outbox_;
    lease::LocalRenewalDoor renewal_door_;
    lease::RenewalManager renewals_;
    lease::RenewalSummary totals_{};
    Service* service_ = nullptr;
    Sequence boot_record_{};
    uint64_t steps_back_seen_ = 0;
    Instant turn_began_{};
    lease::DegradedReason degraded_reason_ = lease::DegradedReason::none;
    bool has_served_ = false; ///< degraded after it was ready: ends still take effect
    bool has_more_ = false;
    enum class Trim : uint8_t { none, reading, sealing, anchoring, refused } trim_ = Trim::none;
    Sequence trim_last_{};
    Digest trim_hash_{};
    Sequence trim_record_{};
    Error trim_error_{ErrorCode::not_found, Field::operation};
};

} // namespace grafos::node
