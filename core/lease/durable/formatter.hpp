// SPDX-License-Identifier: Apache-2.0
/// Makes a disk the node's, so that a cut anywhere leaves a disk which the next boot understands.
///
/// Format: the marker says that everything here may be written over; then both checkpoints; then
/// the identity, copy by copy; then the marker goes. Each step is flushed before the next. Until
/// the first identity stands, the next boot starts again; from then on, it only finishes. Adopt:
/// both checkpoints, older copy first.
#pragma once

#include "core/lease/durable/recovery.hpp"

namespace grafos::lease {

class Formatter {
public:
    /// `buffer` holds a checkpoint cell; free while a format runs.
    Formatter(hal::BlockDevice& device, MutableBytes buffer) noexcept
        : transfer_{device}, buffer_{buffer} {}
    Formatter(const Formatter&) = delete;
    Formatter& operator=(const Formatter&) = delete;

    void start_format(const IdentityCell& identity) noexcept;
    /// Writes the identity copy that is missing, and clears the marker.
    void start_finish(const Recovery& found) noexcept;
    /// Failures: invalid_argument (epoch: the floor is below a mark still readable in the log;
    /// sequence, with a zero hash or the reverse).
    [[nodiscard]] Result<> start_adopt(const Recovery& found, const Adoption& adoption) noexcept;

    /// One device step. Failures: io. Context: turn.
    [[nodiscard]] Result<Progress> tick() noexcept;
    void on_device_reset() noexcept { transfer_.on_device_reset(); }

private:
    enum class Step : uint8_t {
        marker,
        checkpoint_a,
        checkpoint_b,
        identity_a,
        identity_b,
        unmark,
        done,
    };

    void enter_step(Step step) noexcept;
    [[nodiscard]] Step step_after(Step step) const noexcept;
    void write_checkpoint(uint32_t copy) noexcept;
    void write_identity(uint64_t address) noexcept;

    Transfer transfer_;
    MutableBytes buffer_;
    IdentityCell identity_{};
    Checkpoint checkpoint_{};
    Step step_ = Step::done;
    Step last_ = Step::done; ///< the step that ends this job
    bool is_flushing_ = false;
    std::array<bool, 2> has_copy_{}; ///< identity copies that stand already
};

} // namespace grafos::lease
