# SPDX-License-Identifier: Apache-2.0
# The tour, the scenario and (on bare boards) the power cuts as CTest tests, each on this tree's own
# image: so a build with another compiler or with sanitizers walks the same steps. That all three
# machines agree is what `tools/run scenario` adds.

if(NOT TARGET ${product})
    return()
endif()

set(node ${GRAFOS_BOARD})
set(tour ${python} -B ${CMAKE_SOURCE_DIR}/tools/tour)
set(this --node ${node} --image $<TARGET_FILE:${product}> --timeout 170)

function(grafos_add_tour name)
    add_test(NAME ${name} COMMAND ${tour} ${ARGN} ${this} --out ${CMAKE_BINARY_DIR}/${name})
    # Real time passes in it: it shares the machine with no other test.
    set_tests_properties(${name} PROPERTIES LABELS target TIMEOUT 180 RUN_SERIAL ON)
endfunction()

grafos_add_tour(tour)
grafos_add_tour(scenario scenario --seed 7)
if(CMAKE_CROSSCOMPILING)
    grafos_add_tour(power-cut power-cut)
endif()
