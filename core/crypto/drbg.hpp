// SPDX-License-Identifier: Apache-2.0
/// Random bytes for lease ids, keys and session numbers, from one seed taken at boot.
///
/// Asking the machine for entropy costs up to a millisecond and may have to wait; a grant needs
/// twelve bytes now. So the machine is asked once, and everything after is drawn from a pool that
/// SHA-256 fills ahead (fast key erasure): each refill first replaces its own key, and bytes handed
/// out are zeroed in the pool, so whoever reads the memory later learns nothing of what was handed
/// out before.
///
/// Block i of a refill is SHA-256("grafos-drbg-v1\n" · key 32 · i u64), exactly one compression;
/// block 0 is the next key, blocks 1 … 8 are the pool. The same seed gives the same bytes on every
/// machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "hal/entropy.hpp"

namespace grafos::crypto {

class Drbg {
public:
    /// Not seeded: `fill` asserts.
    constexpr Drbg() noexcept = default;
    Drbg(const Drbg&) = delete;
    Drbg& operator=(const Drbg&) = delete;
    ~Drbg();

    /// Seeds from the machine. Failures: those of `Entropy::fill` (busy: ask again in a later turn;
    /// io); then nothing changed. Context: turn.
    [[nodiscard]] Result<> start(hal::Entropy& entropy) noexcept;

    /// Seeds from given bytes, not empty: for runs that must repeat. As strong as `seed` is.
    void seed(Bytes seed) noexcept;
    [[nodiscard]] bool is_seeded() const noexcept { return is_seeded_; }

    /// Fills all of `to`; at most one refill for each 256 bytes begun. Context: turn.
    void fill(MutableBytes to) noexcept;

    static constexpr size_t seed_bytes = 64; ///< what `start` asks the machine for
    static constexpr size_t pool_bytes = 256;

private:
    void refill() noexcept;

    std::array<uint8_t, 32> key_{};
    std::array<uint8_t, pool_bytes> pool_{};
    size_t left_ = 0; ///< unused bytes, at the end of pool_
    bool is_seeded_ = false;
};

} // namespace grafos::crypto
