// SPDX-License-Identifier: Apache-2.0
/// A program's side of the fabric on a machine that has a node, and its place in the node's turn.
///
/// The turn, wherever a program runs: the node's tick, `tick` here, what the program does, `flush`
/// here, the node's end_turn. The node's time is what the fabric is moved by; a rest is in the
/// machine's, which goes on where the node's stood still after a step back.
#pragma once

#include <optional>

#include "core/fabric/fabric_storage.hpp"
#include "core/node/node.hpp"
#include "core/node/service/fabric_service.hpp"

namespace grafos::board {

/// Whether the node is ready, and all that it lends has been zeroed: the first turn of a program.
[[nodiscard]] inline bool is_settled(node::Node& node) noexcept {
    bool is_wiped = true;
    for (const lease::Resource* const resource : node.lessor().resources()) {
        is_wiped = is_wiped && resource->info().dirty == 0;
    }
    return is_wiped && node.readiness() == node::Readiness::ready;
}

template <fabric::FabricLimits limits>
class FabricSideOf final {
public:
    FabricSideOf() noexcept = default;
    FabricSideOf(const FabricSideOf&) = delete;
    FabricSideOf& operator=(const FabricSideOf&) = delete;

    /// What the machine's service hands the answers of other nodes to.
    [[nodiscard]] wire::ClientPort& clients() noexcept { return clients_; }

    /// All outlive this. `service` null: there is no link. Failures: those of
    /// FabricOf::check_peers. Context: boot, once.
    [[nodiscard]] Result<> start(node::Node& node, node::FabricService* service,
                                 const wire::PeerList& peers, std::string_view name) noexcept {
        GRAFOS_ASSERT(node_ == nullptr);
        node_ = &node;
        service_ = service;
        fabric_.emplace(fabric::FabricMachine{
            .peers = peers,
            .identity = node.identity(),
            .drbg = node.drbg(),
            .port = service != nullptr ? &service->port() : nullptr,
            .clients = &clients_,
            .local_name = name,
            .local_grantor = &node,
            .local_lessor = &node.lessor(),
        });
        return fabric_->check_peers();
    }

    /// `raw`: what the node's tick of this turn was given. Context: turn.
    void tick(Instant raw) noexcept {
        if (raw < last_raw_) {
            fabric_->mark_suspect();
        }
        last_raw_ = raw;
        fabric_->tick(node_->now());
    }

    /// `after`: the clock read anew. Context: turn.
    void flush(Instant after) noexcept {
        fabric_->flush(saturating_add(node_->now(), left_until(after, last_raw_)));
        if (service_ != nullptr) {
            service_->port().flush();
        }
    }

    /// By the machine's clock; `due` is by the node's. Context: between turns.
    [[nodiscard]] Instant raw_of(Instant due) const noexcept {
        return saturating_add(last_raw_, left_until(due, node_->now()));
    }
    [[nodiscard]] Instant next_deadline() const noexcept {
        return raw_of(fabric_->next_deadline());
    }
    [[nodiscard]] fabric::Fabric& fabric() noexcept { return *fabric_; }

private:
    wire::ClientPort clients_{};
    std::optional<fabric::FabricOf<limits>> fabric_{};
    node::Node* node_ = nullptr;
    node::FabricService* service_ = nullptr;
    Instant last_raw_{};
};

} // namespace grafos::board
