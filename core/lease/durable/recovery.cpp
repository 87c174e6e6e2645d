// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/recovery.hpp"

namespace grafos::lease {
Recovery::Recovery(const Parts& parts) noexcept
    : parts_{parts}, transfer_{parts.device}, walker_{parts.device, parts.window} {}

void Recovery::start(const LayoutOptions& options) noexcept {
    GRAFOS_ASSERT(stage_ == Stage::ended);
    GRAFOS_ASSERT(transfer_.is_idle());
    options_ = options;
    stage_ = Stage::reset;
    verdict_ = Verdict::pending;
    reason_ = DegradedReason::none;
    has_identity_ = false;
    is_identity_valid_ = {};
    identity_error_ = {Error{ErrorCode::not_found}, Error{ErrorCode::not_found}};
    is_marker_clear_ = false;
    is_marker_valid_ = false;
    copies_ = {};
    end_ = {};
    last_boot_ = {};
    epoch_mark_ = {};
    walk_boot_ = {};
    kept_sectors_ = 0;
    group_count_ = 0;
    record_count_ = 0;
}

void Recovery::on_device_reset() noexcept {
    transfer_.on_device_reset();
    walker_.on_device_reset();
}

Result<hal::Epitaph> Recovery::epitaph() const noexcept {
    if (epitaph_error_.code != ErrorCode{}) {
        return epitaph_error_;
    }
    return epitaph_;
}

void Recovery::enter_degraded(DegradedReason reason, const Error& error) noexcept {
    GRAFOS_ASSERT(stage_ != Stage::ended);
    GRAFOS_ASSERT(reason != DegradedReason::none);
    stage_ = Stage::ended;
    verdict_ = Verdict::degraded;
    reason_ = reason;
    error_ = error;
}

void Recovery::read(Stage stage, uint64_t sector, MutableBytes to) noexcept {
    stage_ = stage;
    transfer_.set_read(sector, to);
}

Verdict Recovery::tick() noexcept {
    is_waiting_ = false;
    if (stage_ == Stage::ended) {
        return verdict_;
    }
    if (stage_ == Stage::reset) {
        const Result<> reset = parts_.device.reset();
        if (!reset.is_ok()) {
            enter_degraded(DegradedReason::device_lost, reset.error());
            return verdict_;
        }
        stage_ = Stage::flush;
        transfer_.set_flush();
        return verdict_;
    }
    if (stage_ == Stage::walk) {
        tick_walk();
        return verdict_;
    }
    const Result<Progress> progress = transfer_.tick();
    if (!progress.is_ok()) {
        enter_degraded(DegradedReason::device_lost, progress.error());
    } else if (progress.value() == Progress::done) {
        on_read();
    } else {
        is_waiting_ = transfer_.is_in_flight();
    }
    return verdict_;
}

void Recovery::on_read() noexcept {
    switch (stage_) {
    case Stage::flush:
        if (parts_.device.geometry().sector_count < checkpoint_sector_a) {
            enter_degraded(DegradedReason::geometry,
                           {ErrorCode::capacity_exceeded, Field::geometry,
                            parts_.device.geometry().sector_count, checkpoint_sector_a});
            return;
        }
        read(Stage::identity_a, identity_sector_a, parts_.window.first(cell_bytes));
        return;
    case Stage::identity_a: on_identity(0); return;
    case Stage::identity_b: on_identity(1); return;
    case Stage::marker: on_marker(); return;
    case Stage::blank: on_blank(); return;
    case Stage::epitaph: on_epitaph(); return;
    case Stage::checkpoint_a: on_checkpoint(0); return;
    case Stage::checkpoint_b: on_checkpoint(1); return;
    case Stage::reload: load_checkpoint(); return;
    case Stage::rest:
    case Stage::salvage: on_scan(); return;
    case Stage::reset:
    case Stage::walk:
    case Stage::ended: break;
    }
    GRAFOS_UNREACHABLE();
}

// --- whose disk this is ---

void Recovery::on_identity(uint32_t copy) noexcept {
    const Bytes sector = Bytes{parts_.window}.first(cell_bytes);
    const Result<IdentityCell> decoded =
        decode_identity(copy == 0 ? identity_sector_a : identity_sector_b, sector);
    if (is_all_zero(sector)) {
        identity_error_[copy] = {ErrorCode::not_found, Field::identity_cell};
    } else if (!decoded.is_ok()) {
        identity_error_[copy] = decoded.error();
    } else {
        is_identity_valid_[copy] = true;
        if (has_identity_ && (decoded.value().node_id != identity_.node_id ||
                              decoded.value().layout != identity_.layout)) {
            enter_degraded(DegradedReason::corrupt,
                           {ErrorCode::corrupt, Field::copy, short_form(decoded.value().node_id),
                            short_form(identity_.node_id)});
            return;
        }
        has_identity_ = true;
        identity_ = decoded.value();
    }
    if (copy == 0) {
        read(Stage::identity_b, identity_sector_b, parts_.window.first(cell_bytes));
    } else {
        read(Stage::marker, marker_sector, parts_.window.first(cell_bytes));
    }
}

void Recovery::on_marker() noexcept {
    const Bytes sector = Bytes{parts_.window}.first(cell_bytes);
    const Result<DiskLayout> decoded = decode_marker(sector);
    is_marker_clear_ = is_all_zero(sector);
    is_marker_valid_ = decoded.is_ok();
    if (!decoded.is_ok() && decoded.error().code == ErrorCode::unsupported_version) {
        enter_degraded(DegradedReason::newer_version, decoded.error());
        return;
    }
    decide_owner();
}

/// Identity is written last and the marker is cleared after it, so the four ways to find the two
/// say how far a format got.
void Recovery::decide_owner() noexcept {
    for (const Error& error : identity_error_) {
        if (error.code == ErrorCode::unsupported_version) {
            enter_degraded(DegradedReason::newer_version, error);
            return;
        }
    }
    if (!has_identity_ && is_marker_valid_) {
        stage_ = Stage::ended;
        verdict_ = Verdict::blank;
        error_ = {ErrorCode::not_found, Field::identity_cell};
        return;
    }
    if (!has_identity_) {
        enter_blank();
        return;
    }
    const Result<> fits = check_fit(identity_.layout, parts_.device.geometry(), options_);
    if (!fits.is_ok()) {
        enter_degraded(DegradedReason::geometry, fits.error());
        return;
    }
    if (is_marker_valid_) {
        stage_ = Stage::ended;
        verdict_ = Verdict::unfinished;
        return;
    }
    read(Stage::epitaph, epitaph_sector, parts_.window.first(cell_bytes));
}

/// Nobody's unless everything up to the first page of a log is zero. Only the marker's own sector
/// is forgiven: the first write of a format may have been torn there.
void Recovery::enter_blank() noexcept {
    for (const Error& error : identity_error_) {
        if (error.code == ErrorCode::corrupt) {
            enter_degraded(DegradedReason::corrupt, error);
            return;
        }
    }
    for (const Error& error : identity_error_) {
        if (error.code != ErrorCode::not_found) {
            enter_degraded(DegradedReason::foreign_disk, error);
            return;
        }
    }
    const Result<DiskLayout> planned = plan_layout(parts_.device.geometry(), options_);
    if (!planned.is_ok()) {
        enter_degraded(DegradedReason::geometry, planned.error());
        return;
    }
    enter_scan(Stage::blank, 0, planned.value().log_first() + page_sectors);
}

void Recovery::on_blank() noexcept {
    for (uint64_t i = 0; i < scan_window_; ++i) {
        const uint64_t sector = scan_offset_ + i;
        const Bytes bytes = Bytes{parts_.window}.subspan(static_cast<size_t>(i) * hal::sector_bytes,
                                                         hal::sector_bytes);
        if (sector != marker_sector && !is_all_zero(bytes)) {
            enter_degraded(DegradedReason::foreign_disk, {ErrorCode::foreign, Field::magic, sector,
                                                          load_big_endian<uint64_t>(bytes.data())});
            return;
        }
    }
    scan_offset_ += scan_window_;
    scan_left_ -= scan_window_;
    if (scan_left_ > 0) {
        read_scan();
        return;
    }
    stage_ = Stage::ended;
    verdict_ = Verdict::blank;
    error_ = {ErrorCode::not_found, Field::identity_cell};
}

void Recovery::on_epitaph() noexcept {
    const Result<hal::Epitaph> decoded =
        decode_epitaph(Bytes{parts_.window}.first(hal::epitaph_bytes));
    epitaph_ = decoded.is_ok() ? decoded.value() : hal::Epitaph{};
    epitaph_error_ = decoded.is_ok() ? Error{ErrorCode{}} : decoded.error();
    const DiskLayout& layout = identity_.layout;
    read(Stage::checkpoint_a, layout.checkpoint_first(0),
         parts_.checkpoint.first(size_t{layout.checkpoint_sectors} * hal::sector_bytes));
}

// --- the snapshot to start from ---

void Recovery::on_checkpoint(uint32_t copy) noexcept {
    const DiskLayout& layout = identity_.layout;
    const MutableBytes cell =
        parts_.checkpoint.first(size_t{layout.checkpoint_sectors} * hal::sector_bytes);
    const Result<Checkpoint> decoded =
        decode_checkpoint(layout, identity_.node_id, layout.checkpoint_first(copy), cell);
    copies_[copy].is_valid = decoded.is_ok();
    if (decoded.is_ok()) {
        copies_[copy].checkpoint = decoded.value();
    } else {
        copies_[copy].error = decoded.error();
    }
    if (copy == 0) {
        read(Stage::checkpoint_b, layout.checkpoint_first(1), cell);
    } else {
        choose_checkpoint();
    }
}

void Recovery::choose_checkpoint() noexcept {
    for (const CheckpointCopy& copy : copies_) {
        if (!copy.is_valid && copy.error.code == ErrorCode::unsupported_version) {
            enter_degraded(DegradedReason::newer_version, copy.error);
            return;
        }
    }
    const bool has_a = copies_[0].is_valid;
    const bool has_b = copies_[1].is_valid;
    if (!has_a && !has_b) {
        error_ = copies_[0].error;
        enter_scan(Stage::salvage, 0, identity_.layout.log_sectors);
        return;
    }
    if (has_a && has_b && copies_[0].checkpoint.number == copies_[1].checkpoint.number) {
        enter_degraded(DegradedReason::corrupt,
                       {ErrorCode::corrupt, Field::copy, copies_[0].checkpoint.number,
                        copies_[0].checkpoint.number + 1});
        return;
    }
    const bool is_b =
        has_b && (!has_a || copies_[1].checkpoint.number > copies_[0].checkpoint.number);
    checkpoint_ = copies_[is_b ? 1 : 0].checkpoint;
    if (is_b) {
        load_checkpoint(); // the copy read last is the one that lies in the buffer
        return;
    }
    const DiskLayout& layout = identity_.layout;
    read(Stage::reload, layout.checkpoint_first(0),
         parts_.checkpoint.first(size_t{layout.checkpoint_sectors} * hal::sector_bytes));
}

void Recovery::load_checkpoint() noexcept {
    const Bytes snapshot =
        Bytes{parts_.checkpoint}.subspan(frame_header_bytes, checkpoint_.snapshot_bytes);
    const Result<> loaded = parts_.state.load_checkpoint(snapshot);
    if (!loaded.is_ok()) {
        const bool is_newer = loaded.error().code == ErrorCode::unsupported_version;
        enter_degraded(is_newer ? DegradedReason::newer_version : DegradedReason::corrupt,
                       loaded.error());
        return;
    }
    last_boot_ = checkpoint_.boot;
    epoch_mark_ = checkpoint_.epoch_mark;
    const Anchor first{checkpoint_.start.first, checkpoint_.start.previous_head};
    const Result<> anchored = check_anchor(first);
    if (!anchored.is_ok()) {
        enter_degraded(DegradedReason::corrupt, anchored.error());
        return;
    }
    walker_.start(identity_.layout, identity_.node_id, checkpoint_.start);
    stage_ = Stage::walk;
}

/// Where the chain passes the checkpoint's anchor, the hash must be the same.
Result<> Recovery::check_anchor(const Anchor& anchor) const noexcept {
    if (anchor.next == checkpoint_.anchor.next && anchor.hash != checkpoint_.anchor.hash) {
        return Error{ErrorCode::corrupt, Field::checkpoint, short_form(checkpoint_.anchor.hash),
                     short_form(anchor.hash)};
    }
    return ok();
}

} // namespace grafos::lease
