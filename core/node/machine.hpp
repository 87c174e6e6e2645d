// SPDX-License-Identifier: Apache-2.0
/// What a node needs of the machine it runs on.
#pragma once

#include "core/lease/audit/event_data.hpp"
#include "hal/block_device.hpp"
#include "hal/entropy.hpp"

namespace grafos::node {

/// What a board hands over. All of it outlives the node.
struct Machine {
    hal::Entropy& entropy;
    hal::BlockDevice& disk;
    MutableBytes memory;    ///< to lend; any length, also none
    UnixMillis unix_base{}; ///< Unix time at the clock's zero; stamps only
    lease::WallSource wall_source = lease::WallSource::none;
};

} // namespace grafos::node
