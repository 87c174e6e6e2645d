# SPDX-License-Identifier: Apache-2.0
# grafos_sim: whole machines in one thread, and who judges them, on every board. grafos-scenario is
# the executable of every board; the rest runs on Linux.

set(sim ${CMAKE_SOURCE_DIR}/tests/sim)
file(GLOB sim_sources CONFIGURE_DEPENDS ${sim}/world/*.cpp ${sim}/programs/*.cpp
    ${sim}/faults/*.cpp ${sim}/oracles/*.cpp ${sim}/run/*.cpp)
list(FILTER sim_sources EXCLUDE REGEX "_test\\.cpp$")
add_library(grafos_sim STATIC ${sim_sources})
target_link_libraries(grafos_sim PUBLIC grafos_support)
if(CMAKE_CROSSCOMPILING)
    target_compile_options(grafos_sim PRIVATE -ffreestanding)
endif()

# One seed, ten thousand operations, the same anchor on every machine; then two nodes, the same trace.
file(GLOB scenario_sources CONFIGURE_DEPENDS ${sim}/scenario/*.cpp)
grafos_add_image(grafos-scenario ${scenario_sources})
target_link_libraries(grafos-scenario PRIVATE grafos_sim)

if(CMAKE_CROSSCOMPILING)
    return()
endif()

# That a seed is the whole story: the same one twice, and another one.
add_test(NAME sim/seeds COMMAND ${python} -B ${sim}/scenario/seeds_test.py
    $<TARGET_FILE:grafos-scenario>)
set_tests_properties(sim/seeds PROPERTIES LABELS sim TIMEOUT 170)

# Each part by itself; and runs of all faults, fifty seeds.
file(GLOB sim_test_sources CONFIGURE_DEPENDS ${sim}/*/*_test.cpp)
grafos_add_test_image(grafos-sim-tests ${sim_test_sources})
target_link_libraries(grafos-sim-tests PRIVATE grafos_sim)
add_test(NAME sim/parts COMMAND grafos-sim-tests)
set_tests_properties(sim/parts PROPERTIES LABELS sim TIMEOUT 300)

# The tool: the same runs from the command line, and their events as text. Hosted, like tools/cli:
# the archives are linked, their flags are not wanted.
file(GLOB sim_tool_sources CONFIGURE_DEPENDS ${sim}/tool/*.cpp)
add_executable(grafos-sim ${sim_tool_sources})
target_link_libraries(grafos-sim PRIVATE grafos_host_flags $<LINK_ONLY:grafos_sim>)
