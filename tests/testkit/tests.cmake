# SPDX-License-Identifier: Apache-2.0
# grafos_testkit: what a user's own test links (README). On Linux; it stands on the simulator.

if(CMAKE_CROSSCOMPILING)
    return()
endif()

set(kit ${CMAKE_SOURCE_DIR}/tests/testkit/fabric)
file(GLOB kit_sources CONFIGURE_DEPENDS ${kit}/*.cpp)
list(FILTER kit_sources EXCLUDE REGEX "_test\\.cpp$")
add_library(grafos_testkit STATIC ${kit_sources})
target_link_libraries(grafos_testkit PUBLIC grafos_sim)

file(GLOB kit_test_sources CONFIGURE_DEPENDS ${kit}/*_test.cpp)
grafos_add_test_image(grafos-testkit-tests ${kit_test_sources})
target_link_libraries(grafos-testkit-tests PRIVATE grafos_testkit)
add_test(NAME testkit/fabric COMMAND grafos-testkit-tests)
set_tests_properties(testkit/fabric PROPERTIES LABELS sim TIMEOUT 170)
