# SPDX-License-Identifier: Apache-2.0
# The same bytes on this board and with this compiler as everywhere.

add_test(NAME example/kv_store-golden COMMAND ${python} -B
    ${CMAKE_SOURCE_DIR}/examples/ec_counter/golden/golden_test.py --of ${CMAKE_CURRENT_LIST_DIR}
    ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:example-kv_store>)
set_tests_properties(example/kv_store-golden PROPERTIES LABELS target TIMEOUT 120)
