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

# One executable of this board: name, then its sources. GRAFOS_IMAGE_LIBRARIES: what it links besides.
function(grafos_add_image name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE grafos_flags ${GRAFOS_IMAGE_LIBRARIES}
        ${grafos_archives})
    if(CMAKE_CROSSCOMPILING)
        set(script ${CMAKE_SOURCE_DIR}/linker/${GRAFOS_BOARD}.ld)
        target_compile_options(${name} PRIVATE -ffreestanding)
        target_link_options(${name} PRIVATE -T${script} -Map=${name}.map)
        set_target_properties(${name} PROPERTIES SUFFIX .elf LINK_DEPENDS ${script})
    endif()
endfunction()

# Programs that the node's image can run beside its console (boards/common/node_program.hpp), each
# name=folder. A folder gives `NodeProgram& grafos::board::make_<name>() noexcept` (- as _) in its *.cpp,
# and names in program.cmake, if it has one, libraries it needs (GRAFOS_PROGRAM_LIBRARIES).
set(GRAFOS_NODE_PROGRAMS ec-counter=examples/ec_counter/fabric)

# One image of the node: name, then its programs.
function(grafos_add_node_image name)
    set(declarations "")
    set(entries "")
    set(sources "")
    set(GRAFOS_IMAGE_LIBRARIES "")
    foreach(program IN LISTS ARGN)
        string(REGEX MATCH "^([a-z0-9-]+)=(.+)$" is_whole "${program}")
        if(NOT is_whole OR NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${CMAKE_MATCH_2})
            message(FATAL_ERROR "program '${program}' of ${name}: expected name=folder")
        endif()
        set(word ${CMAKE_MATCH_1})
        set(folder ${CMAKE_SOURCE_DIR}/${CMAKE_MATCH_2})
        string(REPLACE "-" "_" function make_${word})
        string(APPEND declarations "NodeProgram& ${function}() noexcept;\n")
        string(APPEND entries "    {\"${word}\", ${function}},\n")
        file(GLOB found CONFIGURE_DEPENDS ${folder}/*.cpp)
        list(APPEND sources ${found})
        set(GRAFOS_PROGRAM_LIBRARIES "")
        include(${folder}/program.cmake OPTIONAL)
        list(APPEND GRAFOS_IMAGE_LIBRARIES ${GRAFOS_PROGRAM_LIBRARIES})
    endforeach()
    list(LENGTH ARGN count)
    set(table ${CMAKE_BINARY_DIR}/node_programs/${name}.cpp)
    file(CONFIGURE OUTPUT ${table} @ONLY CONTENT [[// Written by tools/cmake/board.cmake.
#include "boards/common/node_program.hpp"

namespace grafos::board {

@declarations@
namespace {
constexpr std::array<NodeProgramEntry, @count@> entries{{
@entries@}};
} // namespace

std::span<const NodeProgramEntry> node_programs() noexcept {
    return entries;
}

} // namespace grafos::board
]])
    file(GLOB common CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/boards/common/*.cpp)
    grafos_add_image(${name} ${common} ${table} ${sources})
endfunction()

if(CMAKE_CROSSCOMPILING)
    set(product grafos)
else()
    set(product grafos-node)
endif()
grafos_add_node_image(${product} ${GRAFOS_NODE_PROGRAMS})
