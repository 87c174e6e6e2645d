# SPDX-License-Identifier: Apache-2.0
# The pictures of emulated runs, from event files that the test makes. On Linux only.
if(NOT CMAKE_CROSSCOMPILING AND NOT GRAFOS_SANITIZE)
    add_test(NAME example/emulation-pictures
        COMMAND ${python} -B ${CMAKE_CURRENT_LIST_DIR}/pictures_test.py)
    set_tests_properties(example/emulation-pictures PROPERTIES LABELS host TIMEOUT 60)
endif()
