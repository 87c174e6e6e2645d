// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/fw_cfg/fw_cfg.hpp"

namespace grafos::board {

namespace {

constexpr uint16_t key_signature = 0x0000;
constexpr uint16_t key_directory = 0x0019;
constexpr size_t name_bytes = 56;

template <typename Integer>
Integer take_big_endian(const FwCfgPort& port) noexcept {
    std::array<uint8_t, sizeof(Integer)> bytes;
    for (uint8_t& byte : bytes) {
        byte = port.read_byte();
    }
    return load_big_endian<Integer>(bytes.data());
}

struct FileEntry {
    uint32_t size;
    uint16_t key;
    bool is_match;
};

FileEntry take_entry(const FwCfgPort& port, std::string_view name) noexcept {
    FileEntry entry{take_big_endian<uint32_t>(port), take_big_endian<uint16_t>(port), true};
    (void)take_big_endian<uint16_t>(port); // reserved
    for (size_t i = 0; i < name_bytes; ++i) {
        const char c = static_cast<char>(port.read_byte());
        const char wanted = i < name.size() ? name[i] : '\0';
        // Only the first zero matters; what follows it is not defined.
        if (i <= name.size() && c != wanted) {
            entry.is_match = false;
        }
    }
    return entry;
}

bool is_present(const FwCfgPort& port) noexcept {
    constexpr std::string_view signature = "QEMU";
    port.select(key_signature);
    for (const char c : signature) {
        if (port.read_byte() != static_cast<uint8_t>(c)) {
            return false;
        }
    }
    return true;
}

} // namespace

Result<size_t> read_fw_cfg_file(const FwCfgPort& port, std::string_view name,
                                MutableBytes to) noexcept {
    GRAFOS_ASSERT(name.size() < name_bytes);
    if (!is_present(port)) {
        return Error{ErrorCode::not_found, Field::device};
    }
    port.select(key_directory);
    const uint32_t count = take_big_endian<uint32_t>(port);
    if (count > fw_cfg_files_max) {
        return Error{ErrorCode::capacity_exceeded, Field::record_count, count, fw_cfg_files_max};
    }
    for (uint32_t i = 0; i < count; ++i) {
        const FileEntry entry = take_entry(port, name);
        if (!entry.is_match) {
            continue;
        }
        if (entry.size > to.size()) {
            return Error{ErrorCode::capacity_exceeded, Field::length, entry.size, to.size()};
        }
        port.select(entry.key);
        for (uint8_t& byte : to.first(entry.size)) {
            byte = port.read_byte();
        }
        return size_t{entry.size};
    }
    return Error{ErrorCode::not_found, Field::name};
}

} // namespace grafos::board
