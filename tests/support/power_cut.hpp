// SPDX-License-Identifier: Apache-2.0
/// The disks that a power cut may leave, at any moment of a logged run.
///
///     PowerCuts cuts{log, base};                  // base: the disk before the run
///     for (moment = 0; moment <= log.moment; ++moment) {
///         cuts.move_to(moment);
///         for (i = 0; i < cuts.variant_count(); ++i) { cuts.build(i, seed, disk); …boot it… }
///     }
///
/// Variants of a moment: nothing of what is possible; all of it; each sector of it alone; each
/// missing; each turned to garbage; each write torn at each border; and, while there are few
/// sectors, every subset of them. Beyond that, subsets drawn from a seed.
#pragma once

#include "tests/support/ram_block_device.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

class PowerCuts {
public:
    static constexpr size_t units_max = 64; ///< sectors in doubt at once; more is a test's mistake
    static constexpr size_t subset_units = 4; ///< up to so many, every subset is tried
    static constexpr size_t samples = 6;      ///< seeded subsets beyond that

    /// `durable` is scratch of the disk's size; it starts as a copy of `base`.
    PowerCuts(const BlockLog& log, Bytes base, MutableBytes durable) noexcept
        : log_{log}, durable_{durable} {
        copy_bytes(durable_, base);
    }
    PowerCuts(const PowerCuts&) = delete;
    PowerCuts& operator=(const PowerCuts&) = delete;

    /// Forward only.
    void move_to(uint64_t moment) noexcept;
    [[nodiscard]] size_t variant_count() const noexcept;
    /// Builds the disk of one variant. Context: after `move_to`.
    void build(size_t variant, uint64_t seed, MutableBytes disk) const noexcept;
    /// Sectors in doubt at this moment.
    [[nodiscard]] size_t unit_count() const noexcept { return unit_count_; }

private:
    struct Unit {
        uint64_t sector = 0;
        size_t data_offset = 0;
    };

    [[nodiscard]] bool is_durable(const BlockRecord& write, uint64_t moment) const noexcept;
    [[nodiscard]] uint64_t mask_of(size_t variant, uint64_t seed) const noexcept;

    const BlockLog& log_;
    MutableBytes durable_;
    uint64_t moment_ = 0;
    size_t settled_ = 0; ///< every record before this one is durable, or a flush
    std::array<bool, 4096> is_applied_{};
    std::array<Unit, units_max> units_{};
    size_t unit_count_ = 0;
};

} // namespace grafos::test
