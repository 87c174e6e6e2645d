# SPDX-License-Identifier: Apache-2.0
# The tour, a short scenario and (on bare boards) the power cuts as CTest tests, each on this tree's
# own image: so a build with another compiler or with sanitizers walks the same steps. That all three
# machines agree is what `tools/run scenario` adds.

if(NOT TARGET ${product})
    return()
endif()

set(node ${GRAFOS_BOARD})
set(tour ${python} -B ${CMAKE_SOURCE_DIR}/tools/tour)

function(grafos_add_tour name image)
    add_test(NAME ${name} COMMAND ${tour} ${ARGN} --node ${node} --image $<TARGET_FILE:${image}>
        --out ${CMAKE_BINARY_DIR}/${name} --timeout 170 --or-skip)
    # Real time passes in it: it shares the machine with no other test.
    set_tests_properties(${name} PROPERTIES LABELS target TIMEOUT 180 RUN_SERIAL ON
        SKIP_RETURN_CODE 77)
endfunction()

grafos_add_tour(tour ${product})
grafos_add_tour(scenario grafos-scenario scenario --seed 7 --operations 2000)
if(CMAKE_CROSSCOMPILING)
    grafos_add_tour(power-cut ${product} power-cut)
endif()

# The wires between the machines, without the machines.
if(NOT CMAKE_CROSSCOMPILING)
    add_test(NAME tour/network COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tools/tour/network_test.py
        $<TARGET_FILE:${product}> $<TARGET_FILE:grafos-netem>)
    set_tests_properties(tour/network PROPERTIES LABELS host TIMEOUT 60)
    add_test(NAME tour/run COMMAND ${python} -B ${CMAKE_SOURCE_DIR}/tools/tour/run_test.py
        $<TARGET_FILE:${product}>)
    set_tests_properties(tour/run PROPERTIES LABELS host TIMEOUT 120)
endif()

# ec-counter on all three machines at once, from the tree of the Linux node.
if(NOT CMAKE_CROSSCOMPILING AND NOT GRAFOS_SANITIZE)
    set(counter ${CMAKE_SOURCE_DIR}/examples/ec_counter/tool)
    add_test(NAME ec_counter/tool COMMAND ${python} -B ${counter}/tool_test.py
        $<TARGET_FILE:ec-counter>)
    set_tests_properties(ec_counter/tool PROPERTIES LABELS host TIMEOUT 120)
    get_filename_component(preset ${CMAKE_BINARY_DIR} NAME)
    if(preset STREQUAL linux)
        set(run ${python} -B ${counter} --or-skip --timeout 110
            --config ${CMAKE_SOURCE_DIR}/examples/ec_counter/config.toml)
        add_test(NAME ec_counter/fabric COMMAND ${run} --out ${CMAKE_BINARY_DIR}/ec-counter)
        add_test(NAME ec_counter/durable COMMAND ${run} --durable --processes
            --out ${CMAKE_BINARY_DIR}/ec-counter-durable)
        set_tests_properties(ec_counter/fabric ec_counter/durable PROPERTIES LABELS target
            TIMEOUT 120 RUN_SERIAL ON SKIP_RETURN_CODE 77)
    endif()
endif()
