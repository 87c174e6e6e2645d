# SPDX-License-Identifier: Apache-2.0
# grafos-tests: every file of tests/unit in one executable, GoogleTest's on Linux, our frame's in an
# image; one CTest test a file, so that CTest shows, times and spreads them.

file(GLOB_RECURSE unit_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
    ${CMAKE_SOURCE_DIR}/tests/unit/*_test.cpp)
set(testkit ${CMAKE_SOURCE_DIR}/tests/testkit)

if(CMAKE_CROSSCOMPILING)
    set(testkit_sources ${testkit}/trap.cpp ${testkit}/frame.cpp)
    set(only "filter=unit:")
    set(late ENVIRONMENT GRAFOS_ARGUMENTS=start_time=4294967000)
else()
    find_package(GTest REQUIRED)
    set(testkit_sources ${testkit}/trap.cpp ${testkit}/googletest_main.cpp)
    set(only "unit=")
    set(late ENVIRONMENT GRAFOS_START_TIME=4294967000)
endif()

# tests/support, compiled once for all: a linker takes from it what a program uses.
file(GLOB support_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.cpp)
file(GLOB history_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/history/*.cpp)
list(APPEND support_sources ${history_sources}) # has unit tests
add_library(grafos_support STATIC ${support_sources})
target_link_libraries(grafos_support PUBLIC grafos_flags ${grafos_archives})
if(CMAKE_CROSSCOMPILING)
    target_compile_options(grafos_support PRIVATE -ffreestanding)
else()
    target_compile_definitions(grafos_support PRIVATE GRAFOS_TEST_GOOGLETEST)
endif()

function(grafos_add_test_image name)
    grafos_add_image(${name} ${ARGN} ${testkit_sources})
    target_link_libraries(${name} PRIVATE grafos_support)
    if(NOT CMAKE_CROSSCOMPILING)
        target_compile_definitions(${name} PRIVATE GRAFOS_TEST_GOOGLETEST)
        target_link_libraries(${name} PRIVATE GTest::gtest)
    endif()
endfunction()

grafos_add_test_image(grafos-tests ${unit_sources})
if(GRAFOS_PRECOMPILE)
    target_precompile_headers(grafos-tests PRIVATE ${testkit}/test.hpp)
endif()

foreach(source IN LISTS unit_sources)
    string(REGEX REPLACE "^tests/unit/" "" file ${source})
    string(REGEX REPLACE "_test\\.cpp$" "" name unit/${file})
    add_test(NAME ${name} COMMAND grafos-tests ${only}${file})
    set_tests_properties(${name} PROPERTIES LABELS "unit;smoke" TIMEOUT 120)
endforeach()

# The bodies of libsodium that QEMU's default CPU lacks the instructions for.
if(GRAFOS_BOARD STREQUAL qemu_x86_64)
    add_test(NAME unit-ssse3 COMMAND grafos-tests ${only}boards/sodium_bodies_test.cpp)
    set_tests_properties(unit-ssse3 PROPERTIES LABELS unit TIMEOUT 120
        ENVIRONMENT "GRAFOS_QEMU_OPTIONS=-cpu Nehalem")
endif()

# Once more in one go, with clocks that pass 2^32 ms while the tests run; leaves each test's outcome.
set(unit_run ${python} -B ${CMAKE_SOURCE_DIR}/tools/checks/unit_run.py)
add_test(NAME unit-late COMMAND ${unit_run} ${CMAKE_BINARY_DIR}/unit-results.txt
    ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:grafos-tests>)
set_tests_properties(unit-late PROPERTIES LABELS unit TIMEOUT 600 ${late})

# The frames themselves: tests that must fail do, and a run of no test fails.
grafos_add_test_image(grafos-selfcheck ${testkit}/selfcheck/frame_selfcheck.cpp)
add_test(NAME testkit/selfcheck COMMAND ${unit_run} --selfcheck
    ${CMAKE_BINARY_DIR}/selfcheck-results.txt ${CMAKE_CROSSCOMPILING_EMULATOR}
    $<TARGET_FILE:grafos-selfcheck>)
add_test(NAME testkit/no-test-fails COMMAND grafos-tests ${only}no_such_file)
set_tests_properties(testkit/no-test-fails PROPERTIES WILL_FAIL ON)
set_tests_properties(testkit/selfcheck testkit/no-test-fails PROPERTIES LABELS unit TIMEOUT 120)

# A libFuzzer target for each decoder; its smoke run starts from the corpus and leaves it as it is.
if(GRAFOS_SANITIZE)
    file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)
    foreach(source IN LISTS fuzz_sources)
        get_filename_component(name ${source} NAME_WE)
        string(REGEX REPLACE "_fuzz$" "" name ${name})
        grafos_add_image(fuzz-${name} ${source} ${testkit}/fuzz_hook.cpp)
        target_link_libraries(fuzz-${name} PRIVATE grafos_support)
        target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
        set(found ${CMAKE_BINARY_DIR}/fuzz/${name})
        set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
        file(MAKE_DIRECTORY ${found})
        if(NOT EXISTS ${corpus})
            set(corpus "")
        endif()
        add_test(NAME fuzz-smoke/${name} COMMAND fuzz-${name} -runs=20000 -max_total_time=10 -seed=1
            -timeout=5 -artifact_prefix=${found}- ${found} ${corpus})
        set_tests_properties(fuzz-smoke/${name} PROPERTIES LABELS fuzz-smoke TIMEOUT 60)
    endforeach()
endif()

# Suites that bring their own: tests/<kind>/tests.cmake, tools/<tool>/tests.cmake.
file(GLOB suites CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/*/tests.cmake
    ${CMAKE_SOURCE_DIR}/tools/*/tests.cmake)
foreach(suite IN LISTS suites)
    include(${suite})
endforeach()
