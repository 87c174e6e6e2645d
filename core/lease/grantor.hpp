// SPDX-License-Identifier: Apache-2.0
/// The first door: whoever grants. A request is started, gets a ticket, and is polled for its
/// answer, which is there only when the record that proves it is durable (protocol §5).
#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/lease/audit/event.hpp"
#include "core/lease/resource.hpp"

namespace grafos::lease {

enum class Operation : uint8_t {
    grant = 1,
    renew = 2,
    release = 3,           ///< by knowledge of the id
    revoke = 4,            ///< by ref; with grace or at once
    report_checkpoint = 5, ///< the holder, in grace: "I have saved what I need"
    clear_fence = 6,
    // What others may ask of a node that no Grantor executes; named in records of refusals only.
    request_token = 7,
    refresh_token = 8,
    attach = 9,
    look = 10,
    set_time = 11,
    read_log = 12,
    trim_log = 13,
    other = 14,
};
inline constexpr Operation operation_last = Operation::other;

/// Whether `Grantor::start` takes it.
[[nodiscard]] constexpr bool is_grantor_operation(Operation operation) noexcept {
    return operation >= Operation::grant && operation <= Operation::clear_fence;
}

[[nodiscard]] std::string_view name_of(Operation operation) noexcept;

/// Who asks: authenticated before it gets here.
struct Caller {
    TenantId tenant{};
    Bytes identity{}; ///< ≤ limits::identity_bytes_max; the caller's, copied where kept
    // What its tenant may have live at a time, by whomever granted; 0 = unlimited.
    uint64_t quota_bytes = 0;
    uint64_t quota_leases = 0;
    Duration ttl_max{}; ///< of a grant or a renewal; 0 = lease_ttl_max
};

struct Request {
    Operation operation{};
    Caller caller{};
    // grant
    ResourceId resource{};
    uint64_t amount_bytes = 0;
    AllocKey alloc_key{};  ///< zero: none; else the same caller and key get the same live lease
    uint8_t rights = 0xFF; ///< of the tokens that the lease will have; no concern of its own access
    // grant, renew
    Duration ttl{}; ///< renew: 0 = the one first granted
    // renew, release, report_checkpoint
    LeaseId lease{};
    Generation generation{}; ///< renew: the one the holder has
    // revoke
    LeaseRef lease_ref{};
    Duration grace{}; ///< 0 = at once
    Reason reason = Reason::none;
    // clear_fence
    Sequence fence{}; ///< of `resource`, or of any where that is zero
};

struct Answer {
    LeaseId lease{}; ///< in a grant's answer only
    LeaseRef lease_ref{};
    Epoch epoch{};
    Generation generation{};
    Duration left{}; ///< as of execution; the same bytes when repeated
    uint64_t amount_bytes = 0;
    Sequence record{}; ///< the record that proves it
};

struct Ticket {
    uint32_t slot = 0;
    uint32_t generation = 0; ///< 0 names none
    friend constexpr bool operator==(const Ticket&, const Ticket&) = default;
};

class Grantor {
public:
    /// Reserves the answer's slot, then executes at the right point of a turn. Failures: not_ready,
    /// degraded, capacity_exceeded (outbox). Context: turn or top level of the same machine.
    [[nodiscard]] virtual Result<Ticket> start(const Request& request) noexcept = 0;

    /// The answer, once, when it is durable; the ticket is forgotten with it. Failures: busy (not
    /// yet), not_found (ticket), disconnected (outcome unknown), or the operation's own typed
    /// refusal.
    [[nodiscard]] virtual Result<Answer> poll(Ticket ticket) noexcept = 0;

protected:
    ~Grantor() = default;
};

} // namespace grafos::lease
