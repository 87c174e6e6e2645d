# SPDX-License-Identifier: Apache-2.0
# Toolchain file of the board qemu_aarch64.
set(GRAFOS_BARE_CPU aarch64)
set(GRAFOS_BARE_BOARD qemu_aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/bare.cmake)
