// SPDX-License-Identifier: Apache-2.0
/// What a service is put together from, and what it keeps of requests that are not answered in the
/// turn they came in.
#pragma once

#include "core/lease/lessor/memory_verbs.hpp"
#include "core/lease/node_limits.hpp"
#include "core/lease/token/token_cache.hpp"
#include "core/node/node.hpp"
#include "core/wire/messages.hpp"
#include "core/wire/session/server.hpp"

namespace grafos::node {

/// The sessions of a node of this size.
[[nodiscard]] constexpr wire::SessionLimits sessions_of(const lease::NodeLimits& limits) noexcept {
    const auto share = [&](uint16_t part) {
        const uint16_t count = static_cast<uint16_t>(limits.sessions_max / part);
        return count > 0 ? count : uint16_t{1};
    };
    return {.sessions_max = limits.sessions_max,
            .window = limits.session_window,
            .per_principal_max = share(2),
            .pending_max = share(2),
            .outgoing_max = share(2),
            .reassemblies_max = share(4),
            .requests_per_turn_max = limits.session_window,
            .idle_max = Duration{600'000}};
}

/// A request that lies in the node's outbox, and what its answer is made of besides the node's.
struct StartedRequest {
    enum class Kind : uint8_t { alloc, renew, free, checkpoint, revoke, fence_clear };
    wire::RequestOrigin origin{};
    Kind kind{};
    uint16_t next_free = 0; ///< index + 1; 0 ends the list
    bool is_used = false;
    uint8_t resource = 0; ///< alloc: index among the node's
    uint16_t rights = 0;  ///< alloc: of the lease's token
    TenantId tenant{};    ///< alloc
    Duration ttl_max{};   ///< alloc: the longest a renewal may ask for
    LeaseRef lease_ref{}; ///< where it is known before the answer
    lease::Token token{}; ///< renew: the one that was shown
};

/// An access that waits for its turn: the whole request, since its bytes are the packet's.
struct QueuedAccess {
    wire::RequestOrigin origin{};
    uint16_t type = 0;
    uint16_t size = 0;
    std::array<uint8_t, wire::whole_payload_bytes_max> payload{};
};

/// First in, first out, in a ring that somebody else owns.
class AccessQueue {
public:
    constexpr explicit AccessQueue(std::span<QueuedAccess> slots) noexcept : slots_{slots} {}
    AccessQueue(const AccessQueue&) = delete;
    AccessQueue& operator=(const AccessQueue&) = delete;

    /// A copy. False: full, or longer than one packet's payload.
    [[nodiscard]] bool push(const wire::RequestOrigin& origin,
                            const wire::MessageView& message) noexcept {
        if (count_ == slots_.size() || message.payload.size() > slots_[0].payload.size()) {
            return false;
        }
        QueuedAccess& slot = slots_[(first_ + count_) % slots_.size()];
        slot.origin = origin;
        slot.type = message.type;
        slot.size = static_cast<uint16_t>(message.payload.size());
        copy_bytes(slot.payload, message.payload);
        count_ += 1;
        return true;
    }
    [[nodiscard]] const QueuedAccess& front() const noexcept {
        GRAFOS_ASSERT(count_ > 0);
        return slots_[first_];
    }
    void pop() noexcept {
        GRAFOS_ASSERT(count_ > 0);
        first_ = (first_ + 1) % slots_.size();
        count_ -= 1;
    }
    [[nodiscard]] size_t size() const noexcept { return count_; }
    [[nodiscard]] bool is_empty() const noexcept { return count_ == 0; }

private:
    std::span<QueuedAccess> slots_;
    size_t first_ = 0;
    size_t count_ = 0;
};

/// A block access that the device is working on.
struct BlockOperation {
    bool is_used = false;
    wire::RequestOrigin origin{};
    wire::MessageType type{};
    lease::AccessHandle handle{};
    std::array<uint8_t, limits::region_transfer_bytes_max> buffer{};
};

/// A collector's question, which takes as long as the disk.
struct AuditRead {
    wire::RequestOrigin origin{};
    Sequence from{};
    uint16_t records_max = 0;
};

/// A collector's trim: one at a time.
struct TrimJob {
    bool is_active = false;
    bool is_started = false; ///< else it waits for a checkpoint
    wire::RequestOrigin origin{};
    wire::AuditTrimRequest request{};
    Instant until{}; ///< waits no longer
};

/// Questions that wait for the one reader; one more is `busy`.
inline constexpr size_t audit_reads_max = 4;

struct ServiceOptions {
    std::string_view name{}; ///< of the node, shown; ≤ 24 bytes used
    bool seals = true;       ///< false only in a build for a trusted fabric
};

/// The storage behind a service, owned by `FabricServiceOf<limits>`.
struct ServiceParts {
    Node& node;
    wire::Port& port;
    wire::SessionServer& sessions;
    const wire::PeerList& peers;
    std::span<StartedRequest> started;
    std::span<QueuedAccess> memory_queue;
    std::span<QueuedAccess> block_queue;
    std::span<BlockOperation> block_operations;
    std::span<lease::TokenCache* const> tokens; ///< one for each place of a session
    MutableBytes log_window;
};

/// What others are counted by that the node's own counters do not know.
struct ServiceFigures {
    uint64_t requests = 0;
    uint64_t refused = 0;        ///< of them, by whatever reason
    uint64_t data_queued = 0;    ///< accesses that had to wait for a later turn
    uint64_t data_forgotten = 0; ///< of them, whose session ended before
    uint64_t audit_reads = 0;
    uint64_t heads_signed = 0;
    uint64_t calls = 0; ///< handed to the program
};

} // namespace grafos::node
