// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/replay_window.hpp"

namespace grafos::wire {

ReplayWindow::Verdict ReplayWindow::look(uint64_t counter) const noexcept {
    if (counter >= next_) {
        return Verdict::fresh;
    }
    if (next_ - counter > size) {
        return Verdict::old;
    }
    const uint64_t word = words_[(counter / 64) % word_count];
    return ((word >> (counter % 64)) & 1u) != 0 ? Verdict::repeated : Verdict::fresh;
}

void ReplayWindow::note(uint64_t counter) noexcept {
    GRAFOS_ASSERT(look(counter) == Verdict::fresh && counter != UINT64_MAX);
    if (counter >= next_) {
        // Words between the last one in use and the new one hold counters of a lap ago.
        const uint64_t first = next_ == 0 ? 0 : (next_ - 1) / 64 + 1;
        const uint64_t last = counter / 64;
        if (last >= first) {
            const uint64_t passed = last - first + 1;
            for (uint64_t i = 0; i < (passed < word_count ? passed : word_count); ++i) {
                words_[(last - i) % word_count] = 0;
            }
        }
        next_ = counter + 1;
    }
    words_[(counter / 64) % word_count] |= uint64_t{1} << (counter % 64);
}

} // namespace grafos::wire
