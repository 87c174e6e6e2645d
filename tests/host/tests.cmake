# SPDX-License-Identifier: Apache-2.0
# Tests that run on Linux only, for their length.
if(NOT CMAKE_CROSSCOMPILING)
    grafos_add_test_image(grafos-cuts ${CMAKE_SOURCE_DIR}/tests/host/durable_cuts_test.cpp
        ${support_sources})
    if(GRAFOS_SANITIZE)
        target_compile_definitions(grafos-cuts PRIVATE GRAFOS_TEST_FEWER)
    endif()
    add_test(NAME cuts/durable COMMAND grafos-cuts)
    set_tests_properties(cuts/durable PROPERTIES LABELS cuts TIMEOUT 180)
endif()
