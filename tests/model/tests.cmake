# SPDX-License-Identifier: Apache-2.0
# The protocol as a model, searched to its end, and without each of its rules. It knows nothing of
# the code, so one preset is enough.

get_filename_component(preset ${CMAKE_BINARY_DIR} NAME)
if(preset STREQUAL linux)
    add_test(NAME model/protocol COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tests/model/check.py)
    set_tests_properties(model/protocol PROPERTIES LABELS model TIMEOUT 900 SKIP_RETURN_CODE 77)
endif()
