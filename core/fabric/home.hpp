// SPDX-License-Identifier: Apache-2.0
/// One node that a program may lease from: this machine's own, or one behind a channel.
#pragma once

#include <string_view>

#include "core/fabric/program_call.hpp"
#include "core/fabric/remote_grantor.hpp"
#include "core/lease/lessor/lessor.hpp"

namespace grafos::fabric {

struct Home {
    std::string_view name{}; ///< as the peer list has it; outlives the fabric
    NodeId node{};           ///< zero: not known before the node is reached
    lease::Grantor* grantor = nullptr;
    lease::Lessor* lessor = nullptr; ///< this machine's own, else null
    Channel* channel = nullptr;      ///< another machine's, else null
    RemoteGrantor* remote = nullptr; ///< the grantor again, if it is another machine's
    std::span<CallSlot> calls{};     ///< to another machine's program; as many as may be under way

    [[nodiscard]] bool is_remote() const noexcept { return remote != nullptr; }
};

} // namespace grafos::fabric
