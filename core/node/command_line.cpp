// SPDX-License-Identifier: Apache-2.0
#include "core/node/command_line.hpp"

namespace grafos::node {
namespace {

constexpr uint8_t backspace = 0x08;
constexpr uint8_t delete_byte = 0x7f;

/// The part before the first `=`, or all of it. A loop, since `find` would pull in memchr.
[[nodiscard]] std::string_view key_of(std::string_view word) noexcept {
    size_t size = 0;
    while (size < word.size() && word[size] != '=') {
        ++size;
    }
    return {word.data(), size};
}

[[nodiscard]] bool is_option(std::string_view word) noexcept {
    return key_of(word).size() < word.size();
}

} // namespace

LineReader::Event LineReader::feed(uint8_t byte) noexcept {
    const bool ends_pair = byte == '\n' && was_carriage_return_;
    was_carriage_return_ = byte == '\r';
    if (ends_pair) {
        return Event::none;
    }
    if (byte == '\r' || byte == '\n') {
        const bool was_too_long = is_too_long_;
        line_size_ = size_;
        size_ = 0;
        is_too_long_ = false;
        return was_too_long ? Event::too_long : Event::line;
    }
    if (byte == backspace || byte == delete_byte) {
        size_ -= size_ > 0 ? 1 : 0;
        return Event::none;
    }
    if (byte < 0x20 && byte != '\t') {
        return Event::none;
    }
    if (size_ == buffer_.size()) {
        is_too_long_ = true;
        return Event::none;
    }
    buffer_[size_++] = static_cast<char>(byte);
    return Event::none;
}

Result<CommandLine> CommandLine::parse(std::string_view line) noexcept {
    CommandLine command;
    size_t at = 0;
    while (at < line.size()) {
        if (line[at] == ' ' || line[at] == '\t') {
            ++at;
            continue;
        }
        const size_t first = at;
        while (at < line.size() && line[at] != ' ' && line[at] != '\t') {
            const auto byte = static_cast<unsigned char>(line[at]);
            if (byte < 0x21 || byte > 0x7e) {
                return Error{ErrorCode::invalid_argument, Field::line, byte, 0x7e};
            }
            ++at;
        }
        const std::string_view word{line.data() + first, at - first};
        const size_t words = command.positional_count_ + command.option_count_;
        if (words == command_words_max) {
            return Error{ErrorCode::invalid_argument, Field::argument, words + 1,
                         command_words_max};
        }
        const bool has_value = key_of(word).size() + 1 < word.size();
        if (is_option(word) ? !has_value || !command.option(key_of(word)).empty()
                            : command.option_count_ > 0) {
            return Error{ErrorCode::invalid_argument, Field::option, first, command.option_count_};
        }
        command.words_[words] = word;
        (is_option(word) ? command.option_count_ : command.positional_count_) += 1;
    }
    return command;
}

std::string_view CommandLine::option(std::string_view key) const noexcept {
    for (size_t i = positional_count_; i < positional_count_ + option_count_; ++i) {
        if (key_of(words_[i]) == key) {
            return {words_[i].data() + key.size() + 1, words_[i].size() - key.size() - 1};
        }
    }
    return {};
}

Result<> CommandLine::check_shape(size_t least, size_t most,
                                  std::initializer_list<std::string_view> options) const noexcept {
    if (positional_count_ < least || positional_count_ > most) {
        return Error{ErrorCode::invalid_argument, Field::argument, positional_count_, most};
    }
    for (size_t i = positional_count_; i < positional_count_ + option_count_; ++i) {
        bool is_known = false;
        for (const std::string_view known : options) {
            is_known = is_known || key_of(words_[i]) == known;
        }
        if (!is_known) {
            return Error{ErrorCode::invalid_argument, Field::option, i, options.size()};
        }
    }
    return ok();
}

} // namespace grafos::node
