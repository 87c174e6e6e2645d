// SPDX-License-Identifier: Apache-2.0
/// Calls to the programs of other machines: a place for each that is under way.
#pragma once

#include "core/wire/session/client_storage.hpp"

namespace grafos::fabric {

/// Names one call of one program. A stale handle names nothing; the default one never did.
struct CallHandle {
    uint8_t home = 0; ///< index among the fabric's nodes
    uint16_t slot = 0;
    uint64_t number = 0;
    friend constexpr bool operator==(const CallHandle&, const CallHandle&) = default;
};

/// Number 0: free.
struct CallSlot {
    wire::RequestHandle request{};
};

/// How many calls may be under way to one node: the other half of its session is for leases, so
/// that no flood of a program's own calls delays a renewal.
[[nodiscard]] constexpr size_t calls_max(uint16_t window) noexcept {
    return window / 2u;
}

} // namespace grafos::fabric
