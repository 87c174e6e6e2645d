# SPDX-License-Identifier: Apache-2.0
# Seeded bugs, each found by a named oracle. Compiles core files anew, so one build does it: the main
# compiler's, without sanitizers. Whether unit tests notice is asked by `tools/sim --mutations`.

set(mutations ${sim}/mutations)

set(shipped $<TARGET_FILE:grafos-node>)
foreach(library IN LISTS GRAFOS_CORE_LIBRARIES)
    list(APPEND shipped $<TARGET_FILE:${library}>)
endforeach()
add_test(NAME sim/no-hooks COMMAND ${python} -B ${mutations}/hooks_test.py ${CMAKE_CXX_COMPILER}
    ${shipped})
set_tests_properties(sim/no-hooks PROPERTIES LABELS mutation TIMEOUT 60)

add_test(NAME sim/mutate COMMAND ${python} -B ${mutations}/mutate_test.py)
set_tests_properties(sim/mutate PROPERTIES LABELS mutation TIMEOUT 60)

if(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND NOT GRAFOS_SANITIZE AND NOT GRAFOS_TRUSTED_FABRIC)
    add_test(NAME sim/mutations COMMAND ${python} -B ${mutations}/mutate.py --no-unit
        --build ${CMAKE_BINARY_DIR})
    set_tests_properties(sim/mutations PROPERTIES LABELS mutation TIMEOUT 900 PROCESSORS 2)
endif()
