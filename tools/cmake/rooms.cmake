# SPDX-License-Identifier: Apache-2.0
# core: one static library a room, grafos_core_<room>, and all of them as grafos_core.

set(GRAFOS_CORE_LIBRARIES "")
file(GLOB rooms CONFIGURE_DEPENDS LIST_DIRECTORIES true RELATIVE ${CMAKE_SOURCE_DIR}/core
    ${CMAKE_SOURCE_DIR}/core/*)
foreach(room IN LISTS rooms)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/${room}/*.cpp)
    if(sources)
        add_library(grafos_core_${room} STATIC ${sources})
        target_link_libraries(grafos_core_${room} PRIVATE grafos_core_flags)
        list(APPEND GRAFOS_CORE_LIBRARIES grafos_core_${room})
    endif()
endforeach()

add_library(grafos_core INTERFACE)
target_link_libraries(grafos_core INTERFACE ${GRAFOS_CORE_LIBRARIES})
