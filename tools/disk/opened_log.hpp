// SPDX-License-Identifier: Apache-2.0
/// A log opened with the core's own recovery, for looking at.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/lease/durable/log.hpp"

namespace grafos::tools {

/// Takes any snapshot and any record: the log is what is looked at.
class NullState final : public lease::DurableState {
public:
    [[nodiscard]] size_t checkpoint_bytes_max() const noexcept override { return 0; }
    [[nodiscard]] size_t write_checkpoint(MutableBytes) noexcept override { return 0; }
    [[nodiscard]] Result<> load_checkpoint(Bytes) noexcept override { return ok(); }
    [[nodiscard]] Result<> replay(const lease::AuditEvent&, Sequence) noexcept override {
        return ok();
    }
};

/// Memory for the longest groups and checkpoints there are; made once.
struct LogBuffers {
    std::vector<uint8_t> group_a, group_b, window, reader_window, checkpoint;
    LogBuffers();
};

class OpenedLog {
public:
    OpenedLog(hal::BlockDevice& device, LogBuffers& buffers);

    [[nodiscard]] const lease::LogState& state() const { return log_->state(); }
    [[nodiscard]] bool is_ready() const { return state().phase == lease::LogPhase::ready; }
    [[nodiscard]] const lease::DurableLog& log() const { return *log_; }

    /// Visits the records from `from` on until `visit` answers false. False: the log could not be
    /// read.
    bool read(Sequence from, const std::function<bool(const lease::GroupRecord&)>& visit);

private:
    void open(size_t group_bytes);

    hal::BlockDevice& device_;
    LogBuffers& buffers_;
    NullState state_{};
    std::optional<lease::DurableLog> log_{};
};

} // namespace grafos::tools
