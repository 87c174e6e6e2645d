// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/formatter.hpp"

namespace grafos::lease {

void Formatter::start_format(const IdentityCell& identity) noexcept {
    GRAFOS_ASSERT(step_ == Step::done);
    identity_ = identity;
    checkpoint_ = {};
    checkpoint_.number = 1;
    checkpoint_.epoch_mark = Epoch{1}; // 0 is nobody's epoch
    has_copy_ = {};
    last_ = Step::unmark;
    enter_step(Step::marker);
}

void Formatter::start_finish(const Recovery& found) noexcept {
    GRAFOS_ASSERT(step_ == Step::done);
    GRAFOS_ASSERT(found.has_identity());
    identity_ = found.identity();
    has_copy_ = {found.is_identity_valid(0), found.is_identity_valid(1)};
    last_ = Step::unmark;
    enter_step(has_copy_[0] ? step_after(Step::identity_a) : Step::identity_a);
}

Result<> Formatter::start_adopt(const Recovery& found, const Adoption& adoption) noexcept {
    GRAFOS_ASSERT(step_ == Step::done);
    GRAFOS_ASSERT(found.reason() == DegradedReason::no_durable_state);
    if (adoption.epoch_floor.value == 0 || adoption.epoch_floor < found.epoch_mark()) {
        return Error{ErrorCode::invalid_argument, Field::epoch, adoption.epoch_floor.value,
                     found.epoch_mark().value == 0 ? 1 : found.epoch_mark().value};
    }
    if ((adoption.anchor.next.value == 0) != adoption.anchor.hash.is_zero()) {
        return Error{ErrorCode::invalid_argument, Field::hash, adoption.anchor.next.value, 0};
    }
    const GroupPlace& end = found.end();
    Anchor anchor{end.first, end.previous_head};
    anchor = anchor.next < adoption.anchor.next ? adoption.anchor : anchor;
    identity_ = found.identity();
    checkpoint_ = {};
    checkpoint_.number = 1;
    checkpoint_.boot =
        found.last_boot() < adoption.last_boot ? adoption.last_boot : found.last_boot();
    checkpoint_.epoch_mark = adoption.epoch_floor;
    checkpoint_.start = {end.offset, end.number, anchor.next, anchor.hash};
    checkpoint_.anchor = anchor;
    checkpoint_.is_adopted = true;
    last_ = Step::checkpoint_b;
    enter_step(Step::checkpoint_a);
    return ok();
}

Formatter::Step Formatter::step_after(Step step) const noexcept {
    switch (step) {
    case Step::marker: return Step::checkpoint_a;
    case Step::checkpoint_a: return Step::checkpoint_b;
    case Step::checkpoint_b: return Step::identity_a;
    case Step::identity_a: return has_copy_[1] ? Step::unmark : Step::identity_b;
    case Step::identity_b: return Step::unmark;
    case Step::unmark:
    case Step::done: break;
    }
    return Step::done;
}

void Formatter::enter_step(Step step) noexcept {
    step_ = step;
    is_flushing_ = false;
    const MutableBytes sector = buffer_.first(cell_bytes);
    switch (step) {
    case Step::marker:
        encode_marker(identity_.layout, sector);
        transfer_.set_write(marker_sector, sector);
        return;
    case Step::checkpoint_a: write_checkpoint(0); return;
    case Step::checkpoint_b: write_checkpoint(1); return;
    case Step::identity_a: write_identity(identity_sector_a); return;
    case Step::identity_b: write_identity(identity_sector_b); return;
    case Step::unmark:
        zero_bytes(sector);
        transfer_.set_write(marker_sector, sector);
        return;
    case Step::done: return;
    }
}

void Formatter::write_identity(uint64_t address) noexcept {
    encode_identity(identity_, address, buffer_.first(cell_bytes));
    transfer_.set_write(address, buffer_.first(cell_bytes));
}

/// An empty snapshot: there is no state yet, and every unit is dirty.
void Formatter::write_checkpoint(uint32_t copy) noexcept {
    const DiskLayout& layout = identity_.layout;
    const uint64_t address = layout.checkpoint_first(copy);
    Checkpoint checkpoint = checkpoint_;
    checkpoint.number += copy;
    const MutableBytes cell = buffer_.first(size_t{layout.checkpoint_sectors} * hal::sector_bytes);
    const uint32_t sectors = encode_checkpoint(checkpoint, identity_.node_id, address, cell);
    transfer_.set_write(address, cell.first(size_t{sectors} * hal::sector_bytes));
}

Result<Progress> Formatter::tick() noexcept {
    if (step_ == Step::done) {
        return Progress::done;
    }
    const Result<Progress> progress = transfer_.tick();
    if (!progress.is_ok()) {
        step_ = Step::done;
        return progress.error();
    }
    if (progress.value() == Progress::more) {
        return Progress::more;
    }
    if (!is_flushing_) {
        is_flushing_ = true;
        transfer_.set_flush();
        return Progress::more;
    }
    enter_step(step_ == last_ ? Step::done : step_after(step_));
    return step_ == Step::done ? Progress::done : Progress::more;
}

} // namespace grafos::lease
