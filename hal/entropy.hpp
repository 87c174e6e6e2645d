// SPDX-License-Identifier: Apache-2.0
/// Required. True randomness; seeds the core's generator at boot.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::hal {

class Entropy {
public:
    /// Fills all of `to` (at most 64 bytes) or nothing. Failures: busy (not yet: ask again in a
    /// later turn), io (the device refused). Context: turn. Never blocks.
    [[nodiscard]] virtual Result<> fill(MutableBytes to) noexcept = 0;

protected:
    ~Entropy() = default;
};

} // namespace grafos::hal
