// SPDX-License-Identifier: Apache-2.0
// The vector table. One entry is expected: an interrupt that comes while the main program runs
// (current EL on SP_EL0). All others end the machine with their registers laid out as an
// ExceptionFrame.

    .set FRAME_BYTES, 304           // ExceptionFrame in arch/aarch64/entry.hpp
    .set SAVED_BYTES, 176

    .macro EXCEPTION slot
    .balign 0x80
    sub sp, sp, #FRAME_BYTES
    stp x0, x1, [sp]
    mov x0, #\slot
    b exception
    .endm

    .text
    .balign 0x800
    .globl grafos_vectors
grafos_vectors:
    EXCEPTION 0
    .balign 0x80
    b interrupt
    EXCEPTION 2
    EXCEPTION 3
    EXCEPTION 4
    EXCEPTION 5
    EXCEPTION 6
    EXCEPTION 7
    EXCEPTION 8
    EXCEPTION 9
    EXCEPTION 10
    EXCEPTION 11
    EXCEPTION 12
    EXCEPTION 13
    EXCEPTION 14
    EXCEPTION 15

    .balign 0x80
exception:
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    str x30, [sp, #240]
    mrs x1, elr_el1
    mrs x2, spsr_el1
    stp x1, x2, [sp, #248]
    mrs x1, esr_el1
    mrs x2, far_el1
    stp x1, x2, [sp, #264]
    mrs x1, sp_el0
    stp x1, x0, [sp, #280]          // the main stack, the slot
    mov x0, sp
    bl grafos_on_exception
1:  msr daifset, #15
    wfi
    b 1b

interrupt:
    sub sp, sp, #SAVED_BYTES
    stp x0, x1, [sp]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x29, [sp, #144]
    str x30, [sp, #160]
    bl grafos_on_interrupt
    ldr x30, [sp, #160]
    ldp x18, x29, [sp, #144]
    ldp x16, x17, [sp, #128]
    ldp x14, x15, [sp, #112]
    ldp x12, x13, [sp, #96]
    ldp x10, x11, [sp, #80]
    ldp x8, x9, [sp, #64]
    ldp x6, x7, [sp, #48]
    ldp x4, x5, [sp, #32]
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp]
    add sp, sp, #SAVED_BYTES
    eret

    .section .note.GNU-stack, "", @progbits
