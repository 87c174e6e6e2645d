// SPDX-License-Identifier: Apache-2.0
/// The second half of recovery: the walk along the log, and the look at the rest of the ring.
#include "core/lease/durable/recovery.hpp"

namespace grafos::lease {
namespace {

[[nodiscard]] Epoch larger_of(Epoch a, Epoch b) noexcept {
    return a < b ? b : a;
}
[[nodiscard]] BootNumber larger_of(BootNumber a, BootNumber b) noexcept {
    return a < b ? b : a;
}

} // namespace

// --- the log ---

void Recovery::tick_walk() noexcept {
    const Result<Look> look = walker_.tick();
    if (!look.is_ok()) {
        enter_degraded(DegradedReason::device_lost, look.error());
        return;
    }
    switch (look.value()) {
    case Look::waiting: is_waiting_ = walker_.is_in_flight(); return;
    case Look::group: take_group(); return;
    case Look::nothing: end_walk(); return;
    case Look::contradiction:
        enter_degraded(walker_.error().code == ErrorCode::unsupported_version
                           ? DegradedReason::newer_version
                           : DegradedReason::corrupt,
                       walker_.error());
        return;
    }
}

void Recovery::take_group() noexcept {
    const Result<> taken = take_records();
    if (!taken.is_ok()) {
        enter_degraded(DegradedReason::corrupt, taken.error());
        return;
    }
    const GroupHeader& header = walker_.header();
    walk_boot_ = header.boot;
    last_boot_ = larger_of(last_boot_, header.boot);
    epoch_mark_ = larger_of(epoch_mark_, header.epoch_mark);
    group_count_ += 1;
    const uint64_t before = walker_.place().offset;
    const uint64_t ring = identity_.layout.log_sectors;
    walker_.advance();
    const uint64_t after = walker_.place().offset;
    kept_sectors_ += after > before ? after - before : ring - before;
    if (kept_sectors_ >= ring) {
        enter_degraded(DegradedReason::corrupt,
                       {ErrorCode::corrupt, Field::log, kept_sectors_, ring - 1});
    }
}

Result<> Recovery::take_records() noexcept {
    const GroupHeader& header = walker_.header();
    if (header.boot < walk_boot_) {
        return Error{ErrorCode::corrupt, Field::boot, header.boot.value, walk_boot_.value};
    }
    GroupRecords records{header, walker_.bytes()};
    while (!records.is_at_end()) {
        GRAFOS_TRY_ASSIGN(const GroupRecord record, records.next());
        const Sequence sequence = record.view.place.sequence;
        GRAFOS_TRY(check_anchor({{sequence.value + 1}, record.hash}));
        if (sequence >= checkpoint_.anchor.next) {
            GRAFOS_TRY(parts_.state.replay(record.view.event, sequence));
        }
        record_count_ += 1;
    }
    return records.check_end();
}

void Recovery::end_walk() noexcept {
    end_ = walker_.place();
    if (end_.first < checkpoint_.anchor.next) {
        enter_degraded(DegradedReason::corrupt, {ErrorCode::corrupt, Field::log, end_.first.value,
                                                 checkpoint_.anchor.next.value});
        return;
    }
    // From behind the end to the start: what is kept has been walked.
    const DiskLayout& layout = identity_.layout;
    const uint64_t rest = layout.log_sectors - kept_sectors_ - 1;
    if (rest == 0) {
        stage_ = Stage::ended;
        verdict_ = Verdict::ready;
        return;
    }
    enter_scan(Stage::rest, (end_.offset + 1) % layout.log_sectors, rest);
}

// --- looking at every sector ---

void Recovery::enter_scan(Stage stage, uint64_t offset, uint64_t sectors) noexcept {
    GRAFOS_ASSERT(sectors > 0);
    stage_ = stage;
    scan_offset_ = offset;
    scan_left_ = sectors;
    read_scan();
}

void Recovery::read_scan() noexcept {
    const bool is_ring = stage_ != Stage::blank;
    const uint64_t room = is_ring ? identity_.layout.log_sectors - scan_offset_ : scan_left_;
    uint64_t sectors = parts_.window.size() / hal::sector_bytes;
    sectors = sectors < room ? sectors : room;
    scan_window_ = sectors < scan_left_ ? sectors : scan_left_;
    const uint64_t first = is_ring ? identity_.layout.log_first() + scan_offset_ : scan_offset_;
    transfer_.set_read(first,
                       parts_.window.first(static_cast<size_t>(scan_window_) * hal::sector_bytes));
}

void Recovery::on_scan() noexcept {
    const DiskLayout& layout = identity_.layout;
    for (uint64_t i = 0; i < scan_window_ && stage_ != Stage::ended; ++i) {
        const uint64_t offset = scan_offset_ + i;
        const Bytes bytes = Bytes{parts_.window}.subspan(static_cast<size_t>(i) * hal::sector_bytes,
                                                         hal::sector_bytes);
        const Result<GroupHeader> decoded =
            decode_group_header(layout, identity_.node_id, layout.log_first() + offset, bytes);
        if (decoded.is_ok()) {
            on_scanned(decoded.value(), offset);
        }
    }
    if (stage_ == Stage::ended) {
        return;
    }
    scan_offset_ = (scan_offset_ + scan_window_) % layout.log_sectors;
    scan_left_ -= scan_window_;
    if (scan_left_ > 0) {
        read_scan();
    } else if (stage_ == Stage::salvage) {
        enter_degraded(DegradedReason::no_durable_state, error_);
    } else {
        stage_ = Stage::ended;
        verdict_ = Verdict::ready;
    }
}

void Recovery::on_scanned(const GroupHeader& header, uint64_t offset) noexcept {
    GRAFOS_ASSERT(stage_ == Stage::rest || stage_ == Stage::salvage);
    if (stage_ == Stage::rest) {
        if (header.number >= end_.number) {
            enter_degraded(DegradedReason::corrupt,
                           {ErrorCode::corrupt, Field::log, header.number, end_.number});
        }
        return;
    }
    last_boot_ = larger_of(last_boot_, header.boot);
    epoch_mark_ = larger_of(epoch_mark_, header.epoch_mark);
    if (header.number + 1 > end_.number) {
        end_ = place_after(identity_.layout, {offset, header.number, {}, {}}, header);
    }
}

} // namespace grafos::lease
