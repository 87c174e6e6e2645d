// SPDX-License-Identifier: Apache-2.0
/// The runner of a bare image: `board_main` over the registered tests.
///
/// Arguments: `filter=` is a test's name or its beginning, or `unit:FILE` for the tests of one file
/// (below tests/unit), or `list` for the names alone; `start_time=` is where the tests' time
/// begins.
#include "tests/testkit/frame.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "boards/parts/machine/machine.hpp"
#include "core/base/text.hpp"
#include "tests/testkit/test.hpp"

// The linker's own names for the ends of the section.
extern "C" const grafos::test::TestCase __start_grafos_tests[];
extern "C" const grafos::test::TestCase __stop_grafos_tests[];

namespace grafos::test {
namespace {

constexpr size_t tests_count_max = 4096;

enum class Outcome : uint8_t { passed, failed, skipped };

board::Machine* machine = nullptr;
Outcome outcome = Outcome::passed;
bool is_over = false;
const ScopedTrace* innermost_trace = nullptr;
std::array<const TestCase*, tests_count_max> sorted;
alignas(4096) std::array<uint8_t, fixture_bytes_max> fixture;

void print(std::string_view text) noexcept {
    board::print(machine->console, text);
}

void print(uint64_t number) noexcept {
    char digits[24];
    TextWriter out{digits};
    out.put(number);
    print(out.text());
}

void print(const Printable& value) noexcept {
    switch (value.kind) {
    case Printable::Kind::nothing: return;
    case Printable::Kind::text: print({static_cast<const char*>(value.data), value.number}); return;
    case Printable::Kind::boolean: print(value.number != 0 ? "true" : "false"); return;
    case Printable::Kind::negative: print("-"); [[fallthrough]];
    case Printable::Kind::natural: print(value.number); return;
    case Printable::Kind::bytes: {
        char hex[128];
        TextWriter out{hex};
        out.put_hex(Bytes{static_cast<const uint8_t*>(value.data), value.number});
        print(out.text());
        print(out.is_cut() ? "..." : "");
        return;
    }
    }
}

void print_place(const char* file, int line) noexcept {
    print(file);
    print(":");
    print(static_cast<uint64_t>(line));
    print(": ");
}

void print_name(const TestCase& test) noexcept {
    print(test.suite);
    print(".");
    print(test.name);
}

// Compares "suite.name" without joining it.
[[nodiscard]] bool is_named_before(const TestCase* a, const TestCase* b) noexcept {
    const int suites = std::string_view{a->suite}.compare(b->suite);
    return suites != 0 ? suites < 0 : std::string_view{a->name} < std::string_view{b->name};
}

[[nodiscard]] bool is_chosen(const TestCase& test, std::string_view filter) noexcept {
    constexpr std::string_view unit = "unit:";
    constexpr std::string_view folder = "tests/unit/";
    if (filter.starts_with(unit)) {
        const std::string_view file = test.file;
        return file.starts_with(folder) && file.substr(folder.size()) == filter.substr(unit.size());
    }
    const std::string_view suite = test.suite;
    if (filter.size() <= suite.size()) {
        return suite.starts_with(filter);
    }
    return filter.starts_with(suite) && filter[suite.size()] == '.' &&
           std::string_view{test.name}.starts_with(filter.substr(suite.size() + 1));
}

void on_assertion(uint32_t site) noexcept {
    spring_trap(site);
    print("\nassertion failed: tools/site ");
    char hex[8];
    TextWriter out{hex};
    out.put_hex(site, 8);
    print(out.text());
    print("\n");
}

Outcome run_one(const TestCase& test) noexcept {
    outcome = Outcome::passed;
    is_over = false;
    print("[ RUN  ] ");
    print_name(test);
    print("\n");
    test.run();
    print(outcome == Outcome::passed   ? "[   OK ] "
          : outcome == Outcome::failed ? "[FAILED] "
                                       : "[ SKIP ] ");
    print_name(test);
    print("\n");
    return outcome;
}

void list_all(std::span<const TestCase* const> tests) noexcept {
    for (const TestCase* test : tests) {
        print("test: ");
        print_name(*test);
        print("\n");
    }
}

hal::ExitStatus run_all(std::span<const TestCase* const> tests, std::string_view filter) noexcept {
    uint64_t counts[3] = {};
    for (const TestCase* test : tests) {
        if (is_chosen(*test, filter)) {
            ++counts[static_cast<size_t>(run_one(*test))];
        }
    }
    print("grafos-tests: ");
    print(counts[0]);
    print(" passed, ");
    print(counts[1]);
    print(" failed, ");
    print(counts[2]);
    print(" skipped\n");
    const bool is_any = counts[0] + counts[1] + counts[2] > 0;
    if (!is_any) {
        print("no test ran\n");
    }
    return is_any && counts[1] == 0 ? hal::ExitStatus::success : hal::ExitStatus::failure;
}

} // namespace

Failure::Failure(const char* file, int line, const char* what) noexcept {
    outcome = Outcome::failed;
    for (const ScopedTrace* trace = innermost_trace; trace != nullptr; trace = trace->outer_) {
        print_place(trace->file_, trace->line_);
        print("trace: ");
        print(trace->value_);
        print("\n");
    }
    print_place(file, line);
    print(what);
    print(" ");
}

Failure::Failure(const char* file, int line, const char* what, const Comparison& values) noexcept
    : Failure{file, line, what} {
    print("with ");
    print(values.left);
    print(" and ");
    print(values.right);
    print(" ");
}

void Failure::add(const Printable& value) noexcept {
    print(value);
}

void Skip::add(const Printable& value) noexcept {
    print(value);
}

void Finish::operator&(const Failure&) const noexcept {
    print("\n");
    is_over = true;
}

void Finish::operator&(const Skip&) const noexcept {
    outcome = outcome == Outcome::failed ? Outcome::failed : Outcome::skipped;
    is_over = true;
    print("\n");
}

ScopedTrace::ScopedTrace(const char* file, int line, Printable value) noexcept
    : file_{file}, line_{line}, value_{value}, outer_{innermost_trace} {
    innermost_trace = this;
}

ScopedTrace::~ScopedTrace() {
    innermost_trace = outer_;
}

bool is_test_over() noexcept {
    return is_over;
}

void* fixture_memory() noexcept {
    return fixture.data();
}

Instant start_time() noexcept {
    return machine->arguments.start_time;
}

} // namespace grafos::test

namespace grafos::board {

hal::ExitStatus board_main(Machine& machine) noexcept {
    using namespace grafos::test;
    test::machine = &machine;
    set_assertion_hook(on_assertion);
    const size_t count = static_cast<size_t>(__stop_grafos_tests - __start_grafos_tests);
    GRAFOS_ASSERT(count <= sorted.size());
    for (size_t i = 0; i < count; ++i) {
        sorted[i] = &__start_grafos_tests[i];
    }
    const std::span<const TestCase*> tests{sorted.data(), count};
    std::sort(tests.begin(), tests.end(),
              [](const TestCase* a, const TestCase* b) { return is_named_before(a, b); });
    const std::string_view filter = machine.arguments.filter.view();
    if (filter == "list") {
        list_all(tests);
        return hal::ExitStatus::success;
    }
    return run_all(tests, filter);
}

} // namespace grafos::board
