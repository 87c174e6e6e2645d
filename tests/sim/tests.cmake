# SPDX-License-Identifier: Apache-2.0
# That a seed is the whole story: the same one twice, and another one.

if(CMAKE_CROSSCOMPILING OR NOT TARGET grafos-scenario)
    return()
endif()

add_test(NAME sim/seeds COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/sim/seeds_test.py
    $<TARGET_FILE:grafos-scenario>)
set_tests_properties(sim/seeds PROPERTIES LABELS sim TIMEOUT 170)

# Each fault of a machine; and swarms of all faults, fifty seeds.
set(sim ${CMAKE_SOURCE_DIR}/tests/sim)
file(GLOB fault_sources CONFIGURE_DEPENDS ${sim}/faults/*.cpp)
grafos_add_test_image(grafos-faults ${fault_sources} ${sim}/sim_fabric.cpp ${sim}/sim_machine.cpp
    ${sim}/fabric_tenure.cpp)
add_test(NAME sim/faults COMMAND grafos-faults)
set_tests_properties(sim/faults PROPERTIES LABELS sim TIMEOUT 300)
