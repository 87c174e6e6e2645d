// SPDX-License-Identifier: Apache-2.0
/// How a program asks for a lease: say what you need, then acquire it.
///
///     MemBuilder{fabric}.min_bytes(4096).lease_secs(30).on("arm").acquire(pump)
///
/// Without `on` the first node that grants, in an order that the request and the holder's key
/// decide; a node that is away is passed over. If all refuse, the answer is the refusal of the node
/// that came closest to granting (choice.hpp). A node whose answer to a grant got lost ends the
/// search with `disconnected`: going on could leave two leases behind.
#pragma once

#include <string_view>

#include "core/fabric/lease.hpp"
#include "core/fabric/wish.hpp"
#include "core/lease/token/token.hpp"

namespace grafos::fabric {

/// How long a lease lives between renewals if the program does not say.
inline constexpr Duration lease_ttl_default{30'000};
/// How much memory, likewise; of blocks, one.
inline constexpr uint64_t memory_bytes_default = 4'096;
/// How long one node may take to grant.
inline constexpr Duration acquire_patience_default{5'000};

/// An acquire under way, for code inside turns. Dropped before its end, it lets go of whatever
/// comes of it.
template <typename Lease>
class Acquiring {
public:
    Acquiring(Acquiring&& other) noexcept
        : fabric_{std::exchange(other.fabric_, nullptr)}, holding_{other.holding_} {}
    Acquiring(const Acquiring&) = delete;
    Acquiring& operator=(const Acquiring&) = delete;
    Acquiring& operator=(Acquiring&&) = delete;
    ~Acquiring();

    /// The lease, once. Failures: busy (ticket: not yet), not_found (ticket: taken before), else
    /// why no node granted. Context: turn or top level.
    [[nodiscard]] Result<Lease> poll() noexcept;

private:
    template <typename, typename>
    friend class Builder;
    Acquiring(Fabric& fabric, HoldingHandle holding) noexcept
        : fabric_{&fabric}, holding_{holding} {}

    Fabric* fabric_;
    HoldingHandle holding_;
};

/// What all builders can. A mistake is kept and told by `acquire`.
template <typename Self, typename Lease>
class Builder {
public:
    /// Until the next renewal, seconds. 0 is refused.
    Self& lease_secs(uint64_t seconds) noexcept;
    /// 100 ms … lease_ttl_max, and long enough for the holder's margin to stay under a quarter.
    Self& lease_ttl(Duration ttl) noexcept;
    /// For whom; only if the node's trusted list lets this program name one. Default: its own.
    Self& tenant(TenantId tenant) noexcept;
    /// Only this node.
    Self& on(std::string_view name) noexcept;
    Self& on(const NodeId& node) noexcept;
    /// The grant is asked for under this key: a node that kept running gives the same program, by
    /// its identity, the lease that lives under it, with the epoch it has, the time it has left and
    /// a token of its present generation; if none does, a new one. So a restarted holder finds its
    /// lease again, knowing no id. Meant for one node (`on`), and one lease a key: while this
    /// program holds the lease itself the answer is busy (alloc_key). Zero is refused.
    Self& key(const AllocKey& key) noexcept;
    /// An ALLOC token that somebody else asked for: no CAP_REQUEST is sent. Not for `attach`.
    Self& with_token(const lease::Token& token) noexcept;
    /// How long one node may take.
    Self& patience(Duration patience) noexcept;

    /// Waits, turning `pump`. Failures: capacity_exceeded (slot: leases_max; or a node's),
    /// invalid_argument (amount, ttl, lease), not_found (name, node_id: no such node), disconnected
    /// (no node answers; or one whose grant is unknown: its lease, if any, ends by its TTL), else
    /// a node's refusal. Context: top level; asserts that no turn is running.
    [[nodiscard]] Result<Lease> acquire(Pump& pump) noexcept;
    /// The same without waiting. Failures: capacity_exceeded (slot), invalid_argument, not_found
    /// (name, node_id). Context: turn or top level.
    [[nodiscard]] Result<Acquiring<Lease>> start_acquire() noexcept;

    /// Takes up a lease that an earlier run of this program held, on a node that kept running.
    /// Without `on`, the nodes are asked in order. Failures: the end code, not_found (lease: no
    /// node knows it), denied, disconnected. Context: as above.
    [[nodiscard]] Result<Lease> attach(const LeaseId& lease, Pump& pump) noexcept;
    [[nodiscard]] Result<Acquiring<Lease>> start_attach(const LeaseId& lease) noexcept;

protected:
    Builder(Fabric& fabric, lease::ResourceKind kind) noexcept;
    Self& amount(uint64_t count, uint64_t unit_bytes) noexcept;

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    void refuse(const Error& error) noexcept;
    Self& on_home(const Result<uint8_t>& home) noexcept;
    [[nodiscard]] Result<Lease> wait(Result<Acquiring<Lease>> started, Pump& pump) noexcept;

    Fabric& fabric_;
    Wish wish_{};
    lease::Token token_{};           ///< size 0: none was given
    std::optional<Error> mistake_{}; ///< the first
};

/// Memory: `min_bytes` or more.
class MemBuilder final : public Builder<MemBuilder, MemLease> {
public:
    explicit MemBuilder(Fabric& fabric) noexcept : Builder{fabric, lease::ResourceKind::memory} {}
    MemBuilder& min_bytes(uint64_t bytes) noexcept { return amount(bytes, 1); }
};

/// Scratch blocks of 512 bytes.
class BlockBuilder final : public Builder<BlockBuilder, BlockLease> {
public:
    explicit BlockBuilder(Fabric& fabric) noexcept : Builder{fabric, lease::ResourceKind::block} {}
    BlockBuilder& min_blocks(uint64_t blocks) noexcept {
        return amount(blocks, limits::block_bytes);
    }
};

extern template class Acquiring<MemLease>;
extern template class Acquiring<BlockLease>;
extern template class Builder<MemBuilder, MemLease>;
extern template class Builder<BlockBuilder, BlockLease>;

} // namespace grafos::fabric
