# SPDX-License-Identifier: Apache-2.0
# Executables of a build for a trusted fabric, out of the objects of the normal one: only what asks
# wire::is_trusted_fabric_build is compiled again, and an object stands before an archive's member.
get_filename_component(preset ${CMAKE_BINARY_DIR} NAME)
if(NOT preset STREQUAL linux OR GRAFOS_TRUSTED_FABRIC)
    return()
endif()

set(session ${CMAKE_SOURCE_DIR}/core/wire/session)
add_library(grafos_plain_sessions OBJECT ${session}/channel.cpp ${session}/client.cpp
    ${session}/server.cpp)
target_link_libraries(grafos_plain_sessions PRIVATE grafos_core_flags)
target_compile_definitions(grafos_plain_sessions PUBLIC GRAFOS_TRUSTED_FABRIC)

function(grafos_make_plain name)
    target_link_libraries(${name} PRIVATE grafos_plain_sessions)
endfunction()

grafos_add_node_image(grafos-node-plain ${GRAFOS_NODE_PROGRAMS})
grafos_make_plain(grafos-node-plain)
grafos_add_image(example-hello_lease-plain ${CMAKE_SOURCE_DIR}/examples/hello_lease/main.cpp)
grafos_make_plain(example-hello_lease-plain)

add_executable(grafos-plain ${CMAKE_SOURCE_DIR}/tools/cli/asker.cpp
    $<FILTER:$<TARGET_OBJECTS:grafos>,EXCLUDE,/asker\\.cpp>)
target_link_libraries(grafos-plain PRIVATE grafos_host_flags
    $<LINK_GROUP:RESCAN,grafos_board,${GRAFOS_CORE_LIBRARIES},grafos_sodium>)
grafos_make_plain(grafos-plain)

set(trusted ${CMAKE_SOURCE_DIR}/tests/trusted)
grafos_add_test_image(grafos-trusted-tests ${trusted}/trusted_test.cpp)
grafos_make_plain(grafos-trusted-tests)

add_test(NAME trusted/process COMMAND grafos-trusted-tests)
add_test(NAME trusted/network COMMAND ${python} -B ${trusted}/trusted_test.py
    ${CMAKE_BINARY_DIR})
set_tests_properties(trusted/process trusted/network PROPERTIES LABELS host TIMEOUT 60)
