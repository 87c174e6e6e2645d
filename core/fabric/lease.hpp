// SPDX-License-Identifier: Apache-2.0
/// A lease as its program has it: owned by one object, renewed while that lives, let go with it.
///
/// Move-only. The destructor marks the lease as released, in the slot it has held since it was
/// acquired; it sends nothing, waits for nothing and cannot fail. The fabric's next turns tell the
/// node; if the machine dies before, the TTL ends the lease. The fabric outlives its leases.
#pragma once

#include <utility>

#include "core/fabric/handles.hpp"

namespace grafos::fabric {

class HeldLease {
public:
    HeldLease(const HeldLease&) = delete;
    HeldLease& operator=(const HeldLease&) = delete;

    /// The authority to free it: not for logs.
    [[nodiscard]] const LeaseId& lease_id() const noexcept { return id_; }
    /// What is shown of it.
    [[nodiscard]] const LeaseRef& lease_ref() const noexcept { return ref_; }
    [[nodiscard]] const NodeId& node_id() const noexcept { return node_; }
    /// When this program stops using it unless it is renewed before: on this machine's clock, the
    /// margin taken off. Of an ended lease: the last one. Context: any.
    [[nodiscard]] Instant expires_at() const noexcept;
    /// Ok: usable now. Failures: the first terminal code, always the same (lease_expired, revoked,
    /// released, fenced, stale_epoch, not_found); busy (clock: in doubt). Context: any.
    [[nodiscard]] Result<> status() const noexcept;
    /// The node has said that a revocation is under way: save what is needed. Context: any.
    [[nodiscard]] bool is_warned() const noexcept;

    /// Whether this object still has a lease (it has not been moved from).
    [[nodiscard]] bool has_lease() const noexcept { return fabric_ != nullptr; }

protected:
    HeldLease(Fabric& fabric, HoldingHandle holding) noexcept;
    HeldLease(HeldLease&& other) noexcept;
    HeldLease& operator=(HeldLease&& other) noexcept;
    ~HeldLease();

    [[nodiscard]] Fabric& fabric() const noexcept;
    [[nodiscard]] HoldingHandle holding() const noexcept { return holding_; }
    [[nodiscard]] uint64_t size_bytes() const noexcept { return size_bytes_; }

private:
    void let_go() noexcept;

    Fabric* fabric_;
    HoldingHandle holding_;
    uint64_t size_bytes_ = 0;
    LeaseId id_{};
    LeaseRef ref_{};
    NodeId node_{};
};

class MemLease final : public HeldLease {
public:
    MemLease(MemLease&&) noexcept = default;
    MemLease& operator=(MemLease&&) noexcept = default;

    /// Not of a temporary: its lease would be gone with the full stop.
    [[nodiscard]] FabricMem mem() const& noexcept {
        return FabricMem{fabric(), holding(), size_bytes()};
    }
    FabricMem mem() && = delete;

private:
    template <typename>
    friend class Acquiring;
    MemLease(Fabric& fabric, HoldingHandle holding) noexcept : HeldLease{fabric, holding} {}
};

class BlockLease final : public HeldLease {
public:
    BlockLease(BlockLease&&) noexcept = default;
    BlockLease& operator=(BlockLease&&) noexcept = default;

    [[nodiscard]] FabricBlock block() const& noexcept {
        return FabricBlock{fabric(), holding(), size_bytes()};
    }
    FabricBlock block() && = delete;

private:
    template <typename>
    friend class Acquiring;
    BlockLease(Fabric& fabric, HoldingHandle holding) noexcept : HeldLease{fabric, holding} {}
};

} // namespace grafos::fabric
