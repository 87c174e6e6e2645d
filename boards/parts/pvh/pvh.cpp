// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/pvh/pvh.hpp"

#include <algorithm>

namespace grafos::board {

namespace {

constexpr uint32_t magic = 0x336ec578;
constexpr uint32_t type_ram = 1;
constexpr uint32_t entries_max = 128;

struct StartInfo {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map;
    uint32_t memory_map_count;
    uint32_t reserved;
};
static_assert(sizeof(StartInfo) == 56);

struct MapEntry {
    uint64_t address;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};
static_assert(sizeof(MapEntry) == 24);

bool lies_inside(uint64_t address, uint64_t size, uint64_t end) noexcept {
    return address != 0 && address < end && size <= end - address;
}

} // namespace

Result<size_t> read_pvh_memory(uint64_t address, uint64_t end,
                               std::span<MemoryRange> ranges) noexcept {
    if (!lies_inside(address, sizeof(StartInfo), end)) {
        return Error{ErrorCode::corrupt, Field::address, address, end};
    }
    StartInfo info;
    __builtin_memcpy(&info, reinterpret_cast<const void*>(address), sizeof(info));
    if (info.magic != magic) {
        return Error{ErrorCode::corrupt, Field::magic, info.magic, magic};
    }
    if (info.version < 1) {
        return Error{ErrorCode::unsupported_version, Field::version, info.version, 1};
    }
    if (info.memory_map_count > entries_max) {
        return Error{ErrorCode::capacity_exceeded, Field::record_count, info.memory_map_count,
                     entries_max};
    }
    if (!lies_inside(info.memory_map, info.memory_map_count * sizeof(MapEntry), end)) {
        return Error{ErrorCode::corrupt, Field::address, info.memory_map, end};
    }
    size_t count = 0;
    for (uint32_t i = 0; i < info.memory_map_count; ++i) {
        MapEntry entry;
        __builtin_memcpy(&entry, reinterpret_cast<const void*>(info.memory_map + i * sizeof(entry)),
                         sizeof(entry));
        if (entry.type != type_ram || entry.address >= end) {
            continue;
        }
        if (count == ranges.size()) {
            return Error{ErrorCode::capacity_exceeded, Field::memory, count + 1, ranges.size()};
        }
        ranges[count] = {entry.address, entry.address + std::min(entry.size, end - entry.address)};
        ++count;
    }
    return count;
}

} // namespace grafos::board
