// SPDX-License-Identifier: Apache-2.0
/// One line to the outside for two who talk: the node's console and a program beside it.
///
/// Problem: both print in the same turn, the line may take half of what is offered, and nobody may
/// wait. Idea: the program's lines lie in a bounded ring and leave when the console is between two
/// lines; the console writes through here and goes first. Rule: a line is never cut by the other's;
/// a program's line begins with `| `, which no line of the console does; what does not fit the ring
/// is lost, counted, and said as soon as there is room.
#pragma once

#include <array>
#include <string_view>

#include "core/base/assert.hpp"
#include "core/base/text.hpp"
#include "hal/console.hpp"

namespace grafos::board {

class SharedConsole final : public hal::Console {
public:
    static constexpr size_t ring_bytes = 16 * 1024;
    static constexpr size_t line_bytes_max = 240; ///< of one line; the rest is cut off
    static constexpr size_t notice_bytes = 512;   ///< of the ring, which lines leave to notices

    explicit SharedConsole(hal::Console& port) noexcept : port_{port} {}
    SharedConsole(const SharedConsole&) = delete;
    SharedConsole& operator=(const SharedConsole&) = delete;

    // --- for the program
    /// A line of the program. False: the ring is full, and the line is lost and counted.
    /// Context: turn.
    bool print_line(std::string_view text) noexcept {
        tell_lost();
        const bool is_kept = lost_ == told_ && append("| ", text, ring_bytes - notice_bytes);
        lost_ += is_kept ? 0u : 1u;
        return is_kept;
    }
    /// A line of the machine about the program, as the console's own notices begin: when it starts
    /// and when it ends, for which there is always room. Context: turn.
    void print_notice(std::string_view text) noexcept {
        tell_lost();
        const bool is_kept = append("grafos ", text, ring_bytes);
        GRAFOS_ASSERT(is_kept);
    }
    [[nodiscard]] uint64_t lost_lines() const noexcept { return lost_; }

    // --- for the loop
    /// Lets leave what the line takes now, unless the console is in the middle of a line. Context:
    /// turn, after the console's tick.
    void drain() noexcept {
        for (uint32_t part = 0; part < 2 && size_ > 0 && !is_in_console_line_; ++part) {
            send(size_);
        }
        tell_lost();
    }
    /// Whether more would leave in a turn that nothing else asks for.
    [[nodiscard]] bool wants_turn() const noexcept { return size_ > 0 && !is_in_console_line_; }

    // --- for the console
    [[nodiscard]] size_t read(MutableBytes to) noexcept override { return port_.read(to); }
    [[nodiscard]] size_t write(Bytes bytes) noexcept override {
        finish_line();
        if (bytes.empty() || is_in_program_line_) {
            return 0;
        }
        const size_t taken = port_.write(bytes);
        GRAFOS_ASSERT(taken <= bytes.size());
        if (taken > 0) {
            is_in_console_line_ = bytes[taken - 1] != '\n';
        }
        return taken;
    }

private:
    void tell_lost() noexcept {
        if (lost_ == told_) {
            return;
        }
        std::array<char, line_bytes_max> buffer;
        TextWriter line{buffer};
        line.put("program_lines_lost=").put(lost_ - told_);
        if (append("grafos ", line.text(), ring_bytes - notice_bytes)) {
            told_ = lost_;
        }
    }

    /// Unless the ring would then hold more than `most` bytes.
    [[nodiscard]] bool append(std::string_view prefix, std::string_view text,
                              size_t most) noexcept {
        const std::string_view kept = text.substr(0, line_bytes_max);
        if (size_ + prefix.size() + kept.size() + 2 > most) {
            return false;
        }
        for (const std::string_view part : {prefix, kept, std::string_view{"\r\n"}}) {
            for (const char c : part) {
                ring_[(first_ + size_) % ring_.size()] = static_cast<uint8_t>(c);
                size_ += 1;
            }
        }
        return true;
    }

    /// The rest of a line that is half out, and no more: the console goes first.
    void finish_line() noexcept {
        for (uint32_t part = 0; part < 2 && is_in_program_line_; ++part) {
            size_t rest = 0;
            while (ring_[(first_ + rest) % ring_.size()] != '\n') {
                rest += 1;
            }
            send(rest + 1);
        }
    }

    /// At most `count` bytes, and none beyond the end of the array.
    void send(size_t count) noexcept {
        GRAFOS_ASSERT(count > 0 && count <= size_);
        const size_t piece = count < ring_.size() - first_ ? count : ring_.size() - first_;
        const size_t taken = port_.write(Bytes{ring_}.subspan(first_, piece));
        GRAFOS_ASSERT(taken <= piece);
        if (taken > 0) {
            is_in_program_line_ = ring_[first_ + taken - 1] != '\n';
            first_ = (first_ + taken) % ring_.size();
            size_ -= taken;
        }
    }

    hal::Console& port_;
    std::array<uint8_t, ring_bytes> ring_{};
    size_t first_ = 0;
    size_t size_ = 0;
    uint64_t lost_ = 0;
    uint64_t told_ = 0;
    bool is_in_program_line_ = false;
    bool is_in_console_line_ = false;
};

} // namespace grafos::board
