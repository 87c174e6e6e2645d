// SPDX-License-Identifier: Apache-2.0
/// GoogleTest's idiom in a bare image: what a unit test uses of it, without heap, streams or static
/// constructors.
///
/// Each TEST leaves one `TestCase` in the section `grafos_tests`; the linker joins them into an
/// array between two symbols it supplies itself. The runner sorts that array by name and calls
/// each. A failure prints its line as it happens, so a test that then hangs or dies has already
/// said so.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>

namespace grafos::test {

struct TestCase {
    const char* suite;
    const char* name;
    const char* file;
    void (*run)();
};

/// One value of a failed comparison, or a piece of a message, in printable form.
struct Printable {
    enum class Kind : uint8_t { nothing, text, boolean, natural, negative, bytes };
    Kind kind = Kind::nothing;
    const void* data = nullptr; ///< text and bytes: where; lives as long as the comparison
    uint64_t number = 0;        ///< the number's amount, or how many bytes
};

template <typename Value>
[[nodiscard]] Printable printable(const Value& value) noexcept {
    using Kind = Printable::Kind;
    if constexpr (std::is_same_v<Value, bool>) {
        return {Kind::boolean, nullptr, value ? 1u : 0u};
    } else if constexpr (std::is_same_v<Value, std::nullptr_t>) {
        return {Kind::natural, nullptr, 0};
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
        const std::string_view text = value;
        return {Kind::text, text.data(), text.size()};
    } else if constexpr (std::is_enum_v<Value>) {
        return printable(static_cast<std::underlying_type_t<Value>>(value));
    } else if constexpr (std::is_integral_v<Value>) {
        if constexpr (std::is_signed_v<Value>) {
            if (value < 0) {
                return {Kind::negative, nullptr, 0 - static_cast<uint64_t>(value)};
            }
        }
        return {Kind::natural, nullptr, static_cast<uint64_t>(value)};
    } else if constexpr (std::is_pointer_v<Value>) {
        return {Kind::natural, nullptr, reinterpret_cast<uintptr_t>(value)};
    } else {
        return {Kind::bytes, &value, sizeof(Value)};
    }
}

struct Comparison {
    bool holds;
    Printable left;
    Printable right;
};

enum class Relation : uint8_t { eq, ne, lt, le, gt, ge };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare" // as GoogleTest: `EXPECT_EQ(size, 3)` is meant
template <Relation relation, typename Left, typename Right>
[[nodiscard]] Comparison compare(const Left& left, const Right& right) noexcept {
    bool holds = false;
    if constexpr (relation == Relation::eq) {
        holds = left == right;
    } else if constexpr (relation == Relation::ne) {
        holds = left != right;
    } else if constexpr (relation == Relation::lt) {
        holds = left < right;
    } else if constexpr (relation == Relation::le) {
        holds = left <= right;
    } else if constexpr (relation == Relation::gt) {
        holds = left > right;
    } else {
        holds = left >= right;
    }
    return {holds, printable(left), printable(right)};
}
#pragma GCC diagnostic pop

[[nodiscard]] inline Comparison compare_truth(bool found, bool wanted) noexcept {
    return {found == wanted, printable(found), printable(wanted)};
}

/// A failure in the making: the constructor prints place and values, `<<` adds to the message, and
/// handing it to `Finish` ends the line.
class Failure {
public:
    Failure(const char* file, int line, const char* what) noexcept;
    Failure(const char* file, int line, const char* what, const Comparison& values) noexcept;

    template <typename Value>
    Failure& operator<<(const Value& value) noexcept {
        add(printable(value));
        return *this;
    }

private:
    void add(const Printable& value) noexcept;
};

class Skip {
public:
    template <typename Value>
    Skip& operator<<(const Value& value) noexcept {
        add(printable(value));
        return *this;
    }

private:
    void add(const Printable& value) noexcept;
};

/// Turns the streamed expression into a statement that `return` accepts: `&` binds less than `<<`.
struct Finish {
    void operator&(const Failure&) const noexcept;
    void operator&(const Skip&) const noexcept;
};

/// Printed with every failure while it lives.
class ScopedTrace {
public:
    template <typename Value>
    ScopedTrace(const char* file, int line, const Value& value) noexcept
        : ScopedTrace{file, line, printable(value)} {}
    ScopedTrace(const char* file, int line, Printable value) noexcept;
    ScopedTrace(const ScopedTrace&) = delete;
    ScopedTrace& operator=(const ScopedTrace&) = delete;
    ~ScopedTrace();

private:
    friend class Failure;
    const char* file_;
    int line_;
    Printable value_;
    const ScopedTrace* outer_;
};

/// Base of fixtures, with GoogleTest's two names.
class Test {
public:
    virtual void SetUp() {}
    virtual void TearDown() {}

protected:
    ~Test() = default;
};

/// Whether the running test failed or was skipped by a statement that should end it.
[[nodiscard]] bool is_test_over() noexcept;

/// Fixtures live here one after another, not on the stack: they may hold whole tables and disks.
inline constexpr size_t fixture_bytes_max = size_t{16} << 20;
[[nodiscard]] void* fixture_memory() noexcept;

template <typename TestClass>
void run_test() {
    static_assert(sizeof(TestClass) <= fixture_bytes_max && alignof(TestClass) <= 4096);
    TestClass& test = *new (fixture_memory()) TestClass;
    Test& base = test; // where a fixture has made the two names protected
    base.SetUp();
    if (!is_test_over()) {
        test.grafos_test_body();
    }
    base.TearDown();
    test.~TestClass();
}

} // namespace grafos::test

