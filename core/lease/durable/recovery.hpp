// SPDX-License-Identifier: Apache-2.0
/// How a node finds out what it once said. One step after another, none of which blocks; nothing is
/// written.
///
/// Reset the device, so that nothing of an earlier boot is in flight. Flush it, so that whatever is
/// read from here on is durable. Read who the disk belongs to. Read both checkpoints, take the
/// newer valid one, load its snapshot. Walk every linking group from the log's start; replay the
/// records that the snapshot does not cover. Where the walk ends, look at the rest of the ring: a
/// group from the future there means that one in between was lost, and that is never passed over in
/// silence.
#pragma once

#include "core/lease/durable/checkpoint.hpp"
#include "core/lease/durable/degraded.hpp"
#include "core/lease/durable/epitaph.hpp"
#include "core/lease/durable/walker.hpp"

namespace grafos::lease {

/// What an operator vouches for when a node's durable state was lost.
struct Adoption {
    Epoch epoch_floor{};    ///< above every epoch that was ever used
    Anchor anchor{};        ///< the collector's last; default: unknown
    BootNumber last_boot{}; ///< of the collector's last record; default: unknown
};

/// One copy of the checkpoint as found.
struct CheckpointCopy {
    bool is_valid = false;
    Checkpoint checkpoint{};
    Error error{ErrorCode::not_found, Field::checkpoint}; ///< unless valid
};

enum class Verdict : uint8_t {
    pending,
    blank,      ///< nothing of anybody's, or a format that was cut: `format` may begin
    unfinished, ///< an identity stands, but its format was cut behind it: finish it, then boot
                ///< again
    ready,
    degraded,
};

class Recovery {
public:
    struct Parts {
        hal::BlockDevice& device;
        DurableState& state;
        MutableBytes window;
        MutableBytes checkpoint;
    };
    explicit Recovery(const Parts& parts) noexcept;
    Recovery(const Recovery&) = delete;
    Recovery& operator=(const Recovery&) = delete;

    /// Begins, also anew after a format or adoption. `options` say what this build's buffers hold.
    void start(const LayoutOptions& options) noexcept;
    /// One step. `is_waiting`: the device has not answered yet.
    Verdict tick() noexcept;
    [[nodiscard]] bool is_waiting() const noexcept { return is_waiting_; }
    void on_device_reset() noexcept;

    [[nodiscard]] Verdict verdict() const noexcept { return verdict_; }
    [[nodiscard]] DegradedReason reason() const noexcept { return reason_; }
    [[nodiscard]] const Error& error() const noexcept { return error_; }

    [[nodiscard]] bool has_identity() const noexcept { return has_identity_; }
    [[nodiscard]] const IdentityCell& identity() const noexcept { return identity_; }
    /// Whether an identity copy is ours and whole.
    [[nodiscard]] bool is_identity_valid(uint32_t copy) const noexcept {
        return is_identity_valid_[copy];
    }
    [[nodiscard]] Result<hal::Epitaph> epitaph() const noexcept;
    [[nodiscard]] const std::array<CheckpointCopy, 2>& copies() const noexcept { return copies_; }
    /// The newest valid checkpoint.
    [[nodiscard]] const Checkpoint& checkpoint() const noexcept { return checkpoint_; }

    /// Where the next group goes. With no_durable_state: behind the youngest group whose header can
    /// still be read, so that no sequence is ever used twice.
    [[nodiscard]] const GroupPlace& end() const noexcept { return end_; }
    [[nodiscard]] BootNumber last_boot() const noexcept { return last_boot_; }
    [[nodiscard]] Epoch epoch_mark() const noexcept { return epoch_mark_; }
    /// Of the ring, from the start to the end.
    [[nodiscard]] uint64_t kept_sectors() const noexcept { return kept_sectors_; }
    [[nodiscard]] uint64_t group_count() const noexcept { return group_count_; }
    [[nodiscard]] uint64_t record_count() const noexcept { return record_count_; }

private:
    enum class Stage : uint8_t {
        reset,
        flush,
        identity_a,
        identity_b,
        marker,
        blank,
        epitaph,
        checkpoint_a,
        checkpoint_b,
        reload,
        walk,
        rest,
        salvage,
        ended,
    };

    void read(Stage stage, uint64_t sector, MutableBytes to) noexcept;
    void enter_degraded(DegradedReason reason, const Error& error) noexcept;
    void on_read() noexcept;
    void on_identity(uint32_t copy) noexcept;
    void on_marker() noexcept;
    void decide_owner() noexcept;
    void enter_blank() noexcept;
    void on_blank() noexcept;
    void on_epitaph() noexcept;
    void on_checkpoint(uint32_t copy) noexcept;
    void choose_checkpoint() noexcept;
    void load_checkpoint() noexcept;
    void tick_walk() noexcept;
    void take_group() noexcept;
    [[nodiscard]] Result<> take_records() noexcept;
    [[nodiscard]] Result<> check_anchor(const Anchor& anchor) const noexcept;
    void end_walk() noexcept;
    void enter_scan(Stage stage, uint64_t offset, uint64_t sectors) noexcept;
    void read_scan() noexcept;
    void on_scan() noexcept;
    void on_scanned(const GroupHeader& header, uint64_t offset) noexcept;

    Parts parts_;
    Transfer transfer_;
    GroupWalker walker_;
    LayoutOptions options_{};
    Stage stage_ = Stage::ended;
    Verdict verdict_ = Verdict::pending;
    DegradedReason reason_ = DegradedReason::none;
    Error error_{ErrorCode::not_ready, Field::log};
    bool is_waiting_ = false;

    bool has_identity_ = false;
    std::array<bool, 2> is_identity_valid_{};
    std::array<Error, 2> identity_error_{Error{ErrorCode::not_found}, Error{ErrorCode::not_found}};
    IdentityCell identity_{};
    bool is_marker_clear_ = false; ///< all zero
    bool is_marker_valid_ = false;
    hal::Epitaph epitaph_{};
    Error epitaph_error_{ErrorCode::not_found};
    std::array<CheckpointCopy, 2> copies_{};
    Checkpoint checkpoint_{};

    GroupPlace end_{};
    BootNumber last_boot_{};
    Epoch epoch_mark_{};
    BootNumber walk_boot_{}; ///< of the last group walked
    uint64_t kept_sectors_ = 0;
    uint64_t group_count_ = 0;
    uint64_t record_count_ = 0;

    uint64_t scan_offset_ = 0; ///< in sectors: of the ring, or of the disk while looking for blank
    uint64_t scan_left_ = 0;
    uint64_t scan_window_ = 0; ///< sectors being read
};

} // namespace grafos::lease
