// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/chain.hpp"

#include "core/crypto/sha256.hpp"

namespace grafos::lease {
namespace {

/// Never a record's: `Anchor::next` must be able to name the place behind the last one.
constexpr uint64_t sequence_end = UINT64_MAX;

} // namespace

void ChainAssembler::start(const Anchor& prior, BootNumber boot) noexcept {
    GRAFOS_ASSERT(!is_started_);
    GRAFOS_ASSERT(prior.next.value > 0 || prior.hash.is_zero());
    place_ = {prior.hash, prior.next, signer_.node_id(), boot};
    is_started_ = true;
}

Result<AuditRecord> ChainAssembler::seal(const AuditEvent& event, MutableBytes out) noexcept {
    if (!is_started_) {
        return Error{ErrorCode::not_ready, Field::log};
    }
    GRAFOS_TRY(check_event(event));
    if (out.size() < record_bytes(event)) {
        return Error{ErrorCode::capacity_exceeded, Field::length, record_bytes(event), out.size()};
    }
    if (place_.sequence.value == sequence_end) {
        return Error{ErrorCode::exhausted, Field::sequence, sequence_end, sequence_end};
    }
    const size_t size = encode_record(event, place_, out);
    const Bytes canonical = out.first(size);
    const AuditRecord record{place_.sequence, crypto::sha256(canonical), canonical};
    place_.previous_hash = record.current_event_hash;
    ++place_.sequence.value;
    GRAFOS_ASSERT(size <= limits::record_bytes_max);
    GRAFOS_ASSERT(place_.sequence > record.sequence);
    return record;
}

Result<SignedHead> ChainAssembler::sign_head() const noexcept {
    return sign_anchor(head(), signer_);
}

Result<SignedHead> sign_anchor(const Anchor& anchor, const Signer& signer) noexcept {
    if (anchor.next.value == 0) {
        return Error{ErrorCode::not_found, Field::sequence, 0, 1};
    }
    const Sequence last{anchor.next.value - 1};
    return SignedHead{signer.node_id(), last, anchor.hash, signer.sign_head(last, anchor.hash)};
}

Result<> verify_signature(const SignedHead& head) noexcept {
    if (!crypto::verify_head(head.node_id, head.sequence, head.current_event_hash,
                             head.signature)) {
        return Error{ErrorCode::corrupt, Field::signature,
                     load_big_endian<uint64_t>(head.signature.bytes.data()), 0};
    }
    return ok();
}

Result<Anchor> verify_link(const Anchor& before, const RecordView& view,
                           const Digest& hash) noexcept {
    const RecordPlace& place = view.place;
    if (before.next.value == sequence_end) {
        return Error{ErrorCode::exhausted, Field::sequence, place.sequence.value, sequence_end};
    }
    if (place.sequence != before.next) {
        return Error{ErrorCode::corrupt, Field::sequence, place.sequence.value, before.next.value};
    }
    if (place.previous_hash != before.hash) {
        return Error{ErrorCode::corrupt, Field::previous_hash, short_form(place.previous_hash),
                     short_form(before.hash)};
    }
    return Anchor{{before.next.value + 1}, hash};
}

Result<> ChainVerifier::check_boot(const RecordView& view) const noexcept {
    const BootNumber boot = view.place.boot;
    const bool is_boot_record = view.event.kind == EventKind::boot;
    const bool is_known = batch_.boot.value > 0 || batch_.anchor.next.value == 0;
    if (boot < batch_.boot) {
        return Error{ErrorCode::stale_epoch, Field::boot, boot.value, batch_.boot.value};
    }
    // Boots begin with their record, and with nothing else.
    if (is_known && is_boot_record != (boot > batch_.boot)) {
        return Error{ErrorCode::corrupt, Field::boot, boot.value,
                     batch_.boot.value + (is_boot_record ? 1u : 0u)};
    }
    return ok();
}

Result<RecordView> ChainVerifier::follow(Bytes canonical, const Digest& claimed) noexcept {
    GRAFOS_TRY_ASSIGN(const RecordView view, decode_record(canonical));
    if (view.place.node_id != batch_.node_id) {
        return Error{ErrorCode::foreign, Field::node_id,
                     load_big_endian<uint64_t>(view.place.node_id.bytes.data()),
                     load_big_endian<uint64_t>(batch_.node_id.bytes.data())};
    }
    const Digest hash = crypto::sha256(canonical);
    if (hash != claimed) {
        return Error{ErrorCode::corrupt, Field::hash, short_form(claimed), short_form(hash)};
    }
    GRAFOS_TRY_ASSIGN(const Anchor after, verify_link(batch_.anchor, view, hash));
    GRAFOS_TRY(check_boot(view));
    GRAFOS_ASSERT(after.next > batch_.anchor.next);
    batch_.anchor = after;
    batch_.boot = view.place.boot;
    return view;
}

Result<RecordView> ChainVerifier::ingest(Bytes canonical, const Digest& claimed) noexcept {
    if (is_spoiled_) {
        return failure_;
    }
    Result<RecordView> view = follow(canonical, claimed);
    if (!view.is_ok()) {
        is_spoiled_ = true;
        failure_ = view.error();
    }
    return view;
}

Result<> ChainVerifier::compare_head(const SignedHead& head) const noexcept {
    if (head.node_id != batch_.node_id) {
        return Error{ErrorCode::foreign, Field::node_id,
                     load_big_endian<uint64_t>(head.node_id.bytes.data()),
                     load_big_endian<uint64_t>(batch_.node_id.bytes.data())};
    }
    const uint64_t count = batch_.anchor.next.value;
    if (count == 0 || head.sequence.value != count - 1) {
        return Error{ErrorCode::corrupt, Field::sequence, head.sequence.value,
                     count == 0 ? 0 : count - 1};
    }
    if (head.current_event_hash != batch_.anchor.hash) {
        return Error{ErrorCode::corrupt, Field::hash, short_form(head.current_event_hash),
                     short_form(batch_.anchor.hash)};
    }
    return verify_signature(head);
}

Result<> ChainVerifier::check_head(const SignedHead& head) noexcept {
    if (is_spoiled_) {
        return failure_;
    }
    const Result<> compared = compare_head(head);
    if (!compared.is_ok()) {
        is_spoiled_ = true;
        failure_ = compared.error();
        return failure_;
    }
    return ok();
}

Result<VerifierState> ChainVerifier::commit() noexcept {
    if (is_spoiled_) {
        return failure_;
    }
    GRAFOS_ASSERT(batch_.anchor.next >= committed_.anchor.next);
    GRAFOS_ASSERT(batch_.node_id == committed_.node_id);
    committed_ = batch_;
    return committed_;
}

void ChainVerifier::abandon() noexcept {
    batch_ = committed_;
    failure_ = {};
    is_spoiled_ = false;
}

} // namespace grafos::lease
