# SPDX-License-Identifier: Apache-2.0
# Folders below boards/parts that belong to this board's library, and its CPU.
set(GRAFOS_BOARD_CPU x86_64)
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
    uart/ns16550
    virtio
)
