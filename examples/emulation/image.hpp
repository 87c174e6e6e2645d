// SPDX-License-Identifier: Apache-2.0
/// What the executables of emulated systems inside a machine share: the trace goes to its console,
/// byte for byte the same on every board.
#pragma once

#include "boards/parts/machine/machine.hpp"
#include "examples/emulation/judge.hpp"

namespace grafos::emulation {

/// Each line as it comes, ended by LF alone.
class ConsolePrinter final : public Observer {
public:
    /// The console outlives it.
    explicit ConsolePrinter(hal::Console& console) noexcept : console_{console} {}
    void on_line(Instant, const ActorView&, const Rule&, std::string_view text) noexcept override {
        say(text);
    }
    void say(std::string_view text) noexcept {
        board::print(console_, text);
        board::print(console_, "\n");
    }
    void say(const Error& error) noexcept {
        std::array<char, line_bytes_max> buffer;
        TextWriter text{buffer};
        put_error(text, error);
        say(text.text());
    }
    /// `broken: <property>: <text>`, if one fell.
    void say_break(const Judge& judge) noexcept {
        if (!judge.is_kept()) {
            board::print(console_, "broken: ");
            board::print(console_, judge.first().property);
            board::print(console_, ": ");
            say(judge.first().text);
        }
    }

private:
    hal::Console& console_;
};

} // namespace grafos::emulation
