# SPDX-License-Identifier: Apache-2.0
# Toolchain file of the board qemu_x86_64.
set(GRAFOS_BARE_CPU x86_64)
set(GRAFOS_BARE_BOARD qemu_x86_64)
include(${CMAKE_CURRENT_LIST_DIR}/bare.cmake)
