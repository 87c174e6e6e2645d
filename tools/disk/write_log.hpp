// SPDX-License-Identifier: Apache-2.0
/// The log that QEMU's blklogwrites driver writes: the format of Linux's dm-log-writes, version 1.
///
/// Little-endian. Sector 0: u64 magic 0x6a736677736872, u64 version 1, u64 number of entries, u32
/// sector size. Then the entries, each in a sector of its own and followed by its data: u64 sector,
/// u64 nr_sectors, u64 flags (1 flush, 2 FUA, 4 discard, 8 mark), u64 data_len (of a mark). An
/// entry is written when its operation has completed, so a flush covers all writes before it. The
/// count in sector 0 is brought up to date by flushes; entries behind it are taken as long as they
/// make sense.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"

namespace grafos::tools {

struct LoggedOperation {
    bool is_flush = false;     ///< comes after the data, if there is any
    uint64_t sector = 0;       ///< of 512 bytes
    uint64_t sector_count = 0; ///< 0: only a flush
    size_t data_offset = 0;    ///< in the file; SIZE_MAX: zeroes (a discard)
};

struct WriteLog {
    std::vector<uint8_t> file;
    std::vector<LoggedOperation> operations;
    std::string error; ///< empty: well

    /// The data of one 512-byte sector of an operation.
    [[nodiscard]] Bytes data(const LoggedOperation& operation, uint64_t sector) const;
};

[[nodiscard]] WriteLog parse_write_log(std::vector<uint8_t> file);

/// All of a file. False: it could not be read.
[[nodiscard]] bool read_file(const std::string& path, std::vector<uint8_t>& bytes);

} // namespace grafos::tools
