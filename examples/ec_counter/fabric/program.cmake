# SPDX-License-Identifier: Apache-2.0
# What the program ec-counter of the node's image is linked with, besides its own folder.
set(GRAFOS_PROGRAM_LIBRARIES grafos_ec_counter grafos_emulation)
