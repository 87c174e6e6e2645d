// SPDX-License-Identifier: Apache-2.0
// From reset to C++: QEMU's virt board enters an ELF kernel at EL1 with the MMU off.
//
// The main program runs on SP_EL0 and every exception on SP_EL1, so that a full main stack can
// still be told. The tables are built by C++ that does only word stores (arch/aarch64/paging.cpp),
// because with the MMU off all memory is device memory.

    .set CPACR_FP, 3 << 20
    .set MAIR, 0xff00               // 0: device nGnRnE, 1: normal write-back
    .set TCR, 25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (2 << 32)
    .set SCTLR_MMU, (1 << 0) | (1 << 2) | (1 << 3) | (1 << 12)
    .set DEVICE_TREE, 0x40000000    // where virt leaves it for an ELF that is not a Linux kernel

    .section .text.boot, "ax"
    .globl grafos_entry
grafos_entry:
    msr daifset, #15
    mov x1, #CPACR_FP
    msr cpacr_el1, x1
    isb

    msr spsel, #1
    ldr x1, =grafos_exception_stack_top
    mov sp, x1
    msr spsel, #0
    ldr x1, =grafos_stack_top
    mov sp, x1

    ldr x1, =grafos_bss_begin
    ldr x2, =grafos_bss_end
1:  cmp x1, x2
    b.hs 2f
    stp xzr, xzr, [x1], #16         // both ends lie on 16 bytes
    b 1b
2:
    ldr x1, =grafos_vectors
    msr vbar_el1, x1
    isb
    bl grafos_build_page_tables     // answers the root's address
    msr ttbr0_el1, x0
    ldr x1, =MAIR
    msr mair_el1, x1
    ldr x1, =TCR
    msr tcr_el1, x1
    tlbi vmalle1
    dsb sy
    isb
    mrs x1, sctlr_el1
    ldr x2, =SCTLR_MMU
    orr x1, x1, x2
    msr sctlr_el1, x1
    isb

    ldr x0, =DEVICE_TREE
    mov x29, xzr
    mov x30, xzr
    bl grafos_enter_board
3:  msr daifset, #15                // it does not return
    wfi
    b 3b

    .section .note.GNU-stack, "", @progbits
