// SPDX-License-Identifier: Apache-2.0
/// What a unit test includes, and all it includes of a test frame.
///
/// The same test file runs under GoogleTest on Linux and under our own small frame inside a bare
/// image. Both understand TEST, TEST_F, EXPECT_ and ASSERT_ {EQ,NE,LT,LE,GT,GE,TRUE,FALSE}, FAIL,
/// ADD_FAILURE, GTEST_SKIP and SCOPED_TRACE, with `<<` of text and integers; a test uses nothing
/// else of GoogleTest. Ours on both sides: EXPECT_ASSERTION(expression) and
/// `grafos::test::start_time()`.
#pragma once

#ifdef GRAFOS_TEST_GOOGLETEST
#include <gtest/gtest.h>
#else
#include "tests/testkit/frame.hpp"
#endif

#include "core/base/time.hpp"
#include "tests/testkit/trap.hpp"

namespace grafos::test {

/// The Instant at which a test's time begins; fixtures add it to every time they use, so that the
/// whole suite can be run once more with clocks about to pass 2^32 ms. 0 unless the run says
/// otherwise.
[[nodiscard]] Instant start_time() noexcept;

} // namespace grafos::test

/// Expects that `expression` fails an assertion. It is left by longjmp, so objects it constructs
/// are not destroyed; what it returns is thrown away.
#define EXPECT_ASSERTION(...)                                                                      \
    EXPECT_TRUE(::grafos::test::fires_assertion([&] { static_cast<void>(__VA_ARGS__); }))          \
        << "no assertion fired: " #__VA_ARGS__
