// SPDX-License-Identifier: Apache-2.0
/// What a node is put together from, and the small things it hands out.
#pragma once

#include "core/lease/durable/log.hpp"
#include "core/lease/lessor/lessor.hpp"
#include "core/lease/renewal/renewal_manager.hpp"
#include "core/lease/resource/block_resource.hpp"
#include "core/lease/resource/memory_resource.hpp"
#include "core/node/machine.hpp"
#include "core/node/outbox.hpp"

namespace grafos::node {

/// The storage behind a node, owned by `NodeOf<limits>`.
struct NodeParts {
    Machine machine;
    lease::NodeLimits limits;
    lease::LeaseTable& table;
    lease::MemoryResource& memory;
    lease::BlockResource& block;
    lease::RenewalManager::Storage renewals;
    std::span<OutboxSlot> outbox;
    observe::EventRing& events;
    MutableBytes group_a;
    MutableBytes group_b;
    MutableBytes window;
    MutableBytes checkpoint;
    MutableBytes export_window;
};

/// One anchored record, as it is exported.
struct ExportedRecord {
    Bytes canonical{};
    Digest hash{};
};

/// What became of a request that a service had started.
struct ServedAnswer {
    uint32_t cookie = 0;
    Instant executed{}; ///< what `left` in the answer counts from
    Result<lease::Answer> answer;
};

} // namespace grafos::node
