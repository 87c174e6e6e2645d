// SPDX-License-Identifier: Apache-2.0
/// One node that a program may lease from: this machine's own, or one behind a channel.
#pragma once

#include <string_view>

#include "core/fabric/remote_grantor.hpp"
#include "core/lease/lessor/lessor.hpp"

namespace grafos::fabric {

struct Home {
    std::string_view name{}; ///< as the peer list has it; outlives the fabric
    NodeId node{};
    lease::Grantor* grantor = nullptr;
    // this machine's own
    lease::Lessor* lessor = nullptr;
    // another machine
    Channel* channel = nullptr;
    RemoteGrantor* remote = nullptr;
    BootNumber boot{}; ///< under which our leases there were granted; 0: not reached yet

    [[nodiscard]] bool is_remote() const noexcept { return remote != nullptr; }
};

} // namespace grafos::fabric
