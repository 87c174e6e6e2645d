# SPDX-License-Identifier: Apache-2.0
# Programs a user starts from: examples/<name>/main.cpp and what lies beside it, built for this board
# and run as they are.

if(NOT TARGET grafos_board)
    return()
endif()

file(GLOB examples CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/*/main.cpp)
foreach(source IN LISTS examples)
    get_filename_component(folder ${source} DIRECTORY)
    get_filename_component(name ${folder} NAME)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    if(TARGET grafos_${name}) # the rest of the folder is in that archive
        set(sources ${source})
    endif()
    grafos_add_image(example-${name} ${sources})
    set(disk ${CMAKE_BINARY_DIR}/example-${name}.img)
    if(NOT EXISTS ${disk})
        execute_process(COMMAND truncate -s 16M ${disk})
    endif()
    if(CMAKE_CROSSCOMPILING)
        add_test(NAME example/${name} COMMAND example-${name})
        set_tests_properties(example/${name} PROPERTIES ENVIRONMENT
            "GRAFOS_QEMU_OPTIONS=-blockdev driver=file,filename=${disk},node-name=d -device virtio-blk-device,drive=d")
    else()
        add_test(NAME example/${name} COMMAND example-${name} disk=${disk})
    endif()
    set_tests_properties(example/${name} PROPERTIES LABELS target TIMEOUT 60
        PASS_REGULAR_EXPRESSION "lease_expired|hello, lease|step=free code=ok|All servers converged to|Done")
    file(GLOB own_tests CONFIGURE_DEPENDS ${folder}/*/tests.cmake)
    foreach(own IN LISTS own_tests) # what else an example shows of its executable
        include(${own})
    endforeach()
endforeach()

# The example of leases between machines, over every pair of machines whose images are built.
if(NOT CMAKE_CROSSCOMPILING AND NOT GRAFOS_SANITIZE AND TARGET example-hello_lease)
    get_filename_component(preset ${CMAKE_BINARY_DIR} NAME)
    if(preset STREQUAL linux)
        add_test(NAME example/hello_lease-pairs COMMAND ${python} -B
            ${CMAKE_SOURCE_DIR}/examples/hello_lease/hello_test.py ${CMAKE_SOURCE_DIR})
        set_tests_properties(example/hello_lease-pairs PROPERTIES LABELS target TIMEOUT 170
            RUN_SERIAL ON SKIP_RETURN_CODE 77)
    endif()
endif()

# The example of a test on simulated machines.
if(NOT CMAKE_CROSSCOMPILING)
    include(${CMAKE_SOURCE_DIR}/examples/host_test/host_test.cmake)
endif()

# The pictures of emulated runs.
include(${CMAKE_SOURCE_DIR}/examples/emulation/pictures/tests.cmake)
