# SPDX-License-Identifier: Apache-2.0
# Folders below boards/parts that belong to this board's library, and its folder below arch.
set(GRAFOS_BOARD_ARCH aarch64)
set(GRAFOS_BOARD_PARTS
    arguments
    bare
    clock
    devicetree
    epitaph
    fw_cfg
    irqchip/gic
    libc
    machine
    memory_map
    sodium
    uart/pl011
    virtio
)
