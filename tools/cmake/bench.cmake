# SPDX-License-Identifier: Apache-2.0
# grafos-bench: the benchmarks, on Linux only and only when asked for (`tools/bench`), since their peers
# (libevent, OpenSSL) are needed for nothing else.

if(CMAKE_CROSSCOMPILING OR GRAFOS_SANITIZE)
    return()
endif()

file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/*.cpp)
grafos_add_image(grafos-bench ${bench_sources})
target_link_libraries(grafos-bench PRIVATE event_core crypto)
if(TARGET grafos_plain_sessions) # so that one run measures sealed and plain
    grafos_make_plain(grafos-bench)
endif()
set_target_properties(grafos-bench PROPERTIES EXCLUDE_FROM_ALL TRUE)

# How fast simulated time runs: the same world, with room for a hundred leases a machine.
set(sim ${CMAKE_SOURCE_DIR}/tests/sim)
file(GLOB sim_bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/sim/*.cpp
    ${sim}/world/*.cpp ${sim}/oracles/*.cpp)
list(FILTER sim_bench_sources EXCLUDE REGEX "_test\\.cpp$")
grafos_add_image(grafos-sim-bench ${sim_bench_sources})
target_link_libraries(grafos-sim-bench PRIVATE grafos_support)
target_compile_definitions(grafos-sim-bench PRIVATE GRAFOS_SIM_LARGE)
set_target_properties(grafos-sim-bench PROPERTIES EXCLUDE_FROM_ALL TRUE)
