# SPDX-License-Identifier: Apache-2.0
# Tests that run on Linux only: for their length, or because what they test is there only.
if(NOT CMAKE_CROSSCOMPILING)
    grafos_add_test_image(grafos-cuts ${CMAKE_SOURCE_DIR}/tests/host/durable_cuts_test.cpp)
    if(GRAFOS_SANITIZE)
        target_compile_definitions(grafos-cuts PRIVATE GRAFOS_TEST_FEWER)
    endif()
    add_test(NAME cuts/durable COMMAND grafos-cuts)
    set_tests_properties(cuts/durable PROPERTIES LABELS cuts TIMEOUT 180)

    grafos_add_test_image(grafos-udp-link ${CMAKE_SOURCE_DIR}/tests/host/udp_link_test.cpp)
    add_test(NAME host/udp-link COMMAND grafos-udp-link)
    set_tests_properties(host/udp-link PROPERTIES LABELS "unit;smoke" TIMEOUT 60)
endif()
