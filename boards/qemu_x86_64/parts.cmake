# SPDX-License-Identifier: Apache-2.0
# Folders below boards/parts that belong to this board's library, and its folder below arch. Some parts
# are here only so that their unit tests run on this machine too: the library is an archive, and what is
# not used is not linked.
set(GRAFOS_BOARD_ARCH x86_64)
set(GRAFOS_BOARD_PARTS
    arguments
    bare
    calibration
    clock
    devicetree
    epitaph
    fw_cfg
    irqchip/apic
    libc
    lwip
    machine
    memory_map
    pvh
    sodium
    uart/ns16550
    virtio
)
