// SPDX-License-Identifier: Apache-2.0
/// The bytes of a lease on another machine: the `Region` door, sent over a session.
///
/// The holder stops first (protocol §1): after its own deadline nothing is sent, and what arrives
/// later is not handed over; while its deadline is in doubt, neither. The node checks all the same:
/// this side saves the round trip and keeps a program from believing stale bytes.
#pragma once

#include <array>
#include <optional>

#include "core/fabric/channel.hpp"
#include "core/lease/region.hpp"
#include "core/lease/resource.hpp"
#include "core/lease/token/token.hpp"

namespace grafos::fabric {

/// What a holder knows about its right to use a lease. Kept by the fabric.
struct HeldTerms {
    lease::Token token{};
    Instant usable_until{};     ///< the holder's own deadline, margin already taken off
    bool is_suspect = false;    ///< the deadline is in doubt: no use until it is confirmed
    bool is_warned = false;     ///< a revocation is under way
    std::optional<Error> end{}; ///< the first terminal code; never changes
};

/// Whether an operation may be sent, or its data handed over, now. Failures: the end code,
/// lease_expired (ttl), busy (clock: in doubt). Context: any.
[[nodiscard]] Result<> check_usable(const HeldTerms& terms, Instant now) noexcept;

/// Whether `error`, answered by a node to a request about a lease, says that this lease is over for
/// good. Context: any.
[[nodiscard]] bool is_end_of_lease(const Error& error) noexcept;

/// Operations of one region in flight at a time; one more is `busy`.
inline constexpr uint32_t remote_operations_max = 4;

class RemoteRegion final : public lease::Region {
public:
    struct Parts {
        Channel& channel;
        HeldTerms& terms; ///< `end` and `is_warned` are set from answers
        lease::ResourceKind kind;
        uint64_t size_bytes;
        Duration patience; ///< of one operation; never beyond the holder's deadline
    };
    /// What the parts refer to outlives the region.
    explicit RemoteRegion(const Parts& parts) noexcept : parts_{parts} {}
    RemoteRegion(const RemoteRegion&) = delete;
    RemoteRegion& operator=(const RemoteRegion&) = delete;
    /// What is in flight is forgotten: its buffers are the caller's again.
    ~RemoteRegion();

    [[nodiscard]] uint64_t size_bytes() const noexcept override { return parts_.size_bytes; }
    /// Beyond the failures of `Region`: capacity_exceeded (length) for more than
    /// region_transfer_bytes_max at once; disconnected, whose outcome is unknown. `from` is copied.
    [[nodiscard]] Result<lease::RegionTicket> start_read(uint64_t offset, MutableBytes to,
                                                         Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_write(uint64_t offset, MutableBytes from,
                                                          Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_flush(Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_compare_exchange(uint64_t offset,
                                                                     uint64_t expected,
                                                                     uint64_t desired,
                                                                     Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_fetch_add(uint64_t offset, uint64_t addend,
                                                              Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_lock(const lease::LockRequest& request,
                                                         Instant now) noexcept override;
    [[nodiscard]] Result<lease::RegionTicket> start_commit(const lease::CommitRequest& request,
                                                           Instant now) noexcept override;
    /// While the deadline is in doubt an answer waits: busy (clock).
    [[nodiscard]] Result<lease::RegionAnswer> poll(lease::RegionTicket ticket,
                                                   Instant now) noexcept override;

private:
    struct Operation {
        uint64_t number = 0; ///< of its ticket; 0 = free
        wire::MessageType type{};
        wire::RequestHandle request{};
        MutableBytes to{};
    };
    [[nodiscard]] Result<lease::RegionTicket> send(wire::MessageType type,
                                                   const Result<size_t>& payload_size,
                                                   Bytes payload, MutableBytes to,
                                                   Instant now) noexcept;
    [[nodiscard]] Result<> check_transfer(uint64_t offset, size_t length) const noexcept;
    [[nodiscard]] Result<> check_memory() const noexcept;
    [[nodiscard]] static Result<> take_data(MutableBytes to, Bytes data) noexcept;
    [[nodiscard]] Result<lease::RegionAnswer> take(const Operation& operation,
                                                   Bytes payload) noexcept;
    void forget(Operation& operation) noexcept;

    Parts parts_;
    uint64_t next_number_ = 1;
    std::array<Operation, remote_operations_max> operations_{};
};

} // namespace grafos::fabric
