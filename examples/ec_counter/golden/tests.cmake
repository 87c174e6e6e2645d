# SPDX-License-Identifier: Apache-2.0
# The same bytes on this board and with this compiler as everywhere.

add_test(NAME example/ec_counter-golden COMMAND ${python} -B
    ${CMAKE_CURRENT_LIST_DIR}/golden_test.py ${CMAKE_CROSSCOMPILING_EMULATOR}
    $<TARGET_FILE:example-ec_counter>)
set_tests_properties(example/ec_counter-golden PROPERTIES LABELS target TIMEOUT 120)
