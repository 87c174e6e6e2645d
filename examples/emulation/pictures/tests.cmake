# SPDX-License-Identifier: Apache-2.0
# The pictures of emulated runs, from event files that the test makes and that programs write. On
# Linux only.
if(NOT CMAKE_CROSSCOMPILING AND NOT GRAFOS_SANITIZE)
    set(programs "")
    if(TARGET ec-counter AND TARGET kv-store)
        set(programs --programs $<TARGET_FILE:ec-counter> $<TARGET_FILE:kv-store>)
    endif()
    add_test(NAME example/emulation-pictures
        COMMAND ${python} -B ${CMAKE_CURRENT_LIST_DIR}/pictures_test.py ${programs})
    set_tests_properties(example/emulation-pictures PROPERTIES LABELS host TIMEOUT 120)
endif()
