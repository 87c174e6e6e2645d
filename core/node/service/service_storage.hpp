// SPDX-License-Identifier: Apache-2.0
/// A service with its storage: everything sized from the limits its node was built with.
#pragma once

#include "core/node/service/fabric_service.hpp"

namespace grafos::node {

template <lease::NodeLimits limits>
struct ServiceStorageOf {
    static_assert(wire::is_consistent(sessions_of(limits)));
    /// So that no session can fill the outbox for the others.
    static_assert(limits.outbox_slots_max > size_t{limits.sessions_max} * limits.session_window);

    static constexpr size_t places = size_t{limits.sessions_max} + sessions_of(limits).pending_max;

    ServiceStorageOf() noexcept {
        for (size_t index = 0; index < places; ++index) {
            token_caches[index] = &tokens[index];
        }
    }
    ServiceStorageOf(const ServiceStorageOf&) = delete;
    ServiceStorageOf& operator=(const ServiceStorageOf&) = delete;

    std::array<StartedRequest, size_t{limits.sessions_max} * limits.session_window> started{};
    std::array<QueuedAccess, limits.data_queue_max> memory_queue{};
    std::array<QueuedAccess, limits.data_queue_max> block_queue{};
    std::array<BlockOperation, limits.block_accesses_max> block_operations{};
    std::array<lease::TokenCacheOf<limits.session_tokens_max>, places> tokens{};
    std::array<lease::TokenCache*, places> token_caches{};
    alignas(16) std::array<uint8_t, limits.group_bytes_max> log_window{};
};

/// The link and the peers outlive it; so does `client`, where programs of this machine share the
/// link.
template <lease::NodeLimits limits>
class FabricServiceOf final : private ServiceStorageOf<limits>, public FabricService {
public:
    FabricServiceOf(Node& node, hal::DatagramLink& link, const wire::PeerList& peers,
                    const Options& options, wire::PacketSink* client = nullptr) noexcept
        : FabricService{FabricService::Parts{node, port_, sessions_, peers, this->started,
                                             this->memory_queue, this->block_queue,
                                             this->block_operations, this->token_caches,
                                             this->log_window},
                        options},
          port_{link, &sessions_, client},
          sessions_{{port_, node.identity(), node.drbg(), peers, *this, options.seals}} {}

private:
    wire::Port port_;
    wire::SessionServerOf<sessions_of(limits)> sessions_;
};

/// RAM that serving others takes.
template <lease::NodeLimits limits>
inline constexpr size_t service_bytes = sizeof(FabricServiceOf<limits>);

} // namespace grafos::node
