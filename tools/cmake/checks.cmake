# SPDX-License-Identifier: Apache-2.0
# Checks as CTest tests. Those of the tree run once, in the preset `linux`; those of archives and images
# in each. The refuse tests run with both compilers.

set(checks ${CMAKE_SOURCE_DIR}/tools/checks)

# One check: name, script, then its arguments.
function(grafos_add_check name script)
    add_test(NAME check/${name} COMMAND ${python} -B ${checks}/${script} ${ARGN})
    set_tests_properties(check/${name} PROPERTIES LABELS "check;smoke" TIMEOUT 60)
endfunction()

get_filename_component(preset ${CMAKE_BINARY_DIR} NAME)
set(archives "")
foreach(library IN LISTS GRAFOS_CORE_LIBRARIES)
    list(APPEND archives $<TARGET_FILE:${library}>)
endforeach()
set(emulation_archives "") # actors are freestanding too
foreach(library IN LISTS GRAFOS_EMULATION_LIBRARIES)
    list(APPEND emulation_archives $<TARGET_FILE:${library}>)
endforeach()
set(images $<TARGET_FILE:${product}> $<TARGET_FILE:grafos-tests>)

if(CMAKE_CROSSCOMPILING)
    grafos_add_check(symbols-core symbols.py core ${archives})
    grafos_add_check(symbols-emulation symbols.py core ${emulation_archives} ${archives})
    grafos_add_check(symbols-image symbols.py image ${images})
elseif(NOT GRAFOS_SANITIZE)
    grafos_add_check(symbols-core symbols.py state ${archives})
    grafos_add_check(symbols-image symbols.py hosted ${images})
endif()

if(preset STREQUAL linux)
    foreach(check floors words readmes ceilings format sites refusals)
        grafos_add_check(${check} ${check}.py)
    endforeach()
endif()

# Sizes are printed by every build of a bare board.
if(CMAKE_CROSSCOMPILING)
    set(sized ${archives} $<TARGET_FILE:grafos_board> $<TARGET_FILE:grafos_lwip>
        $<TARGET_FILE:${product}>)
    set(sized_targets ${GRAFOS_CORE_LIBRARIES} grafos_board ${product})
    add_custom_command(OUTPUT sizes.txt
        COMMAND ${CMAKE_COMMAND} -E env bash -o pipefail -c
            "\"$@\" | tee sizes.txt" sizes ${python} -B ${checks}/sizes.py ${preset} ${sized}
        DEPENDS ${sized_targets} ${checks}/sizes.py ${CMAKE_SOURCE_DIR}/tools/budgets/sizes.json
        VERBATIM COMMENT "Sizes")
    add_custom_target(grafos-sizes ALL DEPENDS sizes.txt)
endif()

# Code that must not compile, with the flags of core.
if(NOT CMAKE_CROSSCOMPILING AND NOT GRAFOS_SANITIZE)
    set(refuse ${CMAKE_CXX_COMPILER} -std=c++20 -I${CMAKE_SOURCE_DIR} -ffreestanding -fno-exceptions
        -fno-rtti -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum
        -Werror)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/refuse/*.cpp
        ${CMAKE_SOURCE_DIR}/tests/refuse/harness/*.cpp)
    foreach(source IN LISTS sources)
        file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/tests ${source})
        string(REPLACE ".cpp" "" name ${name})
        add_test(NAME ${name} COMMAND ${python} -B ${checks}/refuse.py ${source} ${refuse})
        set_tests_properties(${name} PROPERTIES LABELS refuse TIMEOUT 60)
        if(name MATCHES "^refuse/harness/")
            set_tests_properties(${name} PROPERTIES WILL_FAIL ON)
        endif()
    endforeach()
endif()
