// SPDX-License-Identifier: Apache-2.0
/// What a node shows of its chain, and how an operator frees or vouches for it: export, head, trim,
/// adoption. Each is started, goes on in turns, and is asked for its outcome.
#include "core/node/node.hpp"

namespace grafos::node {

Result<> Node::start_export(Sequence from) noexcept {
    if (!has_log()) {
        return refusal_of_state();
    }
    const Sequence oldest = log_.log_start().first;
    return reader_.seek(from.value == 0 && oldest > from ? oldest : from);
}

Result<ExportedRecord> Node::next_exported() noexcept {
    if (!has_log()) {
        return refusal_of_state();
    }
    if (reader_.is_at_end()) {
        return Error{ErrorCode::not_found, Field::sequence, reader_.position().value,
                     reader_.position().value};
    }
    const Result<lease::GroupRecord> next = reader_.next();
    if (!next.is_ok()) {
        // Trimmed under the reader: a gap is not the end.
        const bool is_trimmed = next.error().code == ErrorCode::not_found;
        return Error{is_trimmed ? ErrorCode::stale_epoch : next.error().code, next.error().field,
                     next.error().value, next.error().expected};
    }
    const lease::GroupRecord& record = next.value();
    counters_.add(observe::Counter::records_exported);
    return ExportedRecord{record.canonical, record.hash};
}

Result<lease::SignedHead> Node::sign_head() const noexcept {
    if (!has_log()) {
        return refusal_of_state();
    }
    return lease::sign_anchor(log_.anchor(), signer_);
}

Result<> Node::start_trim(Sequence last, const Digest& hash) noexcept {
    const bool is_full = degraded_reason() == lease::DegradedReason::log_full;
    if (readiness_ != Readiness::ready && !(is_full && has_log())) {
        return refusal_of_state();
    }
    if (trim_ != Trim::none) {
        return Error{ErrorCode::busy, Field::sequence, last.value, trim_last_.value};
    }
    const Result<> started = log_.start_trim(last, hash);
    has_more_ = true;
    if (!started.is_ok()) {
        if (started.error().field == Field::checkpoint && last < log_.anchored_end()) {
            log_.request_checkpoint(); // asked for again, it will be past it
        }
        return started.error();
    }
    trim_ = Trim::reading;
    trim_last_ = last;
    trim_hash_ = hash;
    return ok();
}

void Node::tick_trim() noexcept {
    if (trim_ == Trim::reading) {
        const Result<> freed = log_.poll_trim();
        if (!freed.is_ok() && freed.error().code == ErrorCode::busy) {
            return;
        }
        trim_ = Trim::sealing;
        if (!freed.is_ok()) {
            refuse_trim(freed.error());
        }
    }
    if (trim_ == Trim::sealing && degraded_reason() == lease::DegradedReason::log_full &&
        log_.state().phase == lease::LogPhase::degraded) {
        refuse_trim(log_.state().cause); // freed, but too little: the operator trims more
        return;
    }
    if (trim_ != Trim::sealing || readiness_ != Readiness::ready) {
        return; // the first record of a boot is the boot record
    }
    lease::AuditEvent event;
    event.kind = lease::EventKind::log_trimmed;
    event.timestamp = lessor_.unix_at(now());
    event.reason = lease::Reason::operator_request;
    const lease::EventData data = lease::encode_data(lease::TrimmedData{trim_last_, trim_hash_});
    event.event_data = data.view();
    const Result<Sequence> record = log_.append(event, lease::Draw::control);
    if (record.is_ok()) {
        trim_record_ = record.value();
        trim_ = Trim::anchoring;
        counters_.add(observe::Counter::records_trimmed);
    } else if (record.error().code != ErrorCode::busy) {
        refuse_trim(record.error());
    }
}

void Node::refuse_trim(const Error& error) noexcept {
    trim_ = Trim::refused;
    trim_error_ = error;
}

Result<Sequence> Node::poll_trim() noexcept {
    if (trim_ == Trim::refused) {
        trim_ = Trim::none;
        return trim_error_;
    }
    if (trim_ == Trim::none) {
        return Error{ErrorCode::not_found, Field::operation, 0, 0};
    }
    if (log_.state().phase == lease::LogPhase::degraded &&
        log_.state().reason != lease::DegradedReason::log_full) {
        trim_ = Trim::none;
        return lease::degraded_error(log_.state().reason);
    }
    if (trim_ != Trim::anchoring || trim_record_ >= log_.anchored_end()) {
        return Error{ErrorCode::busy, Field::sequence, trim_last_.value, 0};
    }
    trim_ = Trim::none;
    return trim_record_;
}

Result<> Node::start_adopt(const lease::Adoption& adoption) noexcept {
    GRAFOS_TRY(log_.adopt(adoption));
    has_more_ = true; // from outside a turn: the next one must not wait for anything
    return ok();
}

} // namespace grafos::node
