// SPDX-License-Identifier: Apache-2.0
/// Counts visitors in memory that it leases on another machine. It has a bug.
#pragma once

#include "core/fabric/builder.hpp"
#include "core/fabric/fabric.hpp"

namespace turnstile {

using namespace grafos;

inline Result<lease::RegionAnswer> wait(fabric::FabricMem& mem,
                                        const Result<lease::RegionTicket>& started,
                                        fabric::Pump& pump) {
    for (;;) {
        pump.turn();
        if (!started.is_ok()) {
            return started.error();
        }
        auto answer = mem.poll(started.value());
        if (answer.is_ok() || answer.error().code != ErrorCode::busy) {
            return answer;
        }
    }
}

/// One more. Failures: of the lease.
inline Result<> count_one(fabric::FabricMem& mem, fabric::Fabric& fabric, fabric::Pump& pump) {
    for (;;) {
        const auto added = wait(mem, mem.region().start_fetch_add(0, 1, fabric.now()), pump);
        if (added.is_ok()) {
            return ok();
        }
        const ErrorCode code = added.error().code;
        if (code != ErrorCode::disconnected && code != ErrorCode::busy) {
            return added.error();
        }
    } // no answer: once more
}

/// What the counter says when so many have come. Failures: of the lease; then all begins anew.
inline Result<uint64_t> count(uint64_t visitors, fabric::Fabric& fabric, fabric::Pump& pump) {
    auto lease = fabric::MemBuilder{fabric}.min_bytes(8).lease_secs(30).on("store").acquire(pump);
    if (!lease.is_ok()) {
        return lease.error();
    }
    auto mem = lease.value().mem();
    for (uint64_t i = 0; i < visitors; ++i) {
        for (const Instant next{fabric.now().ms + 500}; fabric.now() < next;) {
            pump.turn();
        }
        GRAFOS_TRY(count_one(mem, fabric, pump));
    }
    std::array<uint8_t, 8> word{};
    GRAFOS_TRY(mem.read(0, word, pump));
    return load_little_endian<uint64_t>(word.data());
}

} // namespace turnstile
