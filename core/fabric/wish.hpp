// SPDX-License-Identifier: Apache-2.0
/// What is asked of the fabric, as the builders put it together.
#pragma once

#include <optional>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/lease/resource.hpp"

namespace grafos::fabric {

struct Wish {
    lease::ResourceKind kind = lease::ResourceKind::memory;
    uint64_t amount_bytes = 1; ///< at least
    Duration ttl{};
    Duration patience{};           ///< of one node
    TenantId tenant{};             ///< 0: the one that the node's trusted list gives this program
    LeaseId attach{};              ///< zero: a new lease
    AllocKey key{};                ///< of the grant; zero: a fresh one
    std::optional<uint8_t> home{}; ///< only this one of the fabric's nodes
};

} // namespace grafos::fabric
