// SPDX-License-Identifier: Apache-2.0
// The two names that libc++'s headers may call when something inside them is broken. Both are
// broken programs, so both end like a failed assertion; their site ids are the letters of who
// called.
#include "core/base/assert.hpp"

extern "C" [[noreturn]] void abort();

void abort() {
    grafos::assertion_failed(0x61626f72); // "abor"
}

namespace std {
inline namespace __1 {
[[noreturn]] void __libcpp_verbose_abort(const char*, ...);

void __libcpp_verbose_abort(const char*, ...) {
    grafos::assertion_failed(0x6c696263); // "libc"
}
} // namespace __1
} // namespace std
