// SPDX-License-Identifier: Apache-2.0
/// Which counters of one direction were heard: a bitmap over the last 1,024 (the idea of RFC 6479:
/// a ring of words, cleared as the newest counter passes them, so nothing is ever shifted).
#pragma once

#include <array>
#include <cstdint>

#include "core/base/assert.hpp"

namespace grafos::wire {

class ReplayWindow {
public:
    static constexpr uint64_t size = 1024;

    enum class Verdict : uint8_t { fresh, repeated, old };

    /// What a packet with this counter would be; nothing changes. Context: any.
    [[nodiscard]] Verdict look(uint64_t counter) const noexcept;

    /// An authentic packet with this counter, which `look` calls fresh, was heard. Context: turn.
    void note(uint64_t counter) noexcept;

private:
    // One word more than the window, so that the newest word may be partly in the future.
    static constexpr uint64_t word_count = size / 64 + 1;

    std::array<uint64_t, word_count> words_{};
    uint64_t next_ = 0; ///< one past the newest counter heard
};

} // namespace grafos::wire
