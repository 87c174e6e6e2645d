# SPDX-License-Identifier: Apache-2.0
# ec-counter over real nodes. grafos_sim_emulation: its stations, and who runs and judges them.

file(GLOB station_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/ec_counter/fabric/*.cpp)
list(FILTER station_sources EXCLUDE REGEX "/node_program\\.cpp$")
file(GLOB emulation_sources CONFIGURE_DEPENDS ${sim}/emulation/*.cpp)
list(FILTER emulation_sources EXCLUDE REGEX "_(test|main)\\.cpp$")
add_library(grafos_sim_emulation STATIC ${station_sources} ${emulation_sources})
target_link_libraries(grafos_sim_emulation PUBLIC grafos_ec_counter grafos_emulation grafos_sim)
target_link_libraries(grafos-sim-tests PRIVATE grafos_sim_emulation)
