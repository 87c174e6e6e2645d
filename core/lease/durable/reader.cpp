// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/reader.hpp"

#include "core/lease/durable/log.hpp"

namespace grafos::lease {

Result<> LogReader::seek(Sequence from) noexcept {
    if (log_.boot().value == 0) {
        return Error{ErrorCode::not_ready, Field::log};
    }
    if (walker_.is_in_flight()) {
        (void)walker_.tick().is_ok(); // whoever wanted this read is gone; nobody else asks for it
    }
    if (walker_.is_in_flight()) {
        return Error{ErrorCode::busy, Field::log};
    }
    if (from < log_.log_start().first) {
        return Error{ErrorCode::not_found, Field::sequence, from.value,
                     log_.log_start().first.value};
    }
    if (from > log_.anchored_end()) {
        return Error{ErrorCode::not_found, Field::sequence, from.value, log_.anchored_end().value};
    }
    position_ = from;
    restart();
    return ok();
}

void LogReader::restart() noexcept {
    records_.reset();
    is_group_read_ = false;
    walker_.start(log_.layout(), log_.identity().node_id, log_.log_start());
}

bool LogReader::is_at_end() const noexcept {
    return position_ >= log_.anchored_end();
}

GroupPlace LogReader::place_behind() const noexcept {
    return is_group_read_ ? place_after(log_.layout(), walker_.place(), walker_.header())
                          : walker_.place();
}

Result<> LogReader::open_group() noexcept {
    if (is_group_read_) {
        walker_.advance();
        is_group_read_ = false;
    }
    GRAFOS_TRY_ASSIGN(const Look look, walker_.tick());
    switch (look) {
    case Look::waiting: return Error{ErrorCode::busy, Field::log};
    case Look::group: break;
    case Look::nothing:
    case Look::contradiction:
        if (walker_.place().number < log_.log_start().number) {
            restart(); // trimmed while we were on our way
            return Error{ErrorCode::busy, Field::log};
        }
        return Error{ErrorCode::corrupt, walker_.error().field, walker_.error().value,
                     walker_.error().expected};
    }
    const GroupHeader& header = walker_.header();
    if (header.first.value + header.record_count <= position_.value) {
        is_group_read_ = true; // all of it lies before what was asked for
        return Error{ErrorCode::busy, Field::log};
    }
    records_.emplace(header, walker_.bytes());
    return ok();
}

Result<GroupRecord> LogReader::next() noexcept {
    if (position_ < log_.log_start().first) {
        return Error{ErrorCode::not_found, Field::sequence, position_.value,
                     log_.log_start().first.value};
    }
    if (is_at_end()) {
        return Error{ErrorCode::busy, Field::log};
    }
    if (!records_.has_value()) {
        const Result<> opened = open_group();
        if (!opened.is_ok()) {
            return opened.error();
        }
    }
    while (!records_->is_at_end()) {
        GRAFOS_TRY_ASSIGN(const GroupRecord record, records_->next());
        if (record.view.place.sequence < position_) {
            continue;
        }
        GRAFOS_ASSERT(record.view.place.sequence == position_);
        position_.value += 1;
        if (records_->is_at_end()) {
            GRAFOS_TRY(records_->check_end());
            records_.reset();
            is_group_read_ = true;
        }
        return record;
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::lease
