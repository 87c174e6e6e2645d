// SPDX-License-Identifier: Apache-2.0
/// Required. A byte stream to a person or a test: serial line or terminal.
#pragma once

#include "core/base/bytes.hpp"

namespace grafos::hal {

class Console {
public:
    /// Bytes that have arrived, at most `to.size()`; 0 when there are none. Received by interrupt
    /// into a bounded ring; what did not fit is lost and counted by the board. Context: turn. Never
    /// blocks.
    [[nodiscard]] virtual size_t read(MutableBytes to) noexcept = 0;

    /// Takes as many of `bytes` as there is room for and says how many; the rest is the caller's to
    /// offer again. Context: turn. Never blocks.
    [[nodiscard]] virtual size_t write(Bytes bytes) noexcept = 0;

protected:
    ~Console() = default;
};

} // namespace grafos::hal
