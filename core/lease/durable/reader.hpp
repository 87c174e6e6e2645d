// SPDX-License-Identifier: Apache-2.0
/// Reads records back for export, one at a time, as they lie in the log.
///
///     LogReader reader{log, device, window};
///     reader.seek(from);                     // not_found: trimmed, or not yet there
///     for each turn: while (auto record = reader.next()) …   // busy: ask in a later turn
///
/// Only anchored records come out. A reader keeps its place over turns and over a growing log; when
/// the log is trimmed past it, it says not_found and has to seek anew.
#pragma once

#include <optional>

#include "core/lease/durable/walker.hpp"

namespace grafos::lease {

class DurableLog;

class LogReader {
public:
    /// `window` holds at least the longest group. Both are the reader's as long as it lives.
    LogReader(const DurableLog& log, hal::BlockDevice& device, MutableBytes window) noexcept
        : log_{log}, walker_{device, window} {}
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;

    /// The next record will be `from`, which may be the one to come. What was under way is given
    /// up. Failures: busy (log: the disk still has to finish it; ask in a later turn), not_found
    /// (sequence: value = asked for, expected = the first or last there is), not_ready (log).
    /// Context: turn.
    [[nodiscard]] Result<> seek(Sequence from) noexcept;

    /// The next record; its bytes hold until the next call. Failures: busy (reading; or nothing
    /// more is anchored: see `is_at_end`), not_found (sequence: trimmed meanwhile), corrupt, io:
    /// the disk no longer holds what it held. Context: turn.
    [[nodiscard]] Result<GroupRecord> next() noexcept;

    /// Every anchored record has been read.
    [[nodiscard]] bool is_at_end() const noexcept;
    [[nodiscard]] Sequence position() const noexcept { return position_; }
    /// Behind a record that `next` gave: where a log would start that no longer holds it, which is
    /// the record's own group unless it was the last one in there.
    [[nodiscard]] GroupPlace place_behind() const noexcept;
    [[nodiscard]] bool is_in_flight() const noexcept { return walker_.is_in_flight(); }
    void on_device_reset() noexcept { walker_.on_device_reset(); }

private:
    [[nodiscard]] Result<> open_group() noexcept;
    void restart() noexcept;

    const DurableLog& log_;
    GroupWalker walker_;
    Sequence position_{};
    std::optional<GroupRecords> records_{}; ///< what is left of the walker's group
    bool is_group_read_ = false;            ///< the walker's group is behind us
};

} // namespace grafos::lease
