# SPDX-License-Identifier: Apache-2.0
# grafos_sim: whole machines in one thread, and who judges them, on every board. grafos-scenario is
# the executable of every board; the rest runs on Linux.

set(sim ${CMAKE_SOURCE_DIR}/tests/sim)
file(GLOB sim_sources CONFIGURE_DEPENDS ${sim}/world/*.cpp ${sim}/programs/*.cpp
    ${sim}/faults/*.cpp ${sim}/oracles/*.cpp ${sim}/hostile/*.cpp ${sim}/run/*.cpp)
list(FILTER sim_sources EXCLUDE REGEX "_(test|main)\\.cpp$")
add_library(grafos_sim STATIC ${sim_sources})
target_link_libraries(grafos_sim PUBLIC grafos_support)
if(CMAKE_CROSSCOMPILING)
    target_compile_options(grafos_sim PRIVATE -ffreestanding)
endif()

# One seed, ten thousand operations, the same anchor on every machine; then two nodes, the same trace.
file(GLOB scenario_sources CONFIGURE_DEPENDS ${sim}/scenario/*.cpp)
grafos_add_image(grafos-scenario ${scenario_sources})
target_link_libraries(grafos-scenario PRIVATE grafos_sim)

# A seed of each profile on every machine; `tools/test` compares what each build said.
grafos_add_image(grafos-sim-traces ${sim}/run/traces_main.cpp)
target_link_libraries(grafos-sim-traces PRIVATE grafos_sim)
add_test(NAME sim/traces COMMAND ${python} -B ${sim}/run/traces.py
    ${CMAKE_BINARY_DIR}/sim-traces.txt ${CMAKE_CROSSCOMPILING_EMULATOR}
    $<TARGET_FILE:grafos-sim-traces>)
set_tests_properties(sim/traces PROPERTIES LABELS sim TIMEOUT 300
    ENVIRONMENT GRAFOS_QEMU_TIMEOUT=270)

if(CMAKE_CROSSCOMPILING)
    return()
endif()

# That a seed is the whole story: the same one twice, and another one.
add_test(NAME sim/seeds COMMAND ${python} -B ${sim}/scenario/seeds_test.py
    $<TARGET_FILE:grafos-scenario>)
set_tests_properties(sim/seeds PROPERTIES LABELS sim TIMEOUT 170)

# Each part by itself.
file(GLOB sim_test_sources CONFIGURE_DEPENDS ${sim}/*/*_test.cpp)
grafos_add_test_image(grafos-sim-tests ${sim_test_sources})
target_link_libraries(grafos-sim-tests PRIVATE grafos_sim)
add_test(NAME sim/parts COMMAND grafos-sim-tests --gtest_filter=-Run.Nothing_*)
set_tests_properties(sim/parts PROPERTIES LABELS sim TIMEOUT 300)

# The tool: the same runs from the command line, and their events as text. Hosted, like tools/cli:
# the archives are linked, their flags are not wanted.
file(GLOB sim_tool_sources CONFIGURE_DEPENDS ${sim}/tool/*.cpp)
add_library(grafos_sim_tool OBJECT ${sim_tool_sources})
target_link_libraries(grafos_sim_tool PRIVATE grafos_host_flags)
add_executable(grafos-sim $<TARGET_OBJECTS:grafos_sim_tool>)
target_link_libraries(grafos-sim PRIVATE grafos_host_flags $<LINK_ONLY:grafos_sim>)

# For its tests, the same with a bug in it: a holder that uses a lease half as long again. One file of
# core is compiled a second time, changed; the linker then takes none from the archive.
set(broken_from ${CMAKE_SOURCE_DIR}/core/fabric/renewal_door.cpp)
set(broken_to ${CMAKE_BINARY_DIR}/broken/renewal_door.cpp)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${broken_from})
file(READ ${broken_from} broken)
string(REPLACE "left.ms - margin.ms" "left.ms + left.ms / 2" changed "${broken}")
if(changed STREQUAL broken)
    message(FATAL_ERROR "grafos-sim-broken: nothing to break in ${broken_from}")
endif()
file(CONFIGURE OUTPUT ${broken_to} CONTENT "${changed}" @ONLY)
add_library(grafos_sim_broken OBJECT ${broken_to})
target_link_libraries(grafos_sim_broken PRIVATE grafos_core_flags)
add_executable(grafos-sim-broken $<TARGET_OBJECTS:grafos_sim_tool>
    $<TARGET_OBJECTS:grafos_sim_broken>)
target_link_libraries(grafos-sim-broken PRIVATE grafos_host_flags $<LINK_ONLY:grafos_sim>)
set(sim_tool_tests "")
if(GRAFOS_SANITIZE)
    set(sim_tool_tests Words Traces) # the others run the same code, many times
endif()
add_test(NAME sim/tool COMMAND ${python} -B ${sim}/tool/sim_test.py $<TARGET_FILE:grafos-sim>
    $<TARGET_FILE:grafos-sim-broken> ${sim_tool_tests})
set_tests_properties(sim/tool PROPERTIES LABELS sim TIMEOUT 170)

# The default set: seeds in all profiles, the same everywhere, 1,000 of them with the main compiler.
set(sim_seeds 64)
if(GRAFOS_SANITIZE)
    set(sim_seeds 56)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND NOT GRAFOS_SANITIZE)
    set(sim_seeds 1000)
endif()
set(first 1)
while(first LESS_EQUAL sim_seeds)
    math(EXPR last "${first} + 249")
    if(last GREATER sim_seeds)
        set(last ${sim_seeds})
    endif()
    add_test(NAME sim/seeds-${first} COMMAND grafos-sim-tests --gtest_filter=Run.Nothing_*)
    set_tests_properties(sim/seeds-${first} PROPERTIES LABELS sim TIMEOUT 300
        ENVIRONMENT "GRAFOS_SIM_FIRST=${first};GRAFOS_SIM_LAST=${last}")
    math(EXPR first "${last} + 1")
endwhile()

# ec-counter over real nodes: its properties, under faults and crashes.
include(${sim}/emulation/tests.cmake)

# Bugs planted in core, one after another: each is found by an oracle.
include(${sim}/mutations/tests.cmake)
