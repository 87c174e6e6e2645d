// SPDX-License-Identifier: Apache-2.0
// Page tables of the virt board's first 4 GiB, identity mapped: devices from 128 to 256 MiB (around
// them, address 0 included, nothing is mapped), RAM from 1 GiB. Nothing in RAM runs but the image's
// text; the first 16 MiB of RAM, where the image lies, are cut into 4 KiB pages: text runs,
// constants are read, data is written, and the pages below the stacks are not there.
//
// Called with the MMU off, when memory takes aligned word accesses only: each store is a volatile
// word, so that no compiler makes a library call of a loop.
#include "arch/aarch64/entry.hpp"

extern "C" {
extern const uint8_t grafos_text_begin[];
extern const uint8_t grafos_text_end[];
extern const uint8_t grafos_data_begin[];
extern const uint8_t grafos_stack_guard[];
extern const uint8_t grafos_exception_stack_guard[];
}

namespace grafos::arch {

namespace {

constexpr uint64_t block = 1;
constexpr uint64_t table = 3;
constexpr uint64_t page = 3;
constexpr uint64_t normal = 1ull << 2; // MAIR index 1; index 0 is device memory
constexpr uint64_t read_only = 1ull << 7;
constexpr uint64_t inner_shareable = 3ull << 8;
constexpr uint64_t accessed = 1ull << 10;
constexpr uint64_t never_run = 3ull << 53; // privileged and not
constexpr uint64_t device_memory = block | accessed | never_run;
constexpr uint64_t plain_memory = normal | inner_shareable | accessed | never_run;

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t large_bytes = 2ull << 20;
constexpr uint64_t huge_bytes = 1ull << 30;
constexpr uint64_t entries = 512;
constexpr uint64_t ram_base = huge_bytes;
constexpr uint64_t devices_begin = 0x08000000;
constexpr uint64_t devices_end = 0x10000000;
constexpr uint64_t fine_tables = 8; // 16 MiB in 4 KiB pages

alignas(page_bytes) constinit volatile uint64_t level1[entries] = {};
alignas(page_bytes) constinit volatile uint64_t level2_devices[entries] = {};
alignas(page_bytes) constinit volatile uint64_t level2[entries] = {};
alignas(page_bytes) constinit volatile uint64_t level3[fine_tables * entries] = {};

uint64_t address_of(const volatile void* symbol) noexcept {
    return reinterpret_cast<uint64_t>(symbol);
}

uint64_t descriptor_of(uint64_t address) noexcept {
    if (address == address_of(grafos_stack_guard) ||
        address == address_of(grafos_exception_stack_guard)) {
        return 0;
    }
    if (address >= address_of(grafos_text_begin) && address < address_of(grafos_text_end)) {
        return address | page | normal | inner_shareable | accessed | read_only;
    }
    if (address >= address_of(grafos_text_end) && address < address_of(grafos_data_begin)) {
        return address | page | plain_memory | read_only;
    }
    return address | page | plain_memory;
}

} // namespace
} // namespace grafos::arch

uint64_t grafos_build_page_tables() noexcept {
    using namespace grafos::arch;
    for (uint64_t i = 0; i < fine_tables * entries; ++i) {
        level3[i] = descriptor_of(ram_base + i * page_bytes);
    }
    for (uint64_t i = 0; i < entries; ++i) {
        level2[i] = i < fine_tables ? address_of(&level3[i * entries]) | table
                                    : (ram_base + i * large_bytes) | block | plain_memory;
    }
    for (uint64_t at = devices_begin; at < devices_end; at += large_bytes) {
        level2_devices[at / large_bytes] = at | device_memory;
    }
    level1[0] = address_of(level2_devices) | table;
    level1[1] = address_of(level2) | table;
    level1[2] = 2 * huge_bytes | block | plain_memory;
    level1[3] = 3 * huge_bytes | block | plain_memory;
    return address_of(level1);
}
