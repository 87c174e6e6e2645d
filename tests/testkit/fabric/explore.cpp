// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/explore.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/base/text.hpp"

namespace grafos::testkit {
namespace {

constexpr Duration length_step{100}; ///< shortening stops here
constexpr uint64_t length_most = 3'600'000;
constexpr uint64_t shrink_runs_most = 200;
constexpr size_t story_lines = 30;

[[nodiscard]] FaultSet without(FaultSet faults, FaultKind kind) {
    FaultSet rest;
    for (size_t i = 0; i < test::fault_kind_count; ++i) {
        const FaultKind each = test::fault_kind_at(i);
        if (each != kind && faults.has(each)) {
            rest.add(each);
        }
    }
    return rest;
}

[[nodiscard]] size_t size_of(FaultSet faults) {
    size_t size = 0;
    for (size_t i = 0; i < test::fault_kind_count; ++i) {
        size += faults.has(test::fault_kind_at(i)) ? 1u : 0u;
    }
    return size;
}

[[nodiscard]] std::string known_faults() {
    std::array<char, 1024> buffer;
    TextWriter out{buffer};
    test::put_fault_names(out);
    return "all, none, or of: " + std::string{out.text()};
}

/// The words this process was started with.
[[nodiscard]] std::string own_command() {
    std::ifstream file{"/proc/self/cmdline", std::ios::binary};
    std::string words;
    for (char letter = 0; file.get(letter);) {
        words += letter == '\0' ? ' ' : letter;
    }
    while (!words.empty() && words.back() == ' ') {
        words.pop_back();
    }
    return words;
}

[[nodiscard]] std::optional<uint64_t> number_from(const char* variable, uint64_t most) {
    const char* const text = std::getenv(variable);
    if (text == nullptr) {
        return std::nullopt;
    }
    const Result<uint64_t> number = parse_decimal(text, most, Field::argument);
    if (!number.is_ok()) {
        misused(std::string{variable} + "=" + text + ": a number from 0 to " +
                std::to_string(most));
    }
    return number.value();
}

} // namespace

std::string text_of(FaultSet faults) {
    std::string text;
    for (size_t i = 0; i < test::fault_kind_count; ++i) {
        if (faults.has(test::fault_kind_at(i))) {
            text += (text.empty() ? "" : ",");
            text += test::name_of(test::fault_kind_at(i));
        }
    }
    return text.empty() ? "none" : text;
}

class Explorer {
public:
    Explorer(const ExploreOptions& options, const Scenario& scenario)
        : options_{options}, scenario_{scenario} {}

    [[nodiscard]] Exploration explore() {
        if (options_.length < length_step || options_.length.ms > length_most) {
            misused("faults last from 100 ms to an hour");
        }
        if (const std::optional<Case> given = case_of_environment(); given.has_value()) {
            replay(*given);
            return std::move(result_);
        }
        for (uint64_t i = 0; i < options_.seeds && !result_.found_.has_value(); ++i) {
            const Case each = case_of(options_.first_seed + i);
            Outcome outcome = run(each, nullptr);
            if (!outcome) {
                report(each, outcome);
            }
        }
        if (!result_.found_.has_value()) {
            say("testkit: " + std::to_string(options_.seeds) + " seeds, " +
                std::to_string(result_.faults_) + " faults: good\n");
        }
        return std::move(result_);
    }

private:
    [[nodiscard]] Case case_of(uint64_t seed) const {
        SimFaults faults = test::draw_faults(seed);
        faults.keep(options_.faults);
        return {seed, faults.kinds(), options_.length};
    }

    /// `GRAFOS_TESTKIT_SEED` alone is that seed as it is.
    [[nodiscard]] std::optional<Case> case_of_environment() const {
        const std::optional<uint64_t> seed = number_from("GRAFOS_TESTKIT_SEED", UINT64_MAX);
        if (!seed.has_value()) {
            for (const char* const name : {"GRAFOS_TESTKIT_FAULTS", "GRAFOS_TESTKIT_MS"}) {
                if (std::getenv(name) != nullptr) {
                    misused(std::string{name} + " is of one seed: give GRAFOS_TESTKIT_SEED too");
                }
            }
            return std::nullopt;
        }
        Case given = case_of(*seed);
        given.length = {number_from("GRAFOS_TESTKIT_MS", length_most).value_or(given.length.ms)};
        if (const char* const list = std::getenv("GRAFOS_TESTKIT_FAULTS"); list != nullptr) {
            const Result<FaultSet> faults = test::faults_of(list);
            if (!faults.is_ok()) {
                misused(std::string{"GRAFOS_TESTKIT_FAULTS="} + list + ": " + known_faults());
            }
            SimFaults drawn = test::draw_faults(*seed);
            drawn.keep(faults.value());
            given.faults = drawn.kinds();
        }
        return given;
    }

