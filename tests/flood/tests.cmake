# SPDX-License-Identifier: Apache-2.0
# A node in a storm of frames: ten million on Linux, a million inside each image.
set(flood ${CMAKE_SOURCE_DIR}/tests/flood/flood_test.cpp)
grafos_add_test_image(grafos-flood ${flood})
if(CMAKE_CROSSCOMPILING OR GRAFOS_SANITIZE)
    set(flood_frames 1000000)
else()
    set(flood_frames 10000000)
endif()
target_compile_definitions(grafos-flood PRIVATE GRAFOS_FLOOD_FRAMES=${flood_frames})
add_test(NAME flood/frames COMMAND grafos-flood)
set_tests_properties(flood/frames PROPERTIES LABELS flood TIMEOUT 600
    ENVIRONMENT GRAFOS_QEMU_TIMEOUT=500)
