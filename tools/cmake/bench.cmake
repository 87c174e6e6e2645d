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
