# SPDX-License-Identifier: Apache-2.0
# A node of this tree over a bad network, seen by a second client. The relay is the linux preset's.
if(TARGET ${product})
    add_test(NAME network COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/network/network_test.py
        ${GRAFOS_BOARD} $<TARGET_FILE:${product}> ${CMAKE_SOURCE_DIR}/tools/grafos-netem)
    # Real time passes in it: it shares the machine with no other test.
    set_tests_properties(network PROPERTIES LABELS target TIMEOUT 180 RUN_SERIAL ON
        SKIP_RETURN_CODE 77)
endif()
