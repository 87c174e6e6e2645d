# SPDX-License-Identifier: Apache-2.0
# That a seed is the whole story: the same one twice, and another one.

if(CMAKE_CROSSCOMPILING OR NOT TARGET grafos-scenario)
    return()
endif()

add_test(NAME sim/seeds COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/sim/seeds_test.py
    $<TARGET_FILE:grafos-scenario>)
set_tests_properties(sim/seeds PROPERTIES LABELS sim TIMEOUT 170)
