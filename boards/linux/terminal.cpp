// SPDX-License-Identifier: Apache-2.0
#include "boards/linux/terminal.hpp"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace grafos::board {

namespace {

/// A pipe that says it has room takes this much at once (PIPE_BUF).
constexpr size_t write_bytes_max = 4096;

bool is_ready(int descriptor, short events) noexcept {
    pollfd entry{descriptor, events, 0};
    // Errors and hang-ups count as ready: the access itself then tells.
    return ::poll(&entry, 1, 0) > 0;
}

} // namespace

void Terminal::start() noexcept {
    (void)loop_.watch_input(input_);
}

size_t Terminal::read(MutableBytes to) noexcept {
    if (is_input_ended_ || to.empty() || !is_ready(input_, POLLIN)) {
        return 0;
    }
    const ssize_t count = ::read(input_, to.data(), to.size());
    if (count > 0) {
        return static_cast<size_t>(count);
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        is_input_ended_ = true;
        loop_.forget(input_);
    }
    return 0;
}

size_t Terminal::write(Bytes bytes) noexcept {
    size_t taken = 0;
    while (taken < bytes.size()) {
        if (is_output_gone_) {
            return bytes.size();
        }
        if (!is_ready(output_, POLLOUT)) {
            (void)loop_.watch_output_once(output_);
            return taken;
        }
        const size_t size = std::min(bytes.size() - taken, write_bytes_max);
        const ssize_t count = ::write(output_, bytes.data() + taken, size);
        if (count >= 0) {
            taken += static_cast<size_t>(count);
        } else if (errno == EAGAIN) {
            (void)loop_.watch_output_once(output_);
            return taken;
        } else if (errno != EINTR) {
            is_output_gone_ = true;
        }
    }
    return taken;
}

} // namespace grafos::board
