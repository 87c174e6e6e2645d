# SPDX-License-Identifier: Apache-2.0
# The message table as JSON, and what is made or checked from it.

if(NOT CMAKE_CROSSCOMPILING)
    set(wire ${CMAKE_SOURCE_DIR}/tools/wire)
    grafos_add_image(grafos-wire-table ${wire}/main.cpp)
    add_test(NAME wire/readme COMMAND ${python} -B ${wire}/readme.py --check
        $<TARGET_FILE:grafos-wire-table>)
    add_test(NAME wire/golden COMMAND ${python} -B
        ${CMAKE_SOURCE_DIR}/tests/conformance/golden/wire/make_golden.py --check)
    add_test(NAME wire/corpus COMMAND ${python} -B
        ${CMAKE_SOURCE_DIR}/tests/fuzz/wire_corpus.py --check)
    add_test(NAME wire/dissector COMMAND ${python} -B ${wire}/dissector_test.py
        $<TARGET_FILE:grafos-wire-table> ${CMAKE_BINARY_DIR}/wire)
    set_tests_properties(wire/readme wire/golden wire/corpus wire/dissector
        PROPERTIES LABELS host TIMEOUT 120)
    set_tests_properties(wire/dissector PROPERTIES SKIP_RETURN_CODE 77)
endif()
