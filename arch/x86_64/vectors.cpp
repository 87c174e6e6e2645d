// SPDX-License-Identifier: Apache-2.0
#include "arch/x86_64/entry.hpp"

#include "core/base/assert.hpp"

extern "C" {
extern const uint8_t grafos_vector_stubs[];
extern uint8_t grafos_exception_stack_top[];
}

namespace grafos::arch {

namespace {

constexpr uint32_t vector_count = interrupt_vector_first + interrupt_vector_count;
constexpr uint64_t stub_bytes = 16; // .balign in vectors.S
constexpr uint16_t code_selector = 8;
constexpr uint16_t task_selector = 24;
constexpr uint64_t gate_interrupt = 0x8eull << 40; // present, ring 0, masks interrupts
constexpr uint64_t exception_stack_index = 1;

struct Gate {
    uint64_t low;
    uint64_t high;
};

struct [[gnu::packed]] TaskState {
    uint32_t reserved;
    uint64_t ring_stacks[3];
    uint64_t reserved_too;
    uint64_t interrupt_stacks[7];
    uint64_t reserved_three;
    uint16_t reserved_four;
    uint16_t io_map_base;
};
static_assert(sizeof(TaskState) == 104);

struct [[gnu::packed]] TablePointer {
    uint16_t limit;
    uint64_t base;
};
static_assert(sizeof(TablePointer) == 10);

constinit Gate gates[vector_count] = {};
constinit TaskState task_state = {};
constinit uint64_t segments[5] = {0, 0x00af9a000000ffff, 0x00cf92000000ffff, 0, 0};

Gate gate_to(uint64_t target, uint64_t stack_index) noexcept {
    const uint64_t low = (target & 0xffff) | (static_cast<uint64_t>(code_selector) << 16) |
                         (stack_index << 32) | gate_interrupt | ((target & 0xffff0000) << 32);
    return {low, target >> 32};
}

void install_task_state() noexcept {
    task_state.interrupt_stacks[exception_stack_index - 1] =
        reinterpret_cast<uint64_t>(grafos_exception_stack_top);
    task_state.io_map_base = sizeof(TaskState);
    const uint64_t base = reinterpret_cast<uint64_t>(&task_state);
    segments[3] = (sizeof(TaskState) - 1) | ((base & 0xffffff) << 16) | (0x89ull << 40) |
                  ((base & 0xff000000) << 32);
    segments[4] = base >> 32;
    const TablePointer pointer{sizeof(segments) - 1, reinterpret_cast<uint64_t>(segments)};
    asm volatile("lgdt %0" : : "m"(pointer) : "memory");
    asm volatile("ltr %0" : : "r"(task_selector) : "memory");
}

} // namespace

void install_vectors() noexcept {
    install_task_state();
    const uint64_t stubs = reinterpret_cast<uint64_t>(grafos_vector_stubs);
    for (uint32_t vector = 0; vector < vector_count; ++vector) {
        const bool is_exception = vector < interrupt_vector_first;
        gates[vector] =
            gate_to(stubs + vector * stub_bytes, is_exception ? exception_stack_index : 0);
    }
    const TablePointer pointer{sizeof(gates) - 1, reinterpret_cast<uint64_t>(gates)};
    asm volatile("lidt %0" : : "m"(pointer) : "memory");
}

} // namespace grafos::arch
