# SPDX-License-Identifier: Apache-2.0
# ec-counter over real nodes. grafos_sim_emulation: its stations, and who runs and judges them.

file(GLOB station_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/ec_counter/fabric/*.cpp)
list(FILTER station_sources EXCLUDE REGEX "/node_program\\.cpp$")
file(GLOB emulation_sources CONFIGURE_DEPENDS ${sim}/emulation/*.cpp)
list(FILTER emulation_sources EXCLUDE REGEX "_(test|main)\\.cpp$")
add_library(grafos_sim_emulation STATIC ${station_sources} ${emulation_sources})
target_link_libraries(grafos_sim_emulation PUBLIC grafos_ec_counter grafos_emulation grafos_sim)
target_link_libraries(grafos-sim-tests PRIVATE grafos_sim_emulation)

# What people and tests call. Hosted, like tools/cli: the archives are linked, their flags are not
# wanted.
add_executable(ec-counter-sim ${sim}/emulation/ec_counter_sim_main.cpp)
target_link_libraries(ec-counter-sim PRIVATE grafos_host_flags $<LINK_ONLY:grafos_sim_emulation>)

# 1,000 seeds of each kind with the main compiler, a part of them twice, for an equal trace.
set(ec_seeds 24)
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND NOT GRAFOS_SANITIZE)
    set(ec_seeds 1000)
endif()
set(ec_sim ec-counter-sim --seed 1 --count ${ec_seeds} --twice 8)
add_test(NAME sim/ec-counter-faults COMMAND ${ec_sim})
add_test(NAME sim/ec-counter-crashes COMMAND ${ec_sim} --crash)
add_test(NAME sim/ec-counter-durable COMMAND ${ec_sim} --crash --durable)
set(ec_tests sim/ec-counter-faults sim/ec-counter-crashes sim/ec-counter-durable)

# Mistakes planted on purpose: one file compiled a second time, changed; the linker then takes none
# from the archive. Each is found within a few seeds, by what must hold.
function(grafos_plant_in_ec_counter name file old new finds)
    set(from ${CMAKE_SOURCE_DIR}/${file})
    set(to ${CMAKE_BINARY_DIR}/broken/${name}.cpp)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${from})
    file(READ ${from} text)
    string(REPLACE "${old}" "${new}" changed "${text}")
    if(changed STREQUAL text)
        message(FATAL_ERROR "ec-counter-sim-${name}: nothing to break in ${from}")
    endif()
    file(CONFIGURE OUTPUT ${to} CONTENT "${changed}" @ONLY)
    add_library(ec_counter_sim_${name} OBJECT ${to})
    target_link_libraries(ec_counter_sim_${name} PRIVATE grafos_flags)
    target_include_directories(ec_counter_sim_${name} PRIVATE ${CMAKE_SOURCE_DIR})
    add_executable(ec-counter-sim-${name} ${sim}/emulation/ec_counter_sim_main.cpp
        $<TARGET_OBJECTS:ec_counter_sim_${name}>)
    target_link_libraries(ec-counter-sim-${name} PRIVATE grafos_host_flags
        $<LINK_ONLY:grafos_sim_emulation>)
    add_test(NAME sim/ec-counter-planted-${name} COMMAND ec-counter-sim-${name} --seed 1 --count 300
        ${ARGN})
    set_tests_properties(sim/ec-counter-planted-${name} PROPERTIES PASS_REGULAR_EXPRESSION "${finds}")
    set(ec_tests ${ec_tests} sim/ec-counter-planted-${name} PARENT_SCOPE)
endfunction()

if(ec_seeds GREATER 24)
    # A server takes any value that it does not have.
    grafos_plant_in_ec_counter(overwrite examples/ec_counter/server.cpp
        "if (takes(message.value)) {" "if (message.value != counter_) {"
        "failed at .*: a counter never decreases while its machine is on")
    # A machine that comes back does not tell its server who the others are.
    grafos_plant_in_ec_counter(deaf examples/ec_counter/fabric/station.cpp
        "    introduce();" "    static int starts = 0;\n    if (++starts <= 3) {\n        introduce();\n    }"
        "failed at .*: (every server's counter is the last value|no value is lost that a peer|all servers answer)" --crash)
    # A value counts as kept before any copy has it.
    grafos_plant_in_ec_counter(hasty examples/ec_counter/fabric/block_keeper.cpp
        "is_everywhere && (holding > 0 || copy_count_ == 0)" "is_everywhere || holding == 0"
        "failed at .*: (nothing that a client was told is lost|the last value is the largest that was held)" --crash --durable)
    # A machine that comes back does not find the copies that it had.
    grafos_plant_in_ec_counter(keyless examples/ec_counter/fabric/block_copy.cpp
        ".key(key_of(place_.server))" ".lease_ttl(key_of(place_.server).is_zero() ? Duration{} : place_.ttl)"
        "failed at .*: (nothing that a client was told is lost|the last value is the largest that was held)" --crash --durable)
endif()
set_tests_properties(${ec_tests} PROPERTIES LABELS sim TIMEOUT 600)
