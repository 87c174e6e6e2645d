// SPDX-License-Identifier: Apache-2.0
/// What a command prints: tables for people, one JSON value for programs, typed errors on stderr.
///
/// A command builds a JSON value; for people it is shown as a table (a list of objects) or as lines
/// of `name  value`. So both say the same, always. Colours only on a terminal, and never with
/// NO_COLOR or --no-color.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/ids.hpp"

namespace grafos::cli {

using Json = nlohmann::ordered_json;

/// The exit codes of every command.
enum class Exit : int {
    done = 0,
    refused = 1,   ///< the operation was refused: a typed error is on stderr
    bad_usage = 2, ///< options, configuration or key: nothing was tried
};

/// Of an answer that did not come: more than its code can say.
struct Explanation {
    std::string address;
    std::string why;
    std::string next;
};

class Output {
public:
    Output(bool is_json, bool has_colour) : is_json_{is_json}, has_colour_{has_colour} {}

    [[nodiscard]] bool is_json() const { return is_json_; }
    [[nodiscard]] bool has_colour() const { return has_colour_; }

    /// One result. `list`: the member that is shown as a table, if there is one.
    void show(const Json& value, const std::string& list = {}) const;

    /// A refused operation: code, field, value, expected and the next step.
    Exit refuse(const std::string& what, const Error& error) const;
    /// The same, with the address, why, and a next step that fits the command.
    Exit refuse(const std::string& what, const Error& error, const Explanation& because) const;
    /// Nothing was tried.
    Exit misuse(const std::string& why) const;

    /// Progress, on stderr of a terminal only; the next line replaces it.
    void progress(const std::string& text) const;

private:
    Exit refuse(const std::string& what, const Error& error, const Explanation* because) const;

    bool is_json_;
    bool has_colour_;
};

/// What a person does about it.
[[nodiscard]] std::string next_step_of(const Error& error);

[[nodiscard]] std::string hex_of(Bytes bytes);
/// u64 beyond 2^53 would be rounded by readers of JSON: such numbers are decimal strings.
[[nodiscard]] Json number_of(uint64_t value);
/// 1536 → "1.5 KiB".
[[nodiscard]] std::string bytes_text(uint64_t bytes);

/// Columns as wide as their widest cell; numbers to the right.
[[nodiscard]] std::string table_of(const Json& rows);

} // namespace grafos::cli
