// SPDX-License-Identifier: Apache-2.0
/// A view that fills the terminal and gives it back as it was.
///
/// It is drawn on the alternate screen, each frame over the one before, line by line, so that
/// nothing flickers; lines are cut to the window, which may change at any time. Ctrl-C, SIGTERM and
/// Ctrl-Z give the terminal back first.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include <termios.h>

namespace grafos::cli {

/// Printable ASCII, with a part in colour: cutting must not cut a colour's escape sequence.
struct ScreenLine {
    std::string text;
    const char* colour = nullptr; ///< an escape sequence for text[from, from + size)
    size_t from = 0;
    size_t size = 0;
};

class Screen {
public:
    /// Takes the terminal that standard output is.
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    /// Whether standard output is a terminal that can do this.
    [[nodiscard]] static bool is_there();

    /// As many lines as the window is high; the last one says how many are left out.
    void draw(const std::vector<ScreenLine>& lines);

    /// Set while something waits for `handle`: for whoever rests meanwhile.
    [[nodiscard]] const volatile std::sig_atomic_t& is_disturbed() const;
    /// Acts on what disturbed. False: the view is to end.
    [[nodiscard]] bool handle();

private:
    void enter();
    void leave();

    termios before_{};
    bool has_keys_ = false; ///< standard input is a terminal, whose echo is off
};

} // namespace grafos::cli
