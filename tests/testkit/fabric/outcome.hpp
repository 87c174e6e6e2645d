// SPDX-License-Identifier: Apache-2.0
/// What an assertion of the kit found: good, or what was wrong, as a kind and as a sentence.
///
///     EXPECT_TRUE(outcome) << outcome;              // GoogleTest
///     if (!outcome) { std::puts(outcome.text().c_str()); }
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "core/base/error.hpp"
#include "core/base/result.hpp"

namespace grafos::testkit {

enum class Finding : uint8_t {
    good,
    never_came,     ///< the condition did not come to be in time
    leaked,         ///< a lease is left that nobody will give back
    never_rebound,  ///< no other lease was had in time
    let_go_again,   ///< it was, and did not last
    stale_accepted, ///< what came by an old epoch was executed, or said to be
    not_told,       ///< the holder of a lease that is over was not told so
    no_lease,       ///< there was none to try it with
    wrong,          ///< the program's own: `Outcome::bad`
};

class [[nodiscard]] Outcome {
public:
    /// Good.
    Outcome() = default;
    [[nodiscard]] static Outcome good() { return {}; }
    [[nodiscard]] static Outcome bad(std::string text) {
        return bad(Finding::wrong, std::move(text));
    }
    [[nodiscard]] static Outcome bad(Finding finding, std::string text) {
        Outcome outcome;
        outcome.finding_ = finding;
        outcome.text_ = std::move(text);
        return outcome;
    }

    [[nodiscard]] bool is_good() const noexcept { return finding_ == Finding::good; }
    explicit operator bool() const noexcept { return is_good(); }
    [[nodiscard]] Finding finding() const noexcept { return finding_; }
    /// One sentence; "good" if it is.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
        return out << outcome.text_;
    }

private:
    Finding finding_ = Finding::good;
    std::string text_ = "good";
};

/// `<code> at <field>: got <value>, expected <expected>`; "ok" for a success.
[[nodiscard]] std::string text_of(const Error& error);
template <typename T>
[[nodiscard]] std::string text_of(const Result<T>& result) {
    return result.is_ok() ? "ok" : text_of(result.error());
}

/// The test itself is wrong: says so and ends the process.
[[noreturn]] void misused(const std::string& text);
/// What is being run, for that and for assertions; empty: nothing in particular.
void note_case(const std::string& text);

} // namespace grafos::testkit
