// SPDX-License-Identifier: Apache-2.0
/// Every byte a program's side of the fabric needs, sized at build time from its `FabricLimits`.
///
/// `FabricOf<limits>` owns it and is the fabric: one sealed session for each node of the peer list,
/// and this machine's own node if there is one. Nothing is allocated.
#pragma once

#include "core/fabric/fabric.hpp"
#include "core/fabric/session_channel.hpp"
#include "core/wire/session/trusted_fabric.hpp"

namespace grafos::fabric {

/// What a fabric stands on; all of it outlives the fabric.
struct FabricMachine {
    const wire::PeerList& peers; ///< those with an address are nodes
    const crypto::Identity&
        identity;       ///< started before the first acquire; the node's, if one is here
    crypto::Drbg& drbg; ///< seeded before the same
    // Other machines; null: none are reached.
    wire::Port* port = nullptr;
    wire::ClientPort* clients = nullptr; ///< the port's client side
    // This machine's own node; null: none.
    std::string_view local_name{};
    lease::Grantor* local_grantor = nullptr;
    lease::Lessor* local_lessor = nullptr;
};

/// What is kept for leases.
template <FabricLimits sizes>
struct LeaseStorageOf {
    static_assert(is_consistent(sizes));

    std::array<Holding, sizes.leases_max> slots{};
    std::array<uint32_t, sizes.leases_max> free{};
    std::array<uint32_t, sizes.leases_max> work{};
    std::array<lease::HashIndex::Entry, lease::HashIndex::entries_for(sizes.leases_max)> index{};
    lease::RenewalStorageOf<sizes.leases_max> renewals{};
    Holdings holdings{{slots, free, work, index}};

    [[nodiscard]] lease::RenewalManager::Storage renewal_storage() noexcept {
        return {renewals.slots, renewals.heap, renewals.places, renewals.index};
    }
};

/// What is kept for one node on another machine.
template <uint16_t window>
struct WayOf {
    std::optional<wire::ClientSessionOf<window>> session{};
    std::optional<SessionChannel> channel{};
    std::array<RemoteGrantor::Call, window> calls{};
    std::optional<RemoteGrantor> grantor{};
    std::array<CallSlot, calls_max(window)> program_calls{};
};

template <FabricLimits sizes>
class FabricStorageOf {
protected:
    explicit FabricStorageOf(const FabricMachine& machine) noexcept {
        if (machine.local_grantor != nullptr) {
            GRAFOS_ASSERT(machine.local_lessor != nullptr);
            homes_[home_count_] = {.name = machine.local_name,
                                   .grantor = machine.local_grantor,
                                   .lessor = machine.local_lessor};
            home_count_ += 1;
        }
        for (size_t i = 0; machine.port != nullptr && i < machine.peers.size(); ++i) {
            const wire::Principal& peer = machine.peers[i];
            const bool is_here =
                machine.local_grantor != nullptr && peer.name_view() == machine.local_name;
            if (peer.address != hal::DatagramAddress{} && !is_here) {
                add(machine, peer);
            }
        }
    }

    [[nodiscard]] Fabric::Parts parts(const FabricMachine& machine) noexcept {
        return {sizes,
                std::span{homes_}.first(home_count_),
                leases_.holdings,
                leases_.renewal_storage(),
                machine.clients,
                machine.drbg,
                machine.identity};
    }
    [[nodiscard]] size_t left_out() const noexcept { return left_out_; }

private:
    void add(const FabricMachine& machine, const wire::Principal& peer) noexcept {
        if (way_count_ == sizes.peers_max) {
            left_out_ += 1;
            return;
        }
        WayOf<sizes.window>& way = ways_[way_count_];
        way_count_ += 1;
        way.session.emplace(wire::ClientSession::Parts{
            *machine.port, machine.identity, machine.drbg, !wire::is_trusted_fabric_build});
        const Result<> added = machine.clients->add(*way.session);
        GRAFOS_ASSERT(added.is_ok()); // it takes as many as a peer list
        way.channel.emplace(*way.session, peer);
        way.grantor.emplace(*way.channel, way.calls, leases_.holdings, sizes.request_patience);
        homes_[home_count_] = {.name = peer.name_view(),
                               .node = peer.node_id,
                               .grantor = &*way.grantor,
                               .channel = &*way.channel,
                               .remote = &*way.grantor,
                               .calls = way.program_calls};
        home_count_ += 1;
    }

    LeaseStorageOf<sizes> leases_{};
    std::array<WayOf<sizes.window>, sizes.peers_max> ways_{};
    std::array<Home, size_t{sizes.peers_max} + 1> homes_{};
    size_t way_count_ = 0;
    size_t home_count_ = 0;
    size_t left_out_ = 0;
};

/// A fabric with its storage.
template <FabricLimits sizes>
class FabricOf final : private FabricStorageOf<sizes>, public Fabric {
public:
    explicit FabricOf(const FabricMachine& machine) noexcept
        : FabricStorageOf<sizes>{machine}, Fabric{FabricStorageOf<sizes>::parts(machine)} {}

    /// Failures: capacity_exceeded (record_count): the peer list names more nodes than peers_max;
    /// those beyond are unknown here. Context: boot.
    [[nodiscard]] Result<> check_peers() const noexcept {
        const size_t left_out = FabricStorageOf<sizes>::left_out();
        return left_out == 0 ? Result<>{ok()}
                             : Error{ErrorCode::capacity_exceeded, Field::record_count,
                                     sizes.peers_max + left_out, sizes.peers_max};
    }
};

/// RAM of a program's side of the fabric, bytes.
template <FabricLimits sizes>
inline constexpr size_t fabric_bytes = sizeof(FabricOf<sizes>);
/// RAM of one more lease, bytes.
inline constexpr size_t held_lease_bytes =
    (sizeof(LeaseStorageOf<large_fabric>) - sizeof(LeaseStorageOf<small_fabric>)) /
    (large_fabric.leases_max - small_fabric.leases_max);

} // namespace grafos::fabric
