// SPDX-License-Identifier: Apache-2.0
/// Reads one group after another through a window of the ring.
///
/// A group is read many sectors at a time, since most are short. What the window holds may be older
/// than the disk when a log is read while it grows; so a place that does not hold its group is read
/// once more before it is called anything.
#pragma once

#include "core/lease/durable/group.hpp"
#include "core/lease/durable/transfer.hpp"

namespace grafos::lease {

enum class Look : uint8_t {
    waiting, ///< the disk is still reading
    group,   ///< `header` and `bytes` are the next group, whole and linked
    nothing, ///< no such group: never written, torn, or from an earlier lap; `error` says what
    contradiction, ///< checksums pass, and yet it cannot be: `error` says what
};

class GroupWalker {
public:
    /// `window` holds at least the longest group.
    GroupWalker(hal::BlockDevice& device, MutableBytes window) noexcept
        : transfer_{device}, window_{window} {}

    /// From here on, the group at `place` is the next one. Nothing is in flight; a read that was
    /// wanted and has not left is given up.
    void start(const DiskLayout& layout, const NodeId& node_id, const GroupPlace& place) noexcept;

    /// Looks at the next group; the same answer until `advance`. One device step a call. Failures:
    /// io.
    [[nodiscard]] Result<Look> tick() noexcept;

    /// After `Look::group`: on to the one behind it.
    void advance() noexcept;
    /// Looks again at the disk, when a place that held nothing may hold a group now.
    void look_again() noexcept;

    [[nodiscard]] const GroupPlace& place() const noexcept { return place_; }
    [[nodiscard]] const GroupHeader& header() const noexcept { return header_; }
    [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    [[nodiscard]] bool is_in_flight() const noexcept { return transfer_.is_in_flight(); }
    void on_device_reset() noexcept { transfer_.on_device_reset(); }

private:
    [[nodiscard]] uint64_t address() const noexcept { return layout_.log_first() + place_.offset; }
    /// What the window holds from the place on; may be empty.
    [[nodiscard]] Bytes held() const noexcept;
    void refill() noexcept;
    [[nodiscard]] Look examine() noexcept;
    [[nodiscard]] Look settle(Look look, const Error& error) noexcept;

    Transfer transfer_;
    MutableBytes window_;
    DiskLayout layout_{};
    NodeId node_id_{};
    GroupPlace place_{};
    uint64_t window_first_ = 0;   ///< sector
    uint64_t window_sectors_ = 0; ///< valid ones
    bool is_fresh_ = false;       ///< the window was read for this very place
    bool is_looked_at_ = false;
    Look look_ = Look::waiting;
    GroupHeader header_{};
    Bytes bytes_{};
    Error error_{};
};

} // namespace grafos::lease
