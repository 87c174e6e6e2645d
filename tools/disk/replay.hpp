// SPDX-License-Identifier: Apache-2.0
/// Cuts the power at every write of a logged session, in thought.
///
/// Between two flushes any set of the writes may have reached the disk, whole or torn at a sector.
/// Every prefix is tried, and of the sets `samples` after each write, drawn from `seed`. Each disk
/// is opened with the core's recovery. It must be whole; the records that were there at the last
/// flush must be there, and the same; what is there beyond them continues their chain. Before the
/// first identity was flushed, a blank disk is as good.
#pragma once

#include <string>

#include "tools/disk/memory_disk.hpp"
#include "tools/disk/opened_log.hpp"
#include "tools/disk/write_log.hpp"

namespace grafos::tools {

struct ReplayOptions {
    uint32_t samples = 8;
    uint64_t seed = 1;
    uint64_t drop_flush = 0; ///< this flush (from 1) promised, but did not keep; 0: none
};

struct ReplayFigures {
    uint64_t writes = 0, log_writes = 0, flushes = 0;
    uint64_t prefixes = 0, subsets = 0, torn = 0;
    uint64_t records = 0; ///< at the end
    uint64_t faults = 0;
    std::string first_fault;
    std::string anchor; ///< at the end
};

/// `disk` as it was before the session.
[[nodiscard]] ReplayFigures replay(MemoryDisk& disk, const WriteLog& log,
                                   const ReplayOptions& options);

} // namespace grafos::tools
