// SPDX-License-Identifier: Apache-2.0
/// The seam between the CPU's entry points (boot.S, vectors.S) and the board that fills them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace grafos::arch {

/// What vectors.S lays out on the exception stack; the last five come from the CPU.
struct ExceptionFrame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error_code;
    uint64_t rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(ExceptionFrame) == 22 * 8);

inline constexpr uint32_t interrupt_vector_first = 32;
inline constexpr uint32_t interrupt_vector_count = 32;

/// Installs the interrupt table, with a stack of their own for exceptions, so that one that was
/// caused by a full stack can still be told. Interrupts stay masked. Context: boot, once.
void install_vectors() noexcept;

/// Gives the image's pages their rights: text is never written, data never run, and nothing at all
/// is mapped at address 0 and below the stack. Context: boot, once, after `install_vectors`.
void protect_image() noexcept;

} // namespace grafos::arch

extern "C" {
/// Supplied by the board: the first C++ function. `start_info` = address of hvm_start_info.
[[noreturn]] void grafos_enter_board(uint64_t start_info) noexcept;
/// Supplied by the board. Interrupts are masked.
[[noreturn]] void grafos_on_exception(const grafos::arch::ExceptionFrame* frame) noexcept;
/// Supplied by the board; general registers only. Context: interrupt.
void grafos_on_interrupt(uint64_t vector) noexcept;
}
