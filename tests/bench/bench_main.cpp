// SPDX-License-Identifier: Apache-2.0
/// Entry of the benchmarks: `grafos-bench [lease] [audit] [token] [wire] [ec-counter] [--quick]
/// [--rounds N] [--json FILE]`. Without a suite: all but ec-counter.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/measure.hpp"

namespace {

struct Suite {
    const char* name;
    void (*run)(const grafos::bench::Options&, grafos::bench::Report&);
    bool is_chosen;
    bool is_usual = true; ///< runs when nothing is chosen
};

int refuse(const char* word) {
    std::fprintf(
        stderr,
        "bench: unexpected '%s': expected suites (lease, audit, token, wire, ec-counter), --quick, "
        "--rounds N (3 ... 99), --json FILE\n",
        word);
    return 2;
}

} // namespace

int main(int count, char** words) {
    Suite suites[] = {{"lease", grafos::bench::run_lease, false},
                      {"audit", grafos::bench::run_audit, false},
                      {"token", grafos::bench::run_token, false},
                      {"wire", grafos::bench::run_wire, false},
                      {"wire", grafos::bench::run_loopback, false},
                      {"ec-counter", grafos::bench::run_ec_counter, false, false}};
    grafos::bench::Options options;
    bool has_choice = false;
    for (int index = 1; index < count; ++index) {
        const char* const word = words[index];
        bool is_suite = false;
        for (Suite& suite : suites) {
            if (std::strcmp(word, suite.name) == 0) {
                suite.is_chosen = is_suite = has_choice = true;
            }
        }
        if (is_suite) {
            continue;
        }
        if (std::strcmp(word, "--quick") == 0) {
            options.is_quick = true;
            options.rounds = 3;
        } else if (std::strcmp(word, "--rounds") == 0 && index + 1 < count) {
            options.rounds = static_cast<uint32_t>(std::strtoul(words[++index], nullptr, 10));
            if (options.rounds < 3 || options.rounds > 99) {
                return refuse(words[index]);
            }
        } else if (std::strcmp(word, "--json") == 0 && index + 1 < count) {
            options.json = words[++index];
        } else {
            return refuse(word);
        }
    }
    grafos::bench::Report report;
    for (const Suite& suite : suites) {
        if (suite.is_chosen || (!has_choice && suite.is_usual)) {
            suite.run(options, report);
        }
    }
    report.print();
    if (!options.json.empty() && !report.write_json(options.json, options)) {
        std::fprintf(stderr, "bench: cannot write '%s'\n", options.json.c_str());
        return 1;
    }
    return 0;
}