namespace testing {
using Test = grafos::test::Test;
}

#define GRAFOS_TEST_(suite, test_name, fixture)                                                    \
    class suite##_##test_name##_Test final : public fixture {                                      \
    public:                                                                                        \
        void grafos_test_body();                                                                   \
    };                                                                                             \
    [[gnu::section("grafos_tests"), gnu::used,                                                     \
      gnu::retain]] static constinit const ::grafos::test::TestCase suite##_##test_name##_case{    \
        #suite, #test_name, __FILE__, ::grafos::test::run_test<suite##_##test_name##_Test>};       \
    void suite##_##test_name##_Test::grafos_test_body()

#define TEST(suite, test_name) GRAFOS_TEST_(suite, test_name, ::grafos::test::Test)
#define TEST_F(fixture, test_name) GRAFOS_TEST_(fixture, test_name, fixture)

// `switch` keeps a following `else` from binding to the macro's `if`.
#define GRAFOS_TEST_CHECK_(action, comparison, what)                                               \
    switch (0)                                                                                     \
    case 0:                                                                                        \
    default:                                                                                       \
        if (const ::grafos::test::Comparison grafos_test_values = (comparison);                    \
            grafos_test_values.holds) {                                                            \
        } else                                                                                     \
            action ::grafos::test::Finish{} & ::grafos::test::Failure {                            \
                __FILE__, __LINE__, what, grafos_test_values                                       \
            }

#define GRAFOS_TEST_COMPARE_(action, name, relation, left, right)                                  \
    GRAFOS_TEST_CHECK_(                                                                            \
        action, (::grafos::test::compare<::grafos::test::Relation::relation>((left), (right))),    \
        name "(" #left ", " #right ")")

#define EXPECT_EQ(left, right) GRAFOS_TEST_COMPARE_(, "EXPECT_EQ", eq, left, right)
#define EXPECT_NE(left, right) GRAFOS_TEST_COMPARE_(, "EXPECT_NE", ne, left, right)
#define EXPECT_LT(left, right) GRAFOS_TEST_COMPARE_(, "EXPECT_LT", lt, left, right)
#define EXPECT_LE(left, right) GRAFOS_TEST_COMPARE_(, "EXPECT_LE", le, left, right)
#define EXPECT_GT(left, right) GRAFOS_TEST_COMPARE_(, "EXPECT_GT", gt, left, right)
#define EXPECT_GE(left, right) GRAFOS_TEST_COMPARE_(, "EXPECT_GE", ge, left, right)
#define ASSERT_EQ(left, right) GRAFOS_TEST_COMPARE_(return, "ASSERT_EQ", eq, left, right)
#define ASSERT_NE(left, right) GRAFOS_TEST_COMPARE_(return, "ASSERT_NE", ne, left, right)
#define ASSERT_LT(left, right) GRAFOS_TEST_COMPARE_(return, "ASSERT_LT", lt, left, right)
#define ASSERT_LE(left, right) GRAFOS_TEST_COMPARE_(return, "ASSERT_LE", le, left, right)
#define ASSERT_GT(left, right) GRAFOS_TEST_COMPARE_(return, "ASSERT_GT", gt, left, right)
#define ASSERT_GE(left, right) GRAFOS_TEST_COMPARE_(return, "ASSERT_GE", ge, left, right)

#define GRAFOS_TEST_TRUTH_(action, name, condition, wanted)                                        \
    GRAFOS_TEST_CHECK_(action,                                                                     \
                       (::grafos::test::compare_truth(static_cast<bool>(condition), wanted)),      \
                       name "(" #condition ")")
#define EXPECT_TRUE(condition) GRAFOS_TEST_TRUTH_(, "EXPECT_TRUE", condition, true)
#define EXPECT_FALSE(condition) GRAFOS_TEST_TRUTH_(, "EXPECT_FALSE", condition, false)
#define ASSERT_TRUE(condition) GRAFOS_TEST_TRUTH_(return, "ASSERT_TRUE", condition, true)
#define ASSERT_FALSE(condition) GRAFOS_TEST_TRUTH_(return, "ASSERT_FALSE", condition, false)

#define ADD_FAILURE()                                                                              \
    ::grafos::test::Finish{} & ::grafos::test::Failure{__FILE__, __LINE__, "failure"}
#define FAIL() return ADD_FAILURE()
#define GTEST_SKIP()                                                                               \
    return ::grafos::test::Finish{} & ::grafos::test::Skip {}

#define GRAFOS_TEST_CONCAT_(a, b) a##b
#define GRAFOS_TEST_NAME_(a, b) GRAFOS_TEST_CONCAT_(a, b)
#define SCOPED_TRACE(value)                                                                        \
    const ::grafos::test::ScopedTrace GRAFOS_TEST_NAME_(grafos_trace_, __LINE__) {                 \
        __FILE__, __LINE__, value                                                                  \
    }
