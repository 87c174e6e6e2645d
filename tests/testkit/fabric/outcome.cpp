// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/outcome.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/base/text.hpp"

namespace grafos::testkit {
namespace {

std::string& current_case() {
    static std::string text;
    return text;
}

} // namespace

std::string text_of(const Error& error) {
    std::array<char, 160> buffer;
    TextWriter line{buffer};
    put_error(line, error);
    return std::string{line.text()};
}

void misused(const std::string& text) {
    std::fprintf(stderr, "testkit: %s\n", text.c_str());
    if (!current_case().empty()) {
        std::fprintf(stderr, "testkit: in %s\n", current_case().c_str());
    }
    std::abort();
}

void note_case(const std::string& text) {
    current_case() = text;
}

} // namespace grafos::testkit
