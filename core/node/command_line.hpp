// SPDX-License-Identifier: Apache-2.0
/// A console line as words. Bytes from outside: everything here answers, nothing asserts.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "core/base/limits.hpp"
#include "core/base/result.hpp"

namespace grafos::node {

/// Collects bytes into lines. A line that is too long is swallowed to its end and refused whole.
class LineReader {
public:
    enum class Event : uint8_t { none, line, too_long };

    /// Feeds one byte. CR, LF and CR LF all end a line; BS and DEL take one byte back; other
    /// control bytes are dropped. After `line`, `text()` holds it until the next call. Context:
    /// turn.
    [[nodiscard]] Event feed(uint8_t byte) noexcept;
    [[nodiscard]] std::string_view text() const noexcept { return {buffer_.data(), line_size_}; }
    /// Bytes of the line begun so far; for echoing.
    [[nodiscard]] size_t pending_size() const noexcept { return size_; }

private:
    std::array<char, limits::console_line_bytes_max> buffer_{};
    size_t size_ = 0;
    size_t line_size_ = 0;
    bool is_too_long_ = false;
    bool was_carriage_return_ = false;
};

inline constexpr size_t command_words_max = 8;

/// The words of one line: positional ones first, then `key=value` options. Views into the line.
class CommandLine {
public:
    /// Failures: invalid_argument (line: a byte outside printable ASCII; argument: too many words;
    /// option: one without a value, one
    /// given twice, or a positional word after an option; value = its offset).
    [[nodiscard]] static Result<CommandLine> parse(std::string_view line) noexcept;

    [[nodiscard]] size_t count() const noexcept { return positional_count_; }
    /// The word at `index`, or empty.
    [[nodiscard]] std::string_view word(size_t index) const noexcept {
        return index < positional_count_ ? words_[index] : std::string_view{};
    }
    /// The value of `key=`, or empty if it is not there.
    [[nodiscard]] std::string_view option(std::string_view key) const noexcept;

    /// Refuses words and options that the command does not know: invalid_argument (argument: value
    /// = count given, expected = most; option).
    [[nodiscard]] Result<> check_shape(
        size_t least, size_t most, std::initializer_list<std::string_view> options) const noexcept;

private:
    std::array<std::string_view, command_words_max> words_{};
    size_t positional_count_ = 0;
    size_t option_count_ = 0;
};

} // namespace grafos::node
