# SPDX-License-Identifier: Apache-2.0
# The board self-tests: one executable, one CTest test a step; tests/target/run.py knows the steps.

grafos_add_image(grafos-target ${CMAKE_SOURCE_DIR}/tests/target/target_main.cpp)

execute_process(COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/target/run.py --list ${GRAFOS_BOARD}
    OUTPUT_VARIABLE steps OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(steps)
foreach(step IN LISTS steps)
    add_test(NAME target/${step} COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/target/run.py
        ${GRAFOS_BOARD} $<TARGET_FILE:grafos-target> ${step})
    set_tests_properties(target/${step} PROPERTIES LABELS target TIMEOUT 60 SKIP_RETURN_CODE 77)
endforeach()
if(CMAKE_CROSSCOMPILING)
    add_test(NAME target/handlers COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/target/handlers.py
        $<TARGET_FILE:grafos-target>)
    set_tests_properties(target/handlers PROPERTIES LABELS target TIMEOUT 30)
endif()

# The network: an image that echoes, driven from this host.
set(net ${python} -B ${CMAKE_SOURCE_DIR}/tests/target/net.py)
grafos_add_image(grafos-echo ${CMAKE_SOURCE_DIR}/tests/target/echo_main.cpp)
execute_process(COMMAND ${net} --list ${GRAFOS_BOARD}
    OUTPUT_VARIABLE steps OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(steps)
foreach(step IN LISTS steps)
    add_test(NAME target/net_${step} COMMAND ${net} ${GRAFOS_BOARD} $<TARGET_FILE:grafos-echo>
        ${step})
    set_tests_properties(target/net_${step} PROPERTIES LABELS target TIMEOUT 60)
endforeach()

# The node with a program beside its console.
grafos_add_node_image(grafos-node-tiny tiny=tests/target/program)
add_test(NAME target/program COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/target/program_test.py
    ${GRAFOS_BOARD} $<TARGET_FILE:grafos-node-tiny> $<TARGET_FILE:${product}>)
set_tests_properties(target/program PROPERTIES LABELS target TIMEOUT 120)
