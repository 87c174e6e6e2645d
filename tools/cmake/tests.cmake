# SPDX-License-Identifier: Apache-2.0
# grafos-tests: every file of tests/unit in one executable, GoogleTest's on Linux, our frame's in an
# image; one CTest test a file, so that CTest shows, times and spreads them.

if(CMAKE_CROSSCOMPILING AND NOT EXISTS ${CMAKE_SOURCE_DIR}/boards/${GRAFOS_BOARD}/parts.cmake)
    return()
endif()

file(GLOB_RECURSE unit_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
    ${CMAKE_SOURCE_DIR}/tests/unit/*_test.cpp)
file(GLOB support_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.cpp)
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

function(grafos_add_test_image name)
    grafos_add_image(${name} ${ARGN} ${testkit_sources})
    if(NOT CMAKE_CROSSCOMPILING)
        target_compile_definitions(${name} PRIVATE GRAFOS_TEST_GOOGLETEST)
        target_link_libraries(${name} PRIVATE GTest::gtest)
    endif()
endfunction()

grafos_add_test_image(grafos-tests ${unit_sources} ${support_sources})

foreach(source IN LISTS unit_sources)
    string(REGEX REPLACE "^tests/unit/" "" file ${source})
    string(REGEX REPLACE "_test\\.cpp$" "" name unit/${file})
    add_test(NAME ${name} COMMAND grafos-tests ${only}${file})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
endforeach()

# Once more in one go, with clocks that pass 2^32 ms while the tests run.
add_test(NAME unit-late COMMAND grafos-tests)
set_tests_properties(unit-late PROPERTIES LABELS unit TIMEOUT 600 ${late})
