// SPDX-License-Identifier: Apache-2.0
// Rights for the image's pages. boot.S mapped 4 GiB flat, everything writable and runnable; here
// all of it loses the right to run, the device window is made uncached, and the first megabytes,
// where the image lies, are cut into 4 KiB pages: text runs, constants are read, data is written,
// and the zero page and the pages below the stacks are not there at all.
#include "arch/x86_64/entry.hpp"

#include "core/base/assert.hpp"

extern "C" {
extern uint64_t grafos_page_level2[];
extern const uint8_t grafos_text_begin[];
extern const uint8_t grafos_text_end[];
extern const uint8_t grafos_data_begin[];
extern const uint8_t grafos_image_end[];
extern const uint8_t grafos_stack_guard[];
extern const uint8_t grafos_exception_stack_guard[];
}

namespace grafos::arch {

namespace {

constexpr uint64_t present = 1u << 0;
constexpr uint64_t writable = 1u << 1;
constexpr uint64_t uncached = (1u << 3) | (1u << 4);
constexpr uint64_t large = 1u << 7;
constexpr uint64_t no_execute = 1ull << 63;

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t large_bytes = 2 << 20;
constexpr uint64_t entries = 512;
constexpr uint64_t device_window = 0xe0000000;
constexpr uint64_t fine_tables = 8; // 16 MiB in 4 KiB pages

alignas(page_bytes) constinit uint64_t level1[fine_tables * entries] = {};

uint64_t address_of(const uint8_t* symbol) noexcept {
    return reinterpret_cast<uint64_t>(symbol);
}

uint64_t rights_of(uint64_t page) noexcept {
    if (page == 0 || page == address_of(grafos_stack_guard) ||
        page == address_of(grafos_exception_stack_guard)) {
        return 0;
    }
    if (page >= address_of(grafos_text_begin) && page < address_of(grafos_text_end)) {
        return present;
    }
    if (page >= address_of(grafos_text_end) && page < address_of(grafos_data_begin)) {
        return present | no_execute;
    }
    return present | writable | no_execute;
}

} // namespace

void protect_image() noexcept {
    // What the image never writes must end inside the finely mapped part; its data may reach
    // beyond.
    GRAFOS_ASSERT(address_of(grafos_data_begin) < fine_tables * large_bytes);
    for (uint64_t i = 0; i < fine_tables * entries; ++i) {
        const uint64_t rights = rights_of(i * page_bytes);
        level1[i] = rights == 0 ? 0 : (i * page_bytes) | rights;
    }
    for (uint64_t i = 0; i < 4 * entries; ++i) {
        const uint64_t address = i * large_bytes;
        if (i < fine_tables) {
            grafos_page_level2[i] =
                reinterpret_cast<uint64_t>(&level1[i * entries]) | present | writable;
        } else {
            grafos_page_level2[i] = address | present | writable | no_execute | large |
                                    (address >= device_window ? uncached : 0);
        }
    }
    uint64_t root;
    asm volatile("movq %%cr3, %0\n\tmovq %0, %%cr3" : "=r"(root) : : "memory");
}

} // namespace grafos::arch
