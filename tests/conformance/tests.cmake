# SPDX-License-Identifier: Apache-2.0
# The format against a second implementation of it: the golden chain is what the second one writes, and
# a chain of the core's is verified, whole and damaged in every way.

if(NOT CMAKE_CROSSCOMPILING)
    set(conformance ${CMAKE_SOURCE_DIR}/tests/conformance)
    grafos_add_image(grafos-make-chain ${conformance}/make_chain.cpp)
    add_test(NAME conformance/golden-chain COMMAND
        ${python} -B ${conformance}/golden/make_golden.py --check)
    add_test(NAME conformance/golden-chain-verifies COMMAND
        ${CMAKE_SOURCE_DIR}/tools/audit-verify ${conformance}/golden/chain_v1.jsonl)
    add_test(NAME conformance/audit-verify COMMAND
        ${python} -B ${conformance}/audit_verify_test.py $<TARGET_FILE:grafos-make-chain>)
    grafos_add_image(grafos-crypto-vectors ${conformance}/crypto_vectors.cpp)
    add_test(NAME conformance/crypto-vectors COMMAND
        grafos-crypto-vectors ${conformance}/vectors/wycheproof.txt)
    set_tests_properties(conformance/crypto-vectors PROPERTIES LABELS conformance TIMEOUT 120)
    add_test(NAME conformance/golden-handshake COMMAND
        ${python} -B ${conformance}/golden/wire/make_handshake.py --check)
    add_test(NAME conformance/golden-tokens COMMAND
        ${python} -B ${conformance}/golden/wire/make_tokens.py --check)
    set_tests_properties(conformance/golden-handshake conformance/golden-tokens
        PROPERTIES LABELS conformance TIMEOUT 120)
    set_tests_properties(conformance/golden-chain conformance/golden-chain-verifies
        conformance/audit-verify PROPERTIES LABELS conformance TIMEOUT 120)
endif()
