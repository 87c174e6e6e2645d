// SPDX-License-Identifier: Apache-2.0
/// How far a node has come. No lease is granted before `ready`.
#pragma once

#include <cstdint>
#include <string_view>

namespace grafos::node {

enum class Readiness : uint8_t {
    booting,              ///< devices being reset
    loading_identity,     ///< entropy drawn, identity cell read or made
    loading_persistence,  ///< checkpoint and log replayed
    loading_replay_cache, ///< boot key drawn, boot number being made durable
    loading_revocations,  ///< trusted keys read
    ready,
    degraded, ///< refuses grants for its own safety; the reason is the log's
};

[[nodiscard]] constexpr std::string_view name_of(Readiness readiness) noexcept {
    switch (readiness) {
    case Readiness::booting: return "booting";
    case Readiness::loading_identity: return "loading_identity";
    case Readiness::loading_persistence: return "loading_persistence";
    case Readiness::loading_replay_cache: return "loading_replay_cache";
    case Readiness::loading_revocations: return "loading_revocations";
    case Readiness::ready: return "ready";
    case Readiness::degraded: return "degraded";
    }
    return "unknown";
}

} // namespace grafos::node
