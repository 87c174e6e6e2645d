// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/trap.hpp"

#include <setjmp.h>

namespace grafos::test {
namespace {

jmp_buf* armed_trap = nullptr;
uint32_t caught_site = 0;

} // namespace

bool fires_assertion(TrapBody body, void* context) noexcept {
    jmp_buf here;
    jmp_buf* volatile outer = armed_trap;
    if (setjmp(here) != 0) {
        armed_trap = outer;
        return true;
    }
    armed_trap = &here;
    body(context);
    armed_trap = outer;
    return false;
}

void spring_trap(uint32_t site) noexcept {
    if (armed_trap != nullptr) {
        caught_site = site;
        longjmp(*armed_trap, 1);
    }
}

uint32_t last_site() noexcept {
    return caught_site;
}

} // namespace grafos::test
