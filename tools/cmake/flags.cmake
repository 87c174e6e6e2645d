# SPDX-License-Identifier: Apache-2.0
# Flags, as interface libraries: grafos_flags for all of ours, grafos_core_flags on top for core;
# grafos_host_flags instead, for programs that only ever run on a workstation and use its libraries.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(grafos_flags INTERFACE)
target_include_directories(grafos_flags INTERFACE ${CMAKE_SOURCE_DIR})
# The prefix map keeps __FILE__, and with it every assertion's id, free of where the tree lies.
set(grafos_warnings -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum
    -Werror)
target_compile_options(grafos_flags INTERFACE
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= -ffunction-sections -fdata-sections
    $<$<COMPILE_LANGUAGE:C,CXX>:${grafos_warnings}>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -fno-threadsafe-statics>)

# Asked by core/wire/session/trusted_fabric.hpp alone. In every source or in none.
if(GRAFOS_TRUSTED_FABRIC)
    add_compile_definitions(GRAFOS_TRUSTED_FABRIC)
    message(WARNING "GRAFOS_TRUSTED_FABRIC: packets of this build are not sealed")
endif()

if(GRAFOS_SANITIZE)
    target_compile_options(grafos_flags INTERFACE -fsanitize=address,undefined,fuzzer-no-link
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(grafos_flags INTERFACE -fsanitize=address,undefined)
endif()
if(NOT CMAKE_CROSSCOMPILING)
    target_link_options(grafos_flags INTERFACE -Wl,--gc-sections)
endif()

add_library(grafos_core_flags INTERFACE)
target_link_libraries(grafos_core_flags INTERFACE grafos_flags)
# Freestanding headers on both compilers. clang's -ffreestanding would also make it forget what strlen
# of a literal is, so that each `std::string_view{"text"}` became a call; there the macro alone is set,
# and the symbol check (tools/checks/symbols) proves that no other library call is left.
target_compile_options(grafos_core_flags INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-ffreestanding>
    $<$<CXX_COMPILER_ID:Clang>:-Wno-builtin-macro-redefined -D__STDC_HOSTED__=0>)

# No RTTI here either: such a program may link core, whose vtables have no type information.
add_library(grafos_host_flags INTERFACE)
target_include_directories(grafos_host_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(grafos_host_flags INTERFACE -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
    $<$<COMPILE_LANGUAGE:C,CXX>:${grafos_warnings}> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
if(GRAFOS_SANITIZE)
    target_compile_options(grafos_host_flags INTERFACE -fsanitize=address,undefined
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(grafos_host_flags INTERFACE -fsanitize=address,undefined)
endif()
