// SPDX-License-Identifier: Apache-2.0
/// Writes checkpoints: a snapshot taken where a group was closed, written when that group is
/// anchored, over the copy that is not the newest, and flushed. The two copies take turns.
///
/// Space that a trim freed is used again only when *both* copies start behind it: so the loss of
/// either copy never leaves a checkpoint whose log is overwritten.
#pragma once

#include "core/lease/durable/checkpoint.hpp"
#include "core/lease/durable/recovery.hpp"

namespace grafos::lease {

class Checkpointer {
public:
    Checkpointer(hal::BlockDevice& device, DurableState& state, MutableBytes buffer) noexcept
        : transfer_{device}, state_{state}, buffer_{buffer} {}
    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;

    /// From what recovery found; `buffer` is free from here on. A checkpoint is due after
    /// `interval` groups.
    void start(const Recovery& found, uint32_t interval) noexcept;

    void request() noexcept { is_requested_ = true; }
    void count_group() noexcept { groups_ += 1; }
    /// From the next checkpoint on the log starts here.
    void set_start(const GroupPlace& start) noexcept;
    [[nodiscard]] bool is_due() const noexcept;
    [[nodiscard]] bool is_idle() const noexcept { return step_ == Step::none; }

    /// Snapshots the state, which covers exactly the records below `head.next`. Idle before.
    void take(const Anchor& head, BootNumber boot, Epoch epoch_mark) noexcept;
    /// One device step, once everything the snapshot covers is anchored. done: idle. Failures: io.
    [[nodiscard]] Result<Progress> tick(Sequence anchored_end) noexcept;
    void on_device_reset() noexcept;
    [[nodiscard]] bool wants_turn() const noexcept { return transfer_.wants_turn(); }

    /// The oldest group that can be read, and the oldest whose space is not free.
    [[nodiscard]] const GroupPlace& start() const noexcept { return start_; }
    [[nodiscard]] const GroupPlace& kept_start() const noexcept;
    [[nodiscard]] bool is_start_durable() const noexcept {
        return kept_start().number == start_.number;
    }
    /// The newest durable checkpoint covers the records below this.
    [[nodiscard]] Sequence covered_end() const noexcept;
    [[nodiscard]] uint64_t count() const noexcept { return count_; }

private:
    enum class Step : uint8_t { none, waiting, writing, flushing };

    [[nodiscard]] uint32_t newest() const noexcept;
    void submit() noexcept;

    Transfer transfer_;
    DurableState& state_;
    MutableBytes buffer_;
    IdentityCell identity_{};
    std::array<CheckpointCopy, 2> copies_{};
    GroupPlace start_{};
    uint32_t interval_ = 0;
    uint32_t groups_ = 0; ///< closed since the last snapshot
    bool is_requested_ = false;
    Step step_ = Step::none;
    Checkpoint written_{};
    uint32_t written_copy_ = 0;
    uint32_t written_sectors_ = 0;
    uint64_t count_ = 0;
};

} // namespace grafos::lease
