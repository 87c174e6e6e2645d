# SPDX-License-Identifier: Apache-2.0
# The emulated distributed systems: grafos_emulation (the actor layer, examples/emulation/*.cpp) and
# for each system grafos_<name> (examples/<name>/*.cpp without main.cpp, which is its bare image's).
# Freestanding, so that the same archives go into every image. On Linux besides: its program, from
# examples/<name>/host, called as the folder with '-' for '_'. A folder of examples with a
# host/main.cpp is a system: nothing here names it.
#
# With GRAFOS_EMULATION_ONLY (preset `emulation`) nothing else is built, and of core just what actors
# need: no C library, no libsodium, no lwIP, no GoogleTest, no board.

set(example_folder ${CMAKE_SOURCE_DIR}/examples)

if(GRAFOS_EMULATION_ONLY)
    file(GLOB base_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/base/*.cpp)
    add_library(grafos_core_base STATIC ${base_sources})
    # The codec, and what it pulls in by the rows of a layout.
    add_library(grafos_core_wire STATIC ${CMAKE_SOURCE_DIR}/core/wire/codec.cpp
        ${CMAKE_SOURCE_DIR}/core/wire/parameters.cpp)
    target_link_libraries(grafos_core_base PRIVATE grafos_core_flags)
    target_link_libraries(grafos_core_wire PRIVATE grafos_core_flags)
    # Half of such a build went into making CLI11 and toml++ fast, which work for a millisecond.
    set_source_files_properties(${example_folder}/emulation/host/command_line.cpp
        ${example_folder}/emulation/host/settings_file.cpp PROPERTIES COMPILE_OPTIONS -O0)
endif()

# A freestanding library of the sources in a folder; without any it is a name for headers.
function(grafos_add_emulation_library name folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(REMOVE_ITEM sources ${folder}/main.cpp)
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PRIVATE grafos_core_flags)
        set(GRAFOS_EMULATION_LIBRARIES ${name} ${GRAFOS_EMULATION_LIBRARIES} PARENT_SCOPE)
    endif()
endfunction()

set(GRAFOS_EMULATION_LIBRARIES "") # users before what they use
set(GRAFOS_EMULATIONS ring)
set(folder_of_ring ${example_folder}/emulation/template) # to be copied, and so kept running
file(GLOB mains CONFIGURE_DEPENDS ${example_folder}/*/host/main.cpp)
foreach(main IN LISTS mains)
    string(REPLACE /host/main.cpp "" folder ${main})
    get_filename_component(name ${folder} NAME)
    list(APPEND GRAFOS_EMULATIONS ${name})
    set(folder_of_${name} ${folder})
endforeach()
grafos_add_emulation_library(grafos_emulation ${example_folder}/emulation)
foreach(name IN LISTS GRAFOS_EMULATIONS)
    grafos_add_emulation_library(grafos_${name} ${folder_of_${name}})
endforeach()

if(CMAKE_CROSSCOMPILING)
    return()
endif()

# What the programs share, and the programs. They link no board, so what a failed assertion does is there.
file(GLOB host_sources CONFIGURE_DEPENDS ${example_folder}/emulation/host/*.cpp)
add_library(grafos_emulation_host STATIC ${host_sources} ${CMAKE_SOURCE_DIR}/tools/cli/distance.cpp)
target_link_libraries(grafos_emulation_host PRIVATE grafos_host_flags)
target_compile_definitions(grafos_emulation_host PRIVATE
    GRAFOS_PICTURES="${example_folder}/emulation/pictures")
foreach(name IN LISTS GRAFOS_EMULATIONS)
    file(GLOB program_sources CONFIGURE_DEPENDS ${folder_of_${name}}/host/*.cpp)
    if(NOT program_sources)
        continue()
    endif()
    string(REPLACE _ - program ${name})
    add_executable(${program} ${program_sources})
    set(archives grafos_emulation_host grafos_emulation grafos_core_wire grafos_core_base)
    if(TARGET grafos_${name})
        list(PREPEND archives grafos_${name}) # no other system's: it is not built for this program
    endif()
    list(JOIN archives "," archives)
    target_link_libraries(${program} PRIVATE grafos_host_flags $<LINK_GROUP:RESCAN,${archives}>)
    if(NOT GRAFOS_EMULATION_ONLY)
        file(GLOB tests CONFIGURE_DEPENDS ${folder_of_${name}}/host/*_test.py)
        foreach(test IN LISTS tests)
            get_filename_component(what ${test} NAME_WE)
            add_test(NAME example/${program}-${what} COMMAND ${python} -B ${test}
                $<TARGET_FILE:${program}>)
            set_tests_properties(example/${program}-${what} PROPERTIES LABELS host TIMEOUT 120)
        endforeach()
    endif()
endforeach()

get_filename_component(preset ${CMAKE_BINARY_DIR} NAME)
if(preset STREQUAL linux)
    add_test(NAME example/fresh-clone COMMAND ${python} -B
        ${example_folder}/emulation/host/fresh_clone_test.py ${CMAKE_SOURCE_DIR})
    set_tests_properties(example/fresh-clone PROPERTIES LABELS host TIMEOUT 170 RUN_SERIAL ON)
endif()
