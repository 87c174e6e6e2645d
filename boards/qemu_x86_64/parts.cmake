# SPDX-License-Identifier: Apache-2.0
# Folders below boards/parts that belong to this board's library, and its folder below arch.
set(GRAFOS_BOARD_ARCH x86_64)
set(GRAFOS_BOARD_PARTS
    arguments
    bare
    calibration
    clock
    epitaph
    fw_cfg
    irqchip/apic
    libc
    machine
    memory_map
    sodium
    uart/ns16550
    virtio
)
