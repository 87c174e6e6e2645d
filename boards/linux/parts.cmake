# SPDX-License-Identifier: Apache-2.0
# Folders below boards/parts that belong to this board's library, and its folder below arch. The board
# uses arguments, clock, epitaph, machine and sodium; the others are here so that their unit tests run
# on Linux too. The library is an archive: what is not used is not linked.
set(GRAFOS_BOARD_ARCH host)
set(GRAFOS_BOARD_PARTS
    arguments
    calibration
    clock
    devicetree
    epitaph
    fw_cfg
    machine
    memory_map
    sodium
    virtio
)
