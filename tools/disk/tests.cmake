# SPDX-License-Identifier: Apache-2.0
# grafos-disk, the tool, and its test. On Linux only.
if(NOT CMAKE_CROSSCOMPILING)
    set(disk ${CMAKE_SOURCE_DIR}/tools/disk)
    grafos_add_image(grafos-disk ${disk}/main.cpp ${disk}/memory_disk.cpp ${disk}/opened_log.cpp
        ${disk}/replay.cpp ${disk}/write_log.cpp)
    grafos_add_image(grafos-make-session ${disk}/make_session.cpp)
    target_link_libraries(grafos-make-session PRIVATE grafos_support)
    add_test(NAME tools/disk COMMAND ${python} -B ${disk}/disk_test.py $<TARGET_FILE:grafos-disk>
        $<TARGET_FILE:grafos-make-session> ${CMAKE_SOURCE_DIR}/tools/audit-verify)
    set_tests_properties(tools/disk PROPERTIES LABELS cuts TIMEOUT 300)
endif()
