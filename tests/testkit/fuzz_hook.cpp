// SPDX-License-Identifier: Apache-2.0
/// The assertion hook of fuzz targets: no input may reach an assertion, so one is a finding.
#include <cstdio>
#include <cstdlib>

#include "core/base/assert.hpp"

namespace grafos {

void assertion_failed(uint32_t site) noexcept {
    std::fprintf(stderr, "assertion failed: tools/site %08x\n", site);
    std::abort();
}

} // namespace grafos
