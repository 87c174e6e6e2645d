// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/screen.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace grafos::cli {
namespace {

constexpr std::string_view enter_sequence = "\033[?1049h\033[?25l\033[H\033[2J"; // no cursor
constexpr std::string_view leave_sequence = "\033[?25h\033[?1049l";
constexpr std::string_view plain = "\033[0m";

volatile std::sig_atomic_t is_disturbed_ = 0;
volatile std::sig_atomic_t is_ended = 0;
volatile std::sig_atomic_t is_suspended = 0;

void on_signal(int number) {
    is_ended = number == SIGINT || number == SIGTERM || number == SIGHUP ? 1 : is_ended;
    is_suspended = number == SIGTSTP ? 1 : is_suspended;
    is_disturbed_ = 1;
}

void listen_to(int number) {
    struct sigaction action{};
    action.sa_handler = on_signal; // without SA_RESTART: it ends a rest
    (void)sigaction(number, &action, nullptr);
}

void put(std::string_view text) {
    while (!text.empty()) { // each turn takes at least one byte
        const ssize_t size = write(STDOUT_FILENO, text.data(), text.size());
        if (size <= 0) {
            return; // nobody looks any more; SIGHUP or the next signal says so
        }
        text.remove_prefix(static_cast<size_t>(size));
    }
}

struct Window {
    size_t columns = 80;
    size_t rows = 24;
};

Window window_now() {
    winsize size{};
    Window window;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        window = {size.ws_col, size.ws_row};
    }
    return window;
}

/// A full line would leave the cursor on its last character, which the next erasing would take.
std::string shown(const ScreenLine& line, size_t columns) {
    std::string text = line.text.substr(0, columns - 1);
    if (line.colour != nullptr && line.from < text.size()) {
        const size_t end = std::min(line.from + line.size, text.size());
        text.insert(end, plain);
        text.insert(line.from, line.colour);
    }
    return text;
}

} // namespace

Screen::Screen() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH}) {
        listen_to(number);
    }
    enter();
}

Screen::~Screen() {
    leave();
}

bool Screen::is_there() {
    const char* const kind = std::getenv("TERM");
    const std::string_view name = kind != nullptr ? kind : "";
    return isatty(STDOUT_FILENO) == 1 && !name.empty() && name != "dumb";
}

void Screen::enter() {
    has_keys_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (has_keys_) {
        termios silent = before_; // what is typed would be drawn into the view
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &silent);
    }
    put(enter_sequence);
}

void Screen::leave() {
    put(leave_sequence);
    if (has_keys_) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); // and what was typed is forgotten
    }
}

void Screen::draw(const std::vector<ScreenLine>& lines) {
    const Window window = window_now();
    const bool has_room = lines.size() <= window.rows;
    const size_t count = has_room ? lines.size() : window.rows - 1;
    std::string frame = "\033[H";
    for (size_t i = 0; i < count; ++i) {
        frame += (i > 0 ? "\r\n" : "") + shown(lines[i], window.columns) + "\033[K";
    }
    if (!has_room) {
        const ScreenLine rest{"... " + std::to_string(lines.size() - count) + " more lines"};
        frame += (count > 0 ? "\r\n" : "") + shown(rest, window.columns) + "\033[K";
    }
    put(frame + "\033[J");
}

const volatile std::sig_atomic_t& Screen::is_disturbed() const {
    return is_disturbed_;
}

bool Screen::handle() {
    is_disturbed_ = 0;
    if (is_suspended != 0 && is_ended == 0) {
        is_suspended = 0;
        leave();
        (void)std::signal(SIGTSTP, SIG_DFL);
        (void)std::raise(SIGTSTP); // goes on here after SIGCONT
        listen_to(SIGTSTP);
        enter();
    }
    return is_ended == 0;
}

} // namespace grafos::cli
