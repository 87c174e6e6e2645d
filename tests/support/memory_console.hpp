// SPDX-License-Identifier: Apache-2.0
/// A scripted operator: what is typed lies in memory, what is answered ends there.
#pragma once

#include "hal/console.hpp"

namespace grafos::test {

class MemoryConsole final : public hal::Console {
public:
    /// `transcript` keeps what was written; what does not fit is refused like by a slow line.
    explicit MemoryConsole(MutableBytes transcript) noexcept : transcript_{transcript} {}

    [[nodiscard]] size_t read(MutableBytes to) noexcept override {
        const size_t count = input_.size() < to.size() ? input_.size() : to.size();
        copy_bytes(to, input_.first(count));
        input_ = input_.subspan(count);
        return count;
    }

    [[nodiscard]] size_t write(Bytes bytes) noexcept override {
        const size_t room = transcript_.size() - size_;
        size_t count = bytes.size() < room ? bytes.size() : room;
        count = count < write_most_ ? count : write_most_;
        copy_bytes(transcript_.subspan(size_), bytes.first(count));
        size_ += count;
        return count;
    }

    /// What arrives next; the text stays the test's. What was not read yet is lost.
    void type(std::string_view text) noexcept { input_ = bytes_of(text); }
    [[nodiscard]] bool is_read() const noexcept { return input_.empty(); }

    /// At most so many bytes are taken at once.
    void set_write_most(size_t count) noexcept { write_most_ = count; }
    [[nodiscard]] std::string_view transcript() const noexcept {
        return text_of(Bytes{transcript_}.first(size_));
    }
    void clear() noexcept { size_ = 0; }

private:
    MutableBytes transcript_;
    size_t size_ = 0;
    size_t write_most_ = SIZE_MAX;
    Bytes input_{};
};

} // namespace grafos::test
