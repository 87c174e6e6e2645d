// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/lease.hpp"

#include "core/fabric/fabric.hpp"

namespace grafos::fabric {

HeldLease::HeldLease(Fabric& fabric, HoldingHandle holding) noexcept
    : fabric_{&fabric}, holding_{holding} {
    const Result<Holding*> held = fabric.find_held(holding);
    GRAFOS_ASSERT(held.is_ok());
    const HoldingState& state = held.value()->state;
    size_bytes_ = state.lease.amount_bytes;
    id_ = state.lease.lease;
    ref_ = state.lease.lease_ref;
    node_ = fabric.node_of(fabric.homes()[state.home]);
}

HeldLease::HeldLease(HeldLease&& other) noexcept
    : fabric_{std::exchange(other.fabric_, nullptr)},
      holding_{other.holding_},
      size_bytes_{other.size_bytes_},
      id_{other.id_},
      ref_{other.ref_},
      node_{other.node_} {}

HeldLease& HeldLease::operator=(HeldLease&& other) noexcept {
    if (this != &other) {
        let_go();
        fabric_ = std::exchange(other.fabric_, nullptr);
        holding_ = other.holding_;
        size_bytes_ = other.size_bytes_;
        id_ = other.id_;
        ref_ = other.ref_;
        node_ = other.node_;
    }
    return *this;
}

HeldLease::~HeldLease() {
    let_go();
}

void HeldLease::let_go() noexcept {
    if (fabric_ != nullptr) {
        fabric_->let_go(holding_);
        fabric_ = nullptr;
    }
}

Fabric& HeldLease::fabric() const noexcept {
    GRAFOS_ASSERT(fabric_ != nullptr); // moved from
    return *fabric_;
}

Instant HeldLease::expires_at() const noexcept {
    (void)fabric().check(holding_).is_ok(); // brings the terms up to date
    const Result<Holding*> held = fabric().find_held(holding_);
    GRAFOS_ASSERT(held.is_ok());
    return held.value()->terms.usable_until;
}

Result<> HeldLease::status() const noexcept {
    return fabric().check(holding_);
}

bool HeldLease::is_warned() const noexcept {
    const Result<Holding*> held = fabric().find_held(holding_);
    GRAFOS_ASSERT(held.is_ok());
    return held.value()->terms.is_warned;
}

} // namespace grafos::fabric
