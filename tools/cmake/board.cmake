# SPDX-License-Identifier: Apache-2.0
# The board library and the executables of this build tree.
#
# grafos_board = boards/<board>/*.{cpp,S} + arch/<cpu>/*.{cpp,S} + boards/parts/<part>/*.cpp of the parts
# that boards/<board>/parts.cmake names. It sets:
#   GRAFOS_BOARD_ARCH     folder below arch/
#   GRAFOS_BOARD_PARTS    folders below boards/parts/
#   GRAFOS_BOARD_SOURCES  optional: single files besides (from the root)
# An executable = grafos_board + core + one file that defines grafos::board::board_main.

include(${CMAKE_SOURCE_DIR}/boards/${GRAFOS_BOARD}/parts.cmake)
if(NOT GRAFOS_BOARD_ARCH OR NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/arch/${GRAFOS_BOARD_ARCH})
    message(FATAL_ERROR "boards/${GRAFOS_BOARD}/parts.cmake names no folder of arch")
endif()

set(globs ${CMAKE_SOURCE_DIR}/boards/${GRAFOS_BOARD}/*.cpp
    ${CMAKE_SOURCE_DIR}/boards/${GRAFOS_BOARD}/*.S
    ${CMAKE_SOURCE_DIR}/arch/${GRAFOS_BOARD_ARCH}/*.cpp
    ${CMAKE_SOURCE_DIR}/arch/${GRAFOS_BOARD_ARCH}/*.S)
foreach(part IN LISTS GRAFOS_BOARD_PARTS)
    list(APPEND globs ${CMAKE_SOURCE_DIR}/boards/parts/${part}/*.cpp)
endforeach()
file(GLOB sources CONFIGURE_DEPENDS ${globs})
foreach(source IN LISTS GRAFOS_BOARD_SOURCES)
    list(APPEND sources ${CMAKE_SOURCE_DIR}/${source})
endforeach()

add_library(grafos_board STATIC ${sources})
target_link_libraries(grafos_board PRIVATE grafos_flags grafos_sodium grafos_lwip)
if(CMAKE_CROSSCOMPILING)
    target_compile_options(grafos_board PRIVATE -ffreestanding)
    # Code that runs in an interrupt saves no vector registers, so it may use none.
    foreach(source IN LISTS sources)
        if(source MATCHES "_isr\\.cpp$")
            set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -mgeneral-regs-only)
        endif()
    endforeach()
endif()

# What every executable links. lld looks through all archives whatever their order; the host's linker
# has to be told.
set(grafos_archives grafos_board ${GRAFOS_EMULATION_LIBRARIES} ${GRAFOS_CORE_LIBRARIES} grafos_sodium
    grafos_lwip)
if(NOT CMAKE_CROSSCOMPILING)
    list(JOIN grafos_archives "," grafos_archives)
    set(grafos_archives $<LINK_GROUP:RESCAN,${grafos_archives}>)
endif()

# One executable of this board: name, then its sources.
function(grafos_add_image name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE grafos_flags ${grafos_archives})
    if(CMAKE_CROSSCOMPILING)
        set(script ${CMAKE_SOURCE_DIR}/linker/${GRAFOS_BOARD}.ld)
        target_compile_options(${name} PRIVATE -ffreestanding)
        target_link_options(${name} PRIVATE -T${script} -Map=${name}.map)
        set_target_properties(${name} PROPERTIES SUFFIX .elf LINK_DEPENDS ${script})
    endif()
endfunction()

if(CMAKE_CROSSCOMPILING)
    set(product grafos)
else()
    set(product grafos-node)
endif()
file(GLOB product_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/boards/common/*.cpp)
grafos_add_image(${product} ${product_sources})
