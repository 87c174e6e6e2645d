// SPDX-License-Identifier: Apache-2.0
/// A durable log at work, and its power cut at every moment.
///
/// One seed makes one life of a disk: format, records of every kind, groups of every size,
/// checkpoints, exports and trims round the ring, device resets, restarts. At every moment of it,
/// each disk that a cut may leave is booted and compared with what had been acknowledged by then.
/// The judge keeps its own chain, made from the events and not from the log.
#pragma once

#include "tests/support/durable_rig.hpp"
#include "tests/support/power_cut.hpp"

namespace grafos::test {

struct CutPlan {
    uint64_t seed = 1;
    uint32_t boots = 4;
    uint32_t steps_per_boot = 30;
    uint32_t variant_stride = 1; ///< every so many variants of a moment are tried
    uint32_t double_stride = 0; ///< after every so many cuts, a second one in the boot that follows
    uint32_t swallow_boot = 0;  ///< in this boot (from 1) one flush is swallowed: the nth
    uint32_t swallow_nth = 0;
};

enum class CutFault : uint8_t {
    none,
    not_ready,       ///< value = phase, expected = degraded reason
    lost,            ///< value = records found, expected = acknowledged
    invented,        ///< value = records found, expected = sealed
    wrong_hash,      ///< value = records found
    wrong_state,     ///< the state was fed something else
    wrong_bytes,     ///< value = sequence: not the bytes that were sealed
    trimmed_too_far, ///< value = first record kept, expected = first not given up
    boot_reused,     ///< value = boot, expected = last acknowledged one
    epoch_reused,    ///< value = first epoch, expected = highest used
    stuck,           ///< the boot after the cut could not go on
    log_full,        ///< the test's own arrays are too small
};

struct CutFigures {
    uint64_t moments = 0;
    uint64_t cuts = 0;
    uint64_t double_cuts = 0;
    uint64_t records = 0;
    uint64_t groups = 0;
    uint64_t checkpoints = 0;
    uint64_t trims = 0;
    uint64_t sectors = 0; ///< of the ring, written
    uint64_t ring_sectors = 0;
    uint64_t faults = 0;
    // the first one
    CutFault fault = CutFault::none;
    uint64_t boot = 0, moment = 0, variant = 0, value = 0, expected = 0;
};

/// Holds every byte it needs: about 1.5 MiB. One run at a time.
class CutRun {
public:
    static constexpr size_t disk_bytes = 176 * hal::sector_bytes;
    static constexpr size_t records_max = 1024;

    CutRun() noexcept = default;
    CutRun(const CutRun&) = delete;
    CutRun& operator=(const CutRun&) = delete;

    const CutFigures& run(const CutPlan& plan) noexcept;

private:
    /// What had been promised when.
    struct Note {
        uint64_t moment = 0;
        uint64_t acknowledged = 0; ///< records
        uint64_t boot = 0;         ///< of the last of them
        uint64_t epoch_used = 0;
        uint64_t given_up = 0; ///< records that a collector said may go
    };
    static constexpr size_t notes_max = 4096;

    void live_one_boot(uint32_t boot) noexcept;
    void step() noexcept;
    void append_some() noexcept;
    void append(lease::EventKind kind, lease::Draw draw) noexcept;
    void collect() noexcept;
    void tick() noexcept;
    void note() noexcept;
    void cut_everywhere() noexcept;
    void check_cut(const Note& note, size_t variant) noexcept;
    void check_boot(DurableRig& rig, const Note& note) noexcept;
    void check_bytes(DurableRig& rig) noexcept;
    void cut_again(uint64_t seed) noexcept;
    void report(CutFault fault, uint64_t value, uint64_t expected) noexcept;

    CutPlan plan_{};
    CutFigures figures_{};
    uint64_t variant_ = 0;

    std::array<uint8_t, disk_bytes> disk_{}, durable_{}, scratch_{}, durable_two_{}, scratch_two_{};
    std::array<BlockRecord, 4096> log_records_{};
    std::array<uint8_t, 2'000'000> log_data_{};
    BlockLog log_{log_records_, log_data_};
    std::array<BlockRecord, 64> log_two_records_{};
    std::array<uint8_t, 40'000> log_two_data_{};
    BlockLog log_two_{log_two_records_, log_two_data_};
    std::optional<RamBlockDevice> device_{};
    std::optional<PowerCuts> cuts_{};
    std::optional<DurableRig> rig_{};
    SeededChoice choice_{0};

    // The judge's own chain: hash behind n records, and the state's checksum behind them.
    std::array<Digest, records_max + 1> hashes_{};
    std::array<uint64_t, records_max + 1> rollings_{};
    uint64_t sealed_ = 0;
    uint64_t found_ = 0; ///< by the boot that lives
    std::optional<lease::NullSigner> signer_{};
    std::optional<lease::ChainAssembler> chain_{};
    CountingState state_{};

    std::array<Note, notes_max> notes_{};
    size_t note_count_ = 0;
    Note now_{};
    uint64_t live_ = 0, ended_ = 0, fenced_ = 0;
    Epoch next_epoch_{};
    uint64_t event_seed_ = 0;
    uint64_t cut_ordinal_ = 0;
};

} // namespace grafos::test
