// SPDX-License-Identifier: Apache-2.0
/// Canonical bytes from anybody: refused with a typed error, or exactly what the encoder would
/// write; and whatever follows a chain is followed or refused without a word of it counting.
#include "core/base/assert.hpp"
#include "core/crypto/sha256.hpp"
#include "core/lease/audit/chain.hpp"
#include "core/lease/audit/event_data.hpp"

using namespace grafos;
using namespace grafos::lease;

namespace {

void check_event_data_of(const AuditEvent& event) {
    const Result<> checked = check_event_data(event.kind, event.event_data);
    GRAFOS_ASSERT(checked.is_ok() || checked.error().field != Field::none);
}

void check_refusal(Bytes input, const Error& error) {
    GRAFOS_ASSERT(error.field != Field::none);
    ChainVerifier verifier{{}};
    GRAFOS_ASSERT(!verifier.ingest(input, {}).is_ok());
    GRAFOS_ASSERT(!verifier.commit().is_ok());
    GRAFOS_ASSERT(verifier.committed().anchor.next.value == 0);
}

/// A record that is one can be sealed at its place again, and is followed there.
void check_chain(Bytes input, const RecordView& view) {
    if (view.place.sequence.value == UINT64_MAX) {
        return;
    }
    const Anchor before{view.place.sequence, view.place.previous_hash};
    const BootNumber boot = view.event.kind == EventKind::boot ? BootNumber{} : view.place.boot;
    ChainVerifier verifier{{before, view.place.node_id, boot}};
    const Result<RecordView> followed = verifier.ingest(input, crypto::sha256(input));
    const Result<VerifierState> done = verifier.commit();
    GRAFOS_ASSERT(followed.is_ok() == done.is_ok());
    GRAFOS_ASSERT(!done.is_ok() || done.value().anchor.next.value == before.next.value + 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const Bytes input{data, size};
    const Result<size_t> measured = measure_record(input);
    GRAFOS_ASSERT(!measured.is_ok() || measured.value() <= size);
    const Result<RecordView> decoded = decode_record(input);
    if (!decoded.is_ok()) {
        check_refusal(input, decoded.error());
        return 0;
    }
    const RecordView& view = decoded.value();
    GRAFOS_ASSERT(measured.is_ok() && measured.value() == size);
    std::array<uint8_t, limits::record_bytes_max> again;
    const size_t written = encode_record(view.event, view.place, again);
    GRAFOS_ASSERT(is_equal(Bytes{again}.first(written), input));
    check_event_data_of(view.event);
    check_chain(input, view);
    return 0;
}
