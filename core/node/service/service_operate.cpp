// SPDX-License-Identifier: Apache-2.0
/// The wall clock, and the chain: head, records, trim. Several collectors may ask; the one reader
/// serves them one after another, each from where it wants to go on.
#include "core/node/service/reply.hpp"

namespace grafos::node {
namespace {

/// What one record takes in a list.
constexpr size_t record_entry_bytes_max = wire::layout_of<wire::AuditRecordEntry>.bytes_max;

/// How long a trim waits for a checkpoint.
constexpr Duration checkpoint_patience{5'000};

} // namespace

/// Stamps later records; no deadline moves (protocol §1).
Result<> FabricService::on_time_sync(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::TimeSyncRequest>(call.message.payload));
    if (request.now.ms < call.now.ms) {
        return Error{ErrorCode::invalid_argument, Field::time_base, request.now.ms, call.now.ms};
    }
    const UnixMillis base{request.now.ms - call.now.ms};
    parts_.node.lessor().set_unix_base(base);
    return reply(call, wire::TimeSyncReply{base});
}

/// A signature is a public-key operation: one for each head that is asked for, and a head moves
/// once a commit at most.
Result<> FabricService::on_audit_head(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::AuditHeadRequest>(call.message.payload));
    static_cast<void>(request);
    const Sequence end = parts_.node.anchored_end();
    wire::AuditHeadReply answer;
    if (end.value == 0) {
        return parts_.node.refusal_of_state();
    }
    if (!has_head_ || head_.sequence.value + 1 != end.value) {
        GRAFOS_TRY_ASSIGN(head_, parts_.node.sign_head());
        has_head_ = true;
        figures_.heads_signed += 1;
    }
    answer.oldest = parts_.node.log().log_start().first;
    answer.next = {head_.sequence.value + 1};
    answer.hash = head_.current_event_hash;
    answer.signature = head_.signature;
    return reply(call, answer);
}

Result<> FabricService::on_audit_read(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::AuditReadRequest>(call.message.payload));
    if (read_count_ == reads_.size()) {
        return Error{ErrorCode::busy, Field::log, read_count_, reads_.size()};
    }
    reads_[read_count_] = {call.origin, request.from, request.records_max};
    read_count_ += 1;
    return ok();
}

/// Whether more can be done without waiting for the disk.
bool FabricService::tick_reads(Instant now) noexcept {
    if (read_count_ == 0) {
        return false;
    }
    AuditRead& read = reads_[0];
    if (!is_reading_) {
        is_reading_ = true;
        is_sought_ = reader_.position() == read.from && is_sought_;
        records_ = wire::ListBuilder<wire::AuditRecordEntry>{records_bytes_};
    }
    const Result<> done = step_read(read);
    if (!done.is_ok() && done.error().code == ErrorCode::busy) {
        return !reader_.is_in_flight();
    }
    finish_read(done, now);
    return read_count_ > 0;
}

/// Ok: as many records as fit, or as there are. Busy: go on in a later turn.
Result<> FabricService::step_read(const AuditRead& read) noexcept {
    if (!is_sought_) {
        GRAFOS_TRY(reader_.seek(read.from));
        is_sought_ = true;
    }
    const size_t most = list_bytes_of(read.origin);
    while (records_.list().size() < read.records_max && !reader_.is_at_end() &&
           records_.list().bytes.size() + record_entry_bytes_max <= most) {
        GRAFOS_TRY_ASSIGN(const lease::GroupRecord record, reader_.next());
        const Result<> put = records_.put({record.canonical});
        GRAFOS_ASSERT(put.is_ok()); // there was room for the longest
        parts_.node.counters().add(observe::Counter::records_exported);
    }
    return ok();
}

void FabricService::finish_read(const Result<>& result, Instant now) noexcept {
    const wire::RequestOrigin origin = reads_[0].origin;
    for (size_t index = 1; index < read_count_; ++index) {
        reads_[index - 1] = reads_[index];
    }
    read_count_ -= 1;
    is_reading_ = false;
    figures_.audit_reads += 1;
    if (result.is_ok()) {
        const wire::AuditReadReply answer{reader_.position(), records_.list()};
        (void)reply(origin, answer, false, now).is_ok();
        return;
    }
    is_sought_ = false;
    figures_.refused += 1;
    parts_.node.note_refusal(parts_.peers[origin.principal].tenant, lease::Operation::read_log,
                             result.error());
    (void)parts_.sessions.answer(origin, {.error = result.error()}, now).is_ok();
}

Result<> FabricService::on_audit_trim(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::AuditTrimRequest>(call.message.payload));
    if (trim_.is_active) {
        return Error{ErrorCode::busy, Field::sequence, request.last.value,
                     trim_.request.last.value};
    }
    trim_.request = request;
    trim_.until = saturating_add(call.now, checkpoint_patience);
    GRAFOS_TRY(start_trim(call.now));
    trim_.is_active = true;
    trim_.origin = call.origin;
    return ok();
}

/// Records that no checkpoint covers yet are covered soon: the collector need not ask again.
Result<> FabricService::start_trim(Instant now) noexcept {
    const Result<> started = parts_.node.start_trim(trim_.request.last, trim_.request.hash);
    trim_.is_started = started.is_ok();
    const bool waits = !started.is_ok() && started.error().field == Field::checkpoint &&
                       trim_.request.last < parts_.node.anchored_end() && now < trim_.until;
    return waits || started.is_ok() ? Result<>{ok()} : Result<>{started.error()};
}

Result<Sequence> FabricService::poll_trim(Instant now) noexcept {
    if (trim_.is_started) {
        return parts_.node.poll_trim();
    }
    GRAFOS_TRY(start_trim(now));
    return Error{ErrorCode::busy, Field::sequence, trim_.request.last.value, 0};
}

void FabricService::tick_trim(Instant now) noexcept {
    if (!trim_.is_active) {
        return;
    }
    const Result<Sequence> done = poll_trim(now);
    if (!done.is_ok() && done.error().code == ErrorCode::busy) {
        return;
    }
    trim_.is_active = false;
    if (done.is_ok()) {
        (void)reply(trim_.origin, wire::AuditTrimReply{done.value()}, false, now).is_ok();
        return;
    }
    figures_.refused += 1;
    parts_.node.note_refusal(parts_.peers[trim_.origin.principal].tenant,
                             lease::Operation::trim_log, done.error());
    (void)parts_.sessions.answer(trim_.origin, {.error = done.error()}, now).is_ok();
}

} // namespace grafos::node