    [[nodiscard]] Outcome run(const Case& each, std::string* story) {
        SimFaults faults = test::draw_faults(each.seed);
        faults.keep(each.faults);
        SimFabricOptions options = options_.fabric;
        options.seed = each.seed;
        if (faults.has(FaultKind::clock_drift)) {
            options.drift_ppm = faults.drift_ppm_most;
        }
        note_case("seed " + std::to_string(each.seed) + ", faults " + text_of(each.faults));
        SimFabric fabric{options};
        fabric.begin_faults(faults, each.length);
        Outcome outcome = scenario_(fabric);
        result_.runs_ += 1;
        for (size_t i = 0; i < test::fault_kind_count && !result_.found_.has_value(); ++i) {
            result_.faults_ += fabric.count(test::fault_kind_at(i));
        }
        note_case("");
        if (story != nullptr) {
            *story = fabric.story().tell(story_lines) + losses(fabric, each.faults);
        }
        return outcome;
    }

    /// What happens too often for a line each.
    [[nodiscard]] static std::string losses(SimFabric& fabric, FaultSet faults) {
        std::string text;
        for (const FaultKind kind :
             {FaultKind::loss, FaultKind::duplicate, FaultKind::corruption, FaultKind::delay}) {
            if (faults.has(kind)) {
                text += (text.empty() ? "    of datagrams: " : ", ") +
                        std::string{test::name_of(kind)} + " " + std::to_string(fabric.count(kind));
            }
        }
        return text.empty() ? text : text + "\n";
    }

    void replay(const Case& given) {
        std::string story;
        Outcome outcome = run(given, &story);
        say(story + "testkit: seed " + std::to_string(given.seed) + ", faults " +
            text_of(given.faults) + ", " + std::to_string(given.length.ms) +
            " ms: " + outcome.text() + "\n");
        if (!outcome) {
            result_.found_ = given;
            result_.smallest_ = given;
        }
        result_.outcome_ = std::move(outcome);
    }

    void report(const Case& found, const Outcome& outcome) {
        result_.found_ = found;
        say("testkit: seed " + std::to_string(found.seed) + " fails: " + outcome.text() + "\n");
        if (run(found, nullptr).text() != outcome.text()) {
            say("testkit: and not twice alike: the scenario takes time, chance or addresses from "
                "elsewhere than the fabric, or keeps something between runs\n");
            result_.smallest_ = found;
            result_.outcome_ = outcome;
            return;
        }
        const Case smallest = shrink(found);
        std::string story;
        result_.outcome_ = run(smallest, &story);
        result_.smallest_ = smallest;
        say("testkit: smallest that fails: seed " + std::to_string(smallest.seed) + ", faults " +
            text_of(smallest.faults) + " (of " + std::to_string(size_of(found.faults)) +
            " kinds), for " + std::to_string(smallest.length.ms) + " ms (of " +
            std::to_string(found.length.ms) + "), after " + std::to_string(result_.runs_) +
            " runs: " + result_.outcome_.text() + "\n" + story);
        say("testkit: again: GRAFOS_TESTKIT_SEED=" + std::to_string(smallest.seed) +
            " GRAFOS_TESTKIT_FAULTS=" + text_of(smallest.faults) + " GRAFOS_TESTKIT_MS=" +
            std::to_string(smallest.length.ms) + " " + own_command() + "\n");
    }

    /// Whether a smaller one still fails; then it is the one to go on with.
    [[nodiscard]] bool take(Case& smallest, const Case& candidate) {
        if (result_.runs_ >= first_shrink_run_ + shrink_runs_most ||
            run(candidate, nullptr).is_good()) {
            return false;
        }
        smallest = candidate;
        return true;
    }

    [[nodiscard]] Case shrink(const Case& found) {
        first_shrink_run_ = result_.runs_;
        Case smallest = found;
        drop_kinds(smallest);
        shorten(smallest);
        drop_kinds(smallest);
        return smallest;
    }

    void drop_kinds(Case& smallest) {
        for (bool has_changed = true; has_changed;) { // at most once a kind
            has_changed = false;
            for (size_t i = 0; i < test::fault_kind_count; ++i) {
                const FaultKind kind = test::fault_kind_at(i);
                Case candidate = smallest;
                candidate.faults = without(smallest.faults, kind);
                has_changed =
                    (smallest.faults.has(kind) && take(smallest, candidate)) || has_changed;
            }
        }
    }

    /// By halves: between what is known to fail and what did not.
    void shorten(Case& smallest) {
        uint64_t passes = 0;
        while (smallest.length.ms > passes + length_step.ms) {
            Case candidate = smallest;
            candidate.length.ms = (passes + smallest.length.ms) / 2;
            if (!take(smallest, candidate)) {
                passes = candidate.length.ms;
            }
        }
    }

    void say(const std::string& text) {
        result_.text_ += text;
        if (!options_.is_quiet) {
            std::fputs(text.c_str(), stdout);
            std::fflush(stdout);
        }
    }

    const ExploreOptions& options_;
    const Scenario& scenario_;
    Exploration result_{};
    uint64_t first_shrink_run_ = 0;
};

Exploration explore(const ExploreOptions& options, const Scenario& scenario) {
    return Explorer{options, scenario}.explore();
}

Exploration explore(uint64_t seeds, const Scenario& scenario) {
    ExploreOptions options;
    options.seeds = seeds;
    return explore(options, scenario);
}

} // namespace grafos::testkit
