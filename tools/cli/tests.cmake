# SPDX-License-Identifier: Apache-2.0
# grafos, the command line, and its tests. On Linux only.
if(NOT CMAKE_CROSSCOMPILING)
    set(cli ${CMAKE_SOURCE_DIR}/tools/cli)
    file(GLOB cli_sources CONFIGURE_DEPENDS ${cli}/*.cpp)
    add_executable(grafos ${cli_sources})
    target_link_libraries(grafos PRIVATE grafos_host_flags
        $<LINK_GROUP:RESCAN,grafos_board,${GRAFOS_CORE_LIBRARIES},grafos_sodium>)
    add_test(NAME tools/cli-config COMMAND ${python} -B ${cli}/config_test.py $<TARGET_FILE:grafos>)
    set_tests_properties(tools/cli-config PROPERTIES LABELS host TIMEOUT 60)
    add_test(NAME tools/cli-commands
        COMMAND ${python} -B ${cli}/commands_test.py $<TARGET_FILE:grafos> $<TARGET_FILE:grafos-node>)
    set_tests_properties(tools/cli-commands PROPERTIES LABELS host TIMEOUT 120)
    add_test(NAME tools/cli-top
        COMMAND ${python} -B ${cli}/top_test.py $<TARGET_FILE:grafos> $<TARGET_FILE:grafos-node>)
    add_test(NAME tools/cli-sweep
        COMMAND ${python} -B ${cli}/sweep_test.py $<TARGET_FILE:grafos> $<TARGET_FILE:grafos-node>)
    set_tests_properties(tools/cli-top tools/cli-sweep PROPERTIES LABELS host TIMEOUT 120)
    add_executable(grafosd ${cli}/daemon/main.cpp ${cli}/daemon/identity.cpp ${cli}/config.cpp ${cli}/text_forms.cpp)
    target_link_libraries(grafosd PRIVATE grafos_host_flags
        $<LINK_GROUP:RESCAN,grafos_board,${GRAFOS_CORE_LIBRARIES},grafos_sodium>)
    add_test(NAME tools/cli-daemon COMMAND ${python} -B ${cli}/daemon_test.py
        $<TARGET_FILE_DIR:grafosd>)
    add_test(NAME tools/cli-collector COMMAND ${python} -B ${cli}/collector_test.py
        $<TARGET_FILE_DIR:grafos>)
    add_test(NAME tools/cli-fence COMMAND ${python} -B ${cli}/fence_test.py $<TARGET_FILE_DIR:grafos>)
    set_tests_properties(tools/cli-daemon tools/cli-collector tools/cli-fence
        PROPERTIES LABELS host TIMEOUT 180)
endif()
