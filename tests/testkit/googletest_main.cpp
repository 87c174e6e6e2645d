// SPDX-License-Identifier: Apache-2.0
/// Entry of the unit tests on Linux: GoogleTest with our arguments.
///
/// `list` prints every test's name; `unit=FILE` runs only the tests of one file (below tests/unit);
/// anything else goes to GoogleTest. GRAFOS_START_TIME (ms) is where the tests' time begins. A run
/// of 0 tests fails.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/testkit/test.hpp"

namespace grafos {

void assertion_failed(uint32_t site) noexcept {
    test::spring_trap(site);
    std::fprintf(stderr, "assertion failed: site %08x (tools/site %08x)\n", site, site);
    std::abort();
}

namespace test {

Instant start_time() noexcept {
    static const char* text = std::getenv("GRAFOS_START_TIME");
    return {text == nullptr ? 0 : std::strtoull(text, nullptr, 10)};
}

namespace {

template <typename Visit>
void for_each_test(Visit visit) {
    const testing::UnitTest& all = *testing::UnitTest::GetInstance();
    for (int suite = 0; suite < all.total_test_suite_count(); ++suite) {
        const testing::TestSuite& tests = *all.GetTestSuite(suite);
        for (int index = 0; index < tests.total_test_count(); ++index) {
            visit(*tests.GetTestInfo(index));
        }
    }
}

std::string filter_of(const std::string& file) {
    std::string filter;
    for_each_test([&](const testing::TestInfo& test) {
        if (std::string{test.file()} == "tests/unit/" + file) {
            filter += std::string{test.test_suite_name()} + "." + test.name() + ":";
        }
    });
    return filter.empty() ? "no.such" : filter;
}

} // namespace
} // namespace test
} // namespace grafos

int main(int count, char** words) {
    testing::InitGoogleTest(&count, words);
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "list") {
            grafos::test::for_each_test([](const testing::TestInfo& test) {
                std::printf("%s.%s\n", test.test_suite_name(), test.name());
            });
            return 0;
        }
        if (word.rfind("unit=", 0) != 0) {
            std::fprintf(stderr, "unknown argument '%s': expected list or unit=FILE\n", words[i]);
            return 2;
        }
        testing::GTEST_FLAG(filter) = grafos::test::filter_of(word.substr(5));
    }
    const int result = RUN_ALL_TESTS();
    const testing::UnitTest& all = *testing::UnitTest::GetInstance();
    if (all.test_to_run_count() == 0) {
        std::fprintf(stderr, "no test ran\n");
        return 2;
    }
    std::printf("grafos-tests: %d passed, %d failed, %d skipped\n", all.successful_test_count(),
                all.failed_test_count(), all.skipped_test_count());
    return result;
}
