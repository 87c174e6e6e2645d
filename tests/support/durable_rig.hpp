// SPDX-License-Identifier: Apache-2.0
/// A whole durable log on a RAM disk, with a state that counts what it is fed.
#pragma once

#include <optional>

#include "core/lease/durable/log.hpp"
#include "tests/support/ram_block_device.hpp"

namespace grafos::test {

/// A state whose snapshot is a count and a rolling checksum: after recovery both say which records
/// it was fed, in which order, by checkpoint or by replay.
class CountingState final : public lease::DurableState {
public:
    static constexpr size_t snapshot_bytes_max = 1600;

    void apply(const lease::AuditEvent& event) noexcept;
    [[nodiscard]] uint64_t count() const noexcept { return count_; }
    [[nodiscard]] uint64_t rolling() const noexcept { return rolling_; }
    /// Snapshots are from now on so long; at least 24 bytes.
    void set_snapshot_bytes(size_t size) noexcept { snapshot_bytes_ = size; }

    [[nodiscard]] size_t checkpoint_bytes_max() const noexcept override {
        return snapshot_bytes_max;
    }
    [[nodiscard]] size_t write_checkpoint(MutableBytes to) noexcept override;
    [[nodiscard]] Result<> load_checkpoint(Bytes from) noexcept override;
    [[nodiscard]] Result<> replay(const lease::AuditEvent& event,
                                  Sequence sequence) noexcept override;

    uint64_t snapshots = 0;      ///< taken
    uint64_t loads = 0;          ///< of checkpoints
    bool refuses_load = false;   ///< unsupported_version
    bool refuses_replay = false; ///< corrupt

private:
    uint64_t count_ = 0;
    uint64_t rolling_ = 0;
    size_t snapshot_bytes_ = 64;
};

/// One boot of a log on a device. The disk stays, the rig goes: that is a restart.
class DurableRig {
public:
    static constexpr size_t group_bytes = 2048;
    static constexpr size_t checkpoint_bytes = 4096;

    explicit DurableRig(hal::BlockDevice& device, const lease::LogOptions& options = {},
                        size_t group_bytes_used = group_bytes) noexcept;
    DurableRig(const DurableRig&) = delete;
    DurableRig& operator=(const DurableRig&) = delete;

    /// Starts and ticks until the log has booted, or stands still. The phase it is in then.
    lease::LogPhase boot() noexcept;
    /// Boots; formats first if the disk is blank.
    lease::LogPhase boot_or_format(uint64_t identity_seed = 1) noexcept;
    lease::LogPhase settle() noexcept;
    /// Ticks until everything sealed is anchored and no checkpoint is due or on its way.
    [[nodiscard]] bool drain() noexcept;

    /// Seals, and lets the state have it too. Sequence 2^64 − 1 if refused; see `last_error`.
    Sequence append(const lease::AuditEvent& event, lease::Draw draw) noexcept;

    CountingState state{};
    Error last_error{};
    std::array<uint8_t, group_bytes> group_a{}, group_b{}, window{}, reader_window{};
    std::array<uint8_t, checkpoint_bytes> checkpoint{};
    lease::DurableLog log;
};

/// A node id and secrets made from a seed; no curve is involved.
[[nodiscard]] lease::IdentityCell identity_of(uint64_t seed) noexcept;

/// An event with every field set from a seed, its data pointing into `data`.
struct SampleEvent {
    SampleEvent(lease::EventKind kind, uint64_t seed, Epoch epoch = {}) noexcept;
    std::array<uint8_t, limits::identity_bytes_max> identity{};
    std::array<uint8_t, limits::event_data_bytes_max> data{};
    lease::AuditEvent event{};
};

} // namespace grafos::test
