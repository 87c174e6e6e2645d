// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/commit.hpp"

namespace grafos::lease {

void Commit::start(const IdentityCell& identity, BootNumber boot, const GroupPlace& place,
                   Epoch epoch_mark, uint64_t epoch_chunk) noexcept {
    GRAFOS_ASSERT(step_ == Step::none && open_count_ == 0);
    GRAFOS_ASSERT(boot.value > 0);
    layout_ = identity.layout;
    name_.id = identity.node_id;
    place_ = place;
    anchor_ = {place.first, place.previous_head};
    chain_.start(anchor_, boot);
    epoch_limit_ = epoch_mark;
    epoch_mark_ = epoch_mark;
    highest_epoch_ = epoch_mark;
    epoch_chunk_ = epoch_chunk;
    open_previous_ = anchor_.hash;
}

bool Commit::has_room(size_t record_size) const noexcept {
    const size_t most = size_t{layout_.group_sectors_max} * hal::sector_bytes;
    return frame_header_bytes + open_bytes_ + record_size <= most;
}

Result<Sequence> Commit::seal(const AuditEvent& event) noexcept {
    GRAFOS_ASSERT(has_room(record_bytes(event)));
    const MutableBytes room = buffers_[open_].subspan(frame_header_bytes + open_bytes_);
    GRAFOS_TRY_ASSIGN(const AuditRecord record, chain_.seal(event, room));
    open_bytes_ += static_cast<uint32_t>(record.canonical.size());
    open_count_ += 1;
    highest_epoch_ = highest_epoch_ < event.epoch ? event.epoch : highest_epoch_;
    GRAFOS_ASSERT(record.sequence >= anchor_.next);
    return record.sequence;
}

uint64_t Commit::close() noexcept {
    GRAFOS_ASSERT(step_ == Step::none && transfer_.is_idle());
    GRAFOS_ASSERT(open_count_ > 0);
    const uint64_t ahead = UINT64_MAX - highest_epoch_.value;
    const uint64_t wish = highest_epoch_.value + (epoch_chunk_ < ahead ? epoch_chunk_ : ahead);
    epoch_mark_.value = epoch_mark_.value < wish ? wish : epoch_mark_.value;

    const Anchor head = chain_.head();
    written_ = GroupHeader{};
    written_.number = place_.number;
    written_.boot = chain_.boot();
    written_.epoch_mark = epoch_mark_;
    written_.first = place_.first;
    written_.previous_head = open_previous_;
    written_.head = head.hash;
    written_.node_id = name_.id;
    written_.record_count = open_count_;
    written_.payload_bytes = open_bytes_;
    GRAFOS_ASSERT(written_.first.value + open_count_ == head.next.value);

    written_address_ = layout_.log_first() + place_.offset;
    written_sectors_ = encode_group(written_, written_address_, buffers_[open_]);
    written_.frame.sector_count = written_sectors_;
    const uint64_t before = place_.offset;
    place_ = place_after(layout_, place_, written_);
    const uint64_t taken =
        place_.offset > before ? place_.offset - before : layout_.log_sectors - before;

    open_ ^= 1;
    open_count_ = 0;
    open_bytes_ = 0;
    open_previous_ = head.hash;
    submit();
    return taken;
}

void Commit::submit() noexcept {
    step_ = Step::writing;
    transfer_.set_write(written_address_,
                        buffers_[open_ ^ 1].first(size_t{written_sectors_} * hal::sector_bytes));
}

Result<Progress> Commit::tick(uint32_t budget) noexcept {
    for (uint32_t steps = 0; steps < budget && step_ != Step::none;) {
        const bool was_in_flight = transfer_.is_in_flight();
        GRAFOS_TRY_ASSIGN(const Progress progress, transfer_.tick());
        if (progress == Progress::done) {
            enter_next(); // twice at most: what it frees starts in the same step
            continue;
        }
        steps += 1;
        if (was_in_flight == transfer_.is_in_flight()) {
            break; // not done with it, or no room to start it: a later turn asks again
        }
    }
    return step_ == Step::none ? Progress::done : Progress::more;
}

/// A write was carried out: now it is flushed. It was flushed: now it counts.
void Commit::enter_next() noexcept {
    GRAFOS_ASSERT(step_ != Step::none && transfer_.is_idle());
    if (step_ == Step::writing) {
        step_ = Step::flushing;
        transfer_.set_flush();
        return;
    }
    step_ = Step::none;
    anchor_ = {Sequence{written_.first.value + written_.record_count}, written_.head};
    epoch_limit_ = written_.epoch_mark;
    group_count_ += 1;
    record_count_ += written_.record_count;
    sector_count_ += written_sectors_;
    GRAFOS_ASSERT(anchor_.next <= chain_.head().next);
}

/// The same bytes again, then the flush: what the device had taken before its reset proves nothing.
void Commit::on_device_reset() noexcept {
    transfer_.on_device_reset();
    if (step_ != Step::none) {
        transfer_.cancel();
        submit();
    }
}

} // namespace grafos::lease
