// SPDX-License-Identifier: Apache-2.0
// From the PVH entry to C++: 32-bit protected mode without paging -> long mode on our own tables.
//
// QEMU reads the ELF note and enters grafos_pvh_entry with EBX = address of hvm_start_info. Paging
// is turned on over a flat identity map of 4 GiB in 2 MiB pages; arch/x86_64/paging.cpp then cuts
// the image's own pages out of it with their real rights.

    .section .note.PVH, "a", @note
    .balign 4
    .long 4                         // name size
    .long 4                         // description size
    .long 18                        // XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long grafos_pvh_entry

    .set PAGE_PRESENT_WRITABLE, 0x003
    .set PAGE_LARGE, 0x083
    .set CR0_BITS, 0x80010023       // PG | WP | NE | MP | PE
    .set CR4_BITS, 0x620            // OSXMMEXCPT | OSFXSR | PAE
    .set EFER, 0xc0000080
    .set EFER_BITS, 0x900           // NXE | LME

    .section .text.boot, "ax"
    .code32
    .globl grafos_pvh_entry
grafos_pvh_entry:
    cli
    cld
    movl %ebx, %ebp

    // Level 2: 2048 entries of 2 MiB, one after another.
    movl $grafos_page_level2, %edi
    movl $PAGE_LARGE, %eax
    movl $2048, %ecx
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b

    // Levels 3 and 4: all zero but for the entries in use.
    movl $grafos_page_level4, %edi
    xorl %eax, %eax
    movl $2048, %ecx                // two tables of 4096 bytes
    rep stosl
    movl $grafos_page_level3, %edi
    movl $grafos_page_level2 + PAGE_PRESENT_WRITABLE, %eax
    movl $4, %ecx
2:  movl %eax, (%edi)
    addl $0x1000, %eax
    addl $8, %edi
    loop 2b
    movl $grafos_page_level3 + PAGE_PRESENT_WRITABLE, grafos_page_level4

    movl $CR4_BITS, %eax
    movl %eax, %cr4
    movl $grafos_page_level4, %eax
    movl %eax, %cr3
    movl $EFER, %ecx
    rdmsr
    orl $EFER_BITS, %eax
    wrmsr
    movl $CR0_BITS, %eax
    movl %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $8, $long_mode

    .code64
long_mode:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    xorl %eax, %eax
    movw %ax, %fs
    movw %ax, %gs
    movq $grafos_stack_top, %rsp

    movq $grafos_bss_begin, %rdi
    movq $grafos_bss_end, %rcx
    subq %rdi, %rcx
    shrq $3, %rcx
    rep stosq                       // both ends lie on 16 bytes

    fninit
    movl %ebp, %edi
    xorl %ebp, %ebp
    call grafos_enter_board
3:  cli                             // it does not return
    hlt
    jmp 3b

    .section .rodata.boot, "a"
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9a000000ffff        // code, ring 0, 64 bit
    .quad 0x00cf92000000ffff        // data, ring 0
boot_gdt_end:
boot_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long boot_gdt

    // Outside the cleared part of the BSS: they are in use while it is cleared.
    .section .bss.tables, "aw", @nobits
    .balign 4096
    .globl grafos_page_level4, grafos_page_level3, grafos_page_level2
grafos_page_level4:
    .skip 4096
grafos_page_level3:
    .skip 4096
grafos_page_level2:
    .skip 4 * 4096

    .section .note.GNU-stack, "", @progbits
