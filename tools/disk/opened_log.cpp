// SPDX-License-Identifier: Apache-2.0
#include "tools/disk/opened_log.hpp"

namespace grafos::tools {
namespace {

constexpr size_t group_bytes = size_t{lease::group_sectors_most} * hal::sector_bytes;
constexpr size_t group_bytes_least = 4096;
constexpr size_t checkpoint_bytes = size_t{lease::checkpoint_sectors_most} * hal::sector_bytes;

} // namespace

LogBuffers::LogBuffers()
    : group_a(group_bytes),
      group_b(group_bytes),
      window(group_bytes),
      reader_window(group_bytes),
      checkpoint(checkpoint_bytes) {}

OpenedLog::OpenedLog(hal::BlockDevice& device, LogBuffers& buffers)
    : device_{device}, buffers_{buffers} {
    open(group_bytes);
    if (state().reason == lease::DegradedReason::geometry && !log_->has_identity()) {
        open(group_bytes_least); // a disk without a node may be too small for the longest groups
    }
}

void OpenedLog::open(size_t group) {
    log_.emplace(lease::DurableLog::Parts{device_, state_,
                                          MutableBytes{buffers_.group_a}.first(group),
                                          MutableBytes{buffers_.group_b}.first(group),
                                          buffers_.window, buffers_.checkpoint},
                 lease::LogOptions{});
    if (!log_->start().is_ok()) {
        return;
    }
    while (state().phase == lease::LogPhase::booting ||
           state().phase == lease::LogPhase::formatting) {
        (void)log_->tick(1024);
    }
}

bool OpenedLog::read(Sequence from, const std::function<bool(const lease::GroupRecord&)>& visit) {
    lease::LogReader reader{*log_, device_, buffers_.reader_window};
    if (!is_ready() || !reader.seek(from).is_ok()) {
        return false;
    }
    while (!reader.is_at_end()) {
        const Result<lease::GroupRecord> record = reader.next();
        if (record.is_ok()) {
            if (!visit(record.value())) {
                return true;
            }
        } else if (record.error().code != ErrorCode::busy) {
            return false;
        }
    }
    return true;
}

} // namespace grafos::tools
