// SPDX-License-Identifier: Apache-2.0
/// The seam between the CPU's entry points (boot.S, vectors.S) and the board that fills them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace grafos::arch {

/// What vectors.S lays out on the exception stack.
struct ExceptionFrame {
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t esr;
    uint64_t far;
    uint64_t main_sp; ///< SP_EL0
    uint64_t slot;    ///< which of the 16 vectors
    uint64_t unused;
};
static_assert(sizeof(ExceptionFrame) == 304);
static_assert(offsetof(ExceptionFrame, elr) == 248);
static_assert(offsetof(ExceptionFrame, main_sp) == 280);

} // namespace grafos::arch

extern "C" {
/// Supplied by arch: fills the page tables and answers the root's address. Runs with the MMU off:
/// word stores only, no library call. Called by boot.S.
uint64_t grafos_build_page_tables() noexcept;
/// Supplied by the board: the first C++ function with memory as usual.
[[noreturn]] void grafos_enter_board(uint64_t device_tree) noexcept;
/// Supplied by the board. Interrupts are masked.
[[noreturn]] void grafos_on_exception(const grafos::arch::ExceptionFrame* frame) noexcept;
/// Supplied by the board; general registers only. Context: interrupt.
void grafos_on_interrupt() noexcept;
}
