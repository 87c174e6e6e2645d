# SPDX-License-Identifier: Apache-2.0
# Toolchain of both bare boards; included with GRAFOS_BARE_CPU and GRAFOS_BARE_BOARD set.
# clang-19 with libc++'s headers over picolibc, linked by lld directly.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR ${GRAFOS_BARE_CPU})
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_AR /usr/bin/llvm-ar-19)
set(CMAKE_RANLIB /usr/bin/llvm-ranlib-19)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

get_filename_component(grafos_root ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
foreach(library libcxx:bare picolibc:${GRAFOS_BARE_CPU})
    string(REPLACE ":" ";" words ${library})
    list(GET words 0 name)
    execute_process(COMMAND ${grafos_root}/tools/libs path ${words}
        OUTPUT_VARIABLE grafos_${name} OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${name} is missing: run tools/setup")
    endif()
endforeach()

file(READ ${grafos_root}/tools/targets/${GRAFOS_BARE_CPU}.flags machine)
string(STRIP "${machine}" machine)
set(common "${machine} -fno-asynchronous-unwind-tables -fno-stack-protector -g")
set(CMAKE_ASM_FLAGS_INIT "${common}")
set(CMAKE_C_FLAGS_INIT "${common} -nostdlibinc -isystem ${grafos_picolibc}/include")
set(CMAKE_CXX_FLAGS_INIT "${common} -nostdinc++ -nostdlibinc -isystem ${grafos_libcxx} \
-isystem /usr/lib/llvm-19/include/c++/v1 -isystem ${grafos_picolibc}/include")


# 128-bit helpers for x86_64 are in compiler-rt's archive; aarch64 needs none that the core uses.
set(runtime "${grafos_picolibc}/lib/libc.a")
if(GRAFOS_BARE_CPU STREQUAL x86_64)
    string(APPEND runtime " /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.builtins-x86_64.a")
endif()
set(CMAKE_CXX_LINK_EXECUTABLE "/usr/bin/ld.lld-19 -static -nostdlib --gc-sections \
-z max-page-size=4096 --build-id=none --fatal-warnings <LINK_FLAGS> <OBJECTS> -o <TARGET> \
<LINK_LIBRARIES> ${runtime}")
set(CMAKE_CROSSCOMPILING_EMULATOR "${grafos_root}/tools/run-qemu;${GRAFOS_BARE_BOARD}")
