// SPDX-License-Identifier: Apache-2.0
/// Standard input and output as console: a terminal, pipes or files.
///
/// The descriptors are shared with whoever started the process, so their flags are left alone; each
/// access asks first whether it would block. The end of the input means that nobody will type any
/// more, not that the machine ends; an output that is gone swallows what it is given.
#pragma once

#include "boards/linux/event_loop.hpp"
#include "hal/console.hpp"

namespace grafos::board {

class Terminal final : public hal::Console {
public:
    constexpr Terminal(int input, int output, EventLoop& loop) noexcept
        : input_{input}, output_{output}, loop_{loop} {}
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// Input wakes the loop from here on. Context: boot, once.
    void start() noexcept;

    [[nodiscard]] size_t read(MutableBytes to) noexcept override;
    [[nodiscard]] size_t write(Bytes bytes) noexcept override;

private:
    int input_;
    int output_;
    EventLoop& loop_;
    bool is_input_ended_ = false;
    bool is_output_gone_ = false;
};

} // namespace grafos::board
