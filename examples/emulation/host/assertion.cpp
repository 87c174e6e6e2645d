// SPDX-License-Identifier: Apache-2.0
/// What a failed assertion does in a program of an emulated system: says which one, and ends.
#include <cstdio>
#include <cstdlib>

#include "core/base/assert.hpp"

namespace grafos {

void assertion_failed(uint32_t site) noexcept {
    (void)std::fflush(stdout);
    (void)std::fprintf(stderr, "broken program: assertion %08x (where: tools/site %08x)\n", site,
                       site);
    std::abort();
}

} // namespace grafos
