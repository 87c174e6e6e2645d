# SPDX-License-Identifier: Apache-2.0
# grafos-instructions: the cost of hot paths on a bare board, exact under QEMU's instruction counting,
# held against tools/budgets/instructions.json.

if(NOT CMAKE_CROSSCOMPILING OR NOT TARGET grafos_board)
    return()
endif()

grafos_add_image(grafos-instructions
    ${CMAKE_SOURCE_DIR}/tests/bench/instructions/instructions_main.cpp
    ${CMAKE_SOURCE_DIR}/tests/bench/instructions/codec_rows.cpp
    ${CMAKE_SOURCE_DIR}/tests/bench/instructions/emulation_rows.cpp
    ${CMAKE_SOURCE_DIR}/tests/bench/instructions/fabric_rows.cpp
    ${CMAKE_SOURCE_DIR}/tests/bench/instructions/service_rows.cpp)
target_link_libraries(grafos-instructions PRIVATE grafos_support)
set(instructions ${python} -B ${CMAKE_SOURCE_DIR}/tools/checks/instructions.py ${GRAFOS_BOARD}
    ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:grafos-instructions>)
add_test(NAME instructions COMMAND ${instructions})
set_tests_properties(instructions PROPERTIES LABELS target TIMEOUT 170
    ENVIRONMENT "GRAFOS_QEMU_OPTIONS=-icount shift=0,sleep=off")
