// SPDX-License-Identifier: Apache-2.0
#include "tools/disk/write_log.hpp"

#include <cstdio>
#include <utility>

#include "hal/block_device.hpp"

namespace grafos::tools {
namespace {

constexpr uint64_t log_magic = 0x6a736677736872u;
constexpr uint64_t log_version = 1;
constexpr size_t entry_bytes = 32;
constexpr uint64_t flag_flush = 1, flag_fua = 2, flag_discard = 4, flag_mark = 8;
constexpr std::array<uint8_t, hal::sector_bytes> zero_sector{};

[[nodiscard]] uint64_t load(const WriteLog& log, size_t at) {
    return load_little_endian<uint64_t>(log.file.data() + at);
}

} // namespace

Bytes WriteLog::data(const LoggedOperation& operation, uint64_t sector) const {
    if (operation.data_offset == SIZE_MAX) {
        return zero_sector;
    }
    return Bytes{file}.subspan(operation.data_offset + sector * hal::sector_bytes,
                               hal::sector_bytes);
}

WriteLog parse_write_log(std::vector<uint8_t> file) {
    WriteLog log;
    log.file = std::move(file);
    const size_t size = log.file.size();
    if (size < hal::sector_bytes || load(log, 0) != log_magic) {
        log.error = "magic: not a write log";
        return log;
    }
    if (load(log, 8) != log_version) {
        log.error = "version: got " + std::to_string(load(log, 8)) + ", expected 1";
        return log;
    }
    const uint64_t counted = load(log, 16);
    const size_t unit = load_little_endian<uint32_t>(log.file.data() + 24);
    if (unit < hal::sector_bytes || unit > 65536 || (unit & (unit - 1)) != 0) {
        log.error = "sector size: got " + std::to_string(unit);
        return log;
    }
    const uint64_t scale = unit / hal::sector_bytes;
    size_t at = unit; // behind sector 0
    uint64_t number = 0;
    for (; size > at && size - at >= entry_bytes; ++number) {
        const uint64_t sector = load(log, at);
        const uint64_t count = load(log, at + 8);
        const uint64_t flags = load(log, at + 16);
        const uint64_t room = (size - at) / unit;
        const bool has_data = (flags & flag_discard) == 0;
        const bool is_sound = flags <= (flag_flush | flag_fua | flag_discard | flag_mark) &&
                              (flags != 0 || count != 0) && count <= UINT32_MAX &&
                              sector <= UINT64_MAX / 65536 && (!has_data || count < room + 1);
        if (!is_sound || (has_data && count > 0 && at + unit + count * unit > size)) {
            if (number < counted) {
                log.error = "entry " + std::to_string(number) + ": cut or malformed";
            }
            return log;
        }
        at += unit;
        LoggedOperation operation;
        operation.sector = sector * scale;
        operation.sector_count = count * scale;
        operation.is_flush = (flags & (flag_flush | flag_fua)) != 0;
        operation.data_offset = has_data ? at : SIZE_MAX;
        if ((flags & flag_mark) == 0) {
            log.operations.push_back(operation);
        }
        at += has_data ? static_cast<size_t>(count) * unit : 0;
    }
    if (number < counted) {
        log.error = "entry " + std::to_string(number) + " of " + std::to_string(counted) + ": cut";
    }
    return log;
}

bool read_file(const std::string& path, std::vector<uint8_t>& bytes) {
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) {
        return false;
    }
    std::array<uint8_t, 65536> part;
    size_t count = 0;
    while ((count = std::fread(part.data(), 1, part.size(), file)) > 0) {
        bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(count));
    }
    const bool is_ok = std::ferror(file) == 0;
    std::fclose(file);
    return is_ok;
}

} // namespace grafos::tools
