// SPDX-License-Identifier: Apache-2.0
// The 64 entries of the interrupt table: 0 ... 31 exceptions, 32 ... 63 interrupts.
//
// An exception never returns: all registers are laid out as an ExceptionFrame for the epitaph. An
// interrupt saves what a C++ function may change; its handler uses general registers only.

    .text
    .macro STUB vector, has_code
    .balign 16
    .if !\has_code
    pushq $0
    .endif
    pushq $\vector
    .if \vector < 32
    jmp exception
    .else
    jmp interrupt
    .endif
    .endm

    .balign 16
    .globl grafos_vector_stubs
grafos_vector_stubs:
    // Vectors with an error code: 8, 10-14, 17, 21, 29, 30.
    .irp vector, 0, 1, 2, 3, 4, 5, 6, 7
    STUB \vector, 0
    .endr
    STUB 8, 1
    STUB 9, 0
    .irp vector, 10, 11, 12, 13, 14
    STUB \vector, 1
    .endr
    STUB 15, 0
    STUB 16, 0
    STUB 17, 1
    STUB 18, 0
    STUB 19, 0
    STUB 20, 0
    STUB 21, 1
    .irp vector, 22, 23, 24, 25, 26, 27, 28
    STUB \vector, 0
    .endr
    STUB 29, 1
    STUB 30, 1
    STUB 31, 0
    .irp vector, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47
    STUB \vector, 0
    .endr
    .irp vector, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63
    STUB \vector, 0
    .endr

exception:
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdi
    cld
    andq $-16, %rsp
    call grafos_on_exception
1:  cli
    hlt
    jmp 1b

interrupt:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbp
    movq %rsp, %rbp
    movq 80(%rsp), %rdi             // the vector, above the ten saved registers
    cld
    andq $-16, %rsp
    call grafos_on_interrupt
    movq %rbp, %rsp
    popq %rbp
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp                  // vector and error code
    iretq

    .section .note.GNU-stack, "", @progbits
