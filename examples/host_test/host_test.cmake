# SPDX-License-Identifier: Apache-2.0
# A user's own test: its sources and one library.

add_executable(example-host_test ${CMAKE_CURRENT_LIST_DIR}/host_test.cpp)
target_link_libraries(example-host_test PRIVATE grafos_testkit)

# That it finds the bug, shrinks it, runs it again from its own line, and passes the program that has none.
add_test(NAME example/host_test COMMAND ${python} -B ${CMAKE_CURRENT_LIST_DIR}/host_test.py
    $<TARGET_FILE:example-host_test>)
set_tests_properties(example/host_test PROPERTIES LABELS sim TIMEOUT 170)
