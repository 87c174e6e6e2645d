# SPDX-License-Identifier: Apache-2.0
# What tools/setup built outside the tree: libsodium and lwIP on every machine, libc++'s configuration and
# picolibc on bare ones (those two are in the toolchain files, since they are the C and C++ library).

function(grafos_library_path variable name target)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/libs path ${name} ${target}
        OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${name} for ${target} is missing: run tools/setup")
    endif()
    set(${variable} ${path} PARENT_SCOPE)
endfunction()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/libs)
if(CMAKE_CROSSCOMPILING)
    set(target ${CMAKE_SYSTEM_PROCESSOR})
else()
    set(target host)
endif()
grafos_library_path(sodium libsodium ${target})
grafos_library_path(lwip lwip ${target})
add_library(grafos_sodium STATIC IMPORTED)
set_target_properties(grafos_sodium PROPERTIES
    IMPORTED_LOCATION ${sodium}/lib/libsodium.a
    INTERFACE_INCLUDE_DIRECTORIES ${sodium}/include
    INTERFACE_COMPILE_DEFINITIONS SODIUM_STATIC=1)

add_library(grafos_lwip STATIC IMPORTED)
set_target_properties(grafos_lwip PROPERTIES
    IMPORTED_LOCATION ${lwip}/lib/liblwip.a
    INTERFACE_INCLUDE_DIRECTORIES ${lwip}/include)
