// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/outcome.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/base/text.hpp"

namespace grafos::testkit {

std::string text_of(const Error& error) {
    std::array<char, 160> buffer;
    TextWriter line{buffer};
    put_error(line, error);
    return std::string{line.text()};
}

void misused(const std::string& text) {
    std::fprintf(stderr, "testkit: %s\n", text.c_str());
    std::abort();
}

} // namespace grafos::testkit
