# SPDX-License-Identifier: Apache-2.0
# The pictures of emulated runs, from event files that the test makes and that a program writes. On
# Linux only.
if(NOT CMAKE_CROSSCOMPILING AND NOT GRAFOS_SANITIZE)
    set(pictures_program "")
    if(TARGET ec-counter)
        set(pictures_program --program $<TARGET_FILE:ec-counter>)
    endif()
    add_test(NAME example/emulation-pictures
        COMMAND ${python} -B ${CMAKE_CURRENT_LIST_DIR}/pictures_test.py ${pictures_program})
    set_tests_properties(example/emulation-pictures PROPERTIES LABELS host TIMEOUT 120)
endif()
