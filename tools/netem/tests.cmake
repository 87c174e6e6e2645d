# SPDX-License-Identifier: Apache-2.0
# grafos-netem, the relay, and its tests with real sockets. On Linux only.
if(NOT CMAKE_CROSSCOMPILING)
    set(netem ${CMAKE_SOURCE_DIR}/tools/netem)
    file(GLOB netem_sources CONFIGURE_DEPENDS ${netem}/*.cpp)
    add_executable(grafos-netem ${netem_sources})
    target_link_libraries(grafos-netem PRIVATE grafos_host_flags)
    add_test(NAME tools/netem COMMAND ${python} -B ${netem}/netem_test.py
        $<TARGET_FILE:grafos-netem>)
    set_tests_properties(tools/netem PROPERTIES LABELS host TIMEOUT 120)
endif()
