// SPDX-License-Identifier: Apache-2.0
/// The kernel's generator as entropy.
#pragma once

#include <cerrno>

#include <sys/random.h>

#include "hal/entropy.hpp"

namespace grafos::board {

class SystemEntropy final : public hal::Entropy {
public:
    constexpr SystemEntropy() noexcept = default;
    SystemEntropy(const SystemEntropy&) = delete;
    SystemEntropy& operator=(const SystemEntropy&) = delete;

    [[nodiscard]] Result<> fill(MutableBytes to) noexcept override {
        constexpr size_t request_bytes_max = 64; // never cut short up to 256 (getrandom(2))
        if (to.size() > request_bytes_max) {
            return Error{ErrorCode::invalid_argument, Field::length, to.size(), request_bytes_max};
        }
        const ssize_t count = getrandom(to.data(), to.size(), GRND_NONBLOCK);
        if (count == static_cast<ssize_t>(to.size())) {
            return ok();
        }
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return Error{ErrorCode::io, Field::entropy, static_cast<uint64_t>(errno), 0};
        }
        return Error{ErrorCode::busy, Field::entropy};
    }
};

} // namespace grafos::board
