// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/checkpointer.hpp"

namespace grafos::lease {

void Checkpointer::start(const Recovery& found, uint32_t interval) noexcept {
    GRAFOS_ASSERT(step_ == Step::none && transfer_.is_idle());
    GRAFOS_ASSERT(interval > 0);
    identity_ = found.identity();
    copies_ = found.copies();
    start_ = found.checkpoint().start;
    interval_ = interval;
}

uint32_t Checkpointer::newest() const noexcept {
    if (!copies_[1].is_valid) {
        return 0;
    }
    return !copies_[0].is_valid || copies_[1].checkpoint.number > copies_[0].checkpoint.number ? 1
                                                                                               : 0;
}

const GroupPlace& Checkpointer::kept_start() const noexcept {
    const GroupPlace& a = copies_[0].checkpoint.start;
    const GroupPlace& b = copies_[1].checkpoint.start;
    if (!copies_[0].is_valid || !copies_[1].is_valid) {
        return copies_[newest()].checkpoint.start;
    }
    return a.number < b.number ? a : b;
}

Sequence Checkpointer::covered_end() const noexcept {
    return copies_[newest()].checkpoint.anchor.next;
}

void Checkpointer::set_start(const GroupPlace& start) noexcept {
    GRAFOS_ASSERT(start.number >= start_.number);
    GRAFOS_ASSERT(start.first <= covered_end());
    start_ = start;
}

bool Checkpointer::is_due() const noexcept {
    return is_requested_ || groups_ >= interval_ || !is_start_durable();
}

void Checkpointer::take(const Anchor& head, BootNumber boot, Epoch epoch_mark) noexcept {
    GRAFOS_ASSERT(step_ == Step::none);
    const MutableBytes cell =
        buffer_.first(size_t{identity_.layout.checkpoint_sectors} * hal::sector_bytes);
    const MutableBytes room = cell.subspan(frame_header_bytes);
    const size_t size = state_.write_checkpoint(room);
    GRAFOS_ASSERT(size <= room.size());
    written_copy_ = newest() ^ 1;
    written_ = {};
    written_.number = copies_[newest()].checkpoint.number + 1;
    written_.boot = boot;
    written_.epoch_mark = epoch_mark;
    written_.start = start_;
    written_.anchor = head;
    written_.snapshot_bytes = static_cast<uint32_t>(size);
    written_sectors_ = encode_checkpoint(written_, identity_.node_id,
                                         identity_.layout.checkpoint_first(written_copy_), cell);
    groups_ = 0;
    is_requested_ = false;
    step_ = Step::waiting;
}

void Checkpointer::submit() noexcept {
    // Until the flush, the copy counts for what it was: that is what a cut may leave.
    step_ = Step::writing;
    transfer_.set_write(identity_.layout.checkpoint_first(written_copy_),
                        buffer_.first(size_t{written_sectors_} * hal::sector_bytes));
}

Result<Progress> Checkpointer::tick(Sequence anchored_end) noexcept {
    if (step_ == Step::none) {
        return Progress::done;
    }
    if (step_ == Step::waiting) {
        if (anchored_end >= written_.anchor.next) {
            submit();
            return transfer_.tick();
        }
        return Progress::more;
    }
    GRAFOS_TRY_ASSIGN(const Progress progress, transfer_.tick());
    if (progress == Progress::more) {
        return Progress::more;
    }
    if (step_ == Step::writing) {
        step_ = Step::flushing;
        transfer_.set_flush();
        return transfer_.tick();
    }
    copies_[written_copy_] = {true, written_, {}};
    step_ = Step::none;
    count_ += 1;
    GRAFOS_ASSERT(newest() == written_copy_);
    return Progress::done;
}

void Checkpointer::on_device_reset() noexcept {
    transfer_.on_device_reset();
    if (step_ == Step::writing || step_ == Step::flushing) {
        transfer_.cancel();
        submit();
    }
}

} // namespace grafos::lease
