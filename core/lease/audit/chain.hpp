// SPDX-License-Identifier: Apache-2.0
/// The chain: each record carries the hash of the one before, so that no record can be edited,
/// dropped, swapped or doubled without every later hash moving.
///
/// `ChainAssembler` makes one, `ChainVerifier` follows one. Both can start anywhere: at genesis (an
/// empty `Anchor`: sequence 0, previous hash zeroes) or behind any record whose hash is trusted.
#pragma once

#include "core/lease/audit/canonical.hpp"
#include "core/lease/audit/signer.hpp"

namespace grafos::lease {

/// What `seal` answers. `canonical` lies in the caller's buffer.
struct AuditRecord {
    Sequence sequence{};
    Digest current_event_hash{};
    Bytes canonical{};
};

/// The last line of an export: this node says that its chain ended here.
struct SignedHead {
    NodeId node_id{};
    Sequence sequence{}; ///< of the last record
    Digest current_event_hash{};
    Signature signature{};
};

class ChainAssembler {
public:
    /// Not started: `seal` answers not_ready.
    explicit ChainAssembler(const Signer& signer) noexcept : signer_{signer} {}
    ChainAssembler(const Anchor& prior, BootNumber boot, const Signer& signer) noexcept
        : signer_{signer} {
        start(prior, boot);
    }
    ChainAssembler(const ChainAssembler&) = delete;
    ChainAssembler& operator=(const ChainAssembler&) = delete;

    /// Goes on behind `prior`, for records of `boot`; once. The signer knows who it is. Context:
    /// turn.
    void start(const Anchor& prior, BootNumber boot) noexcept;

    /// Seals the next record into the front of `out`, which needs `record_bytes(event)`, at most
    /// limits::record_bytes_max: one encoding in place, one SHA-256 over it. Failures, none of
    /// which changes anything: as `check_event`; capacity_exceeded (length: `out` is too small);
    /// exhausted (sequence: 2^64 − 1 is never used); not_ready. Context: turn.
    [[nodiscard]] Result<AuditRecord> seal(const AuditEvent& event, MutableBytes out) noexcept;

    [[nodiscard]] Anchor head() const noexcept { return {place_.sequence, place_.previous_hash}; }
    [[nodiscard]] BootNumber boot() const noexcept { return place_.boot; }

    /// Failures: not_found (sequence: no record yet, so there is nothing to sign). Context: turn.
    [[nodiscard]] Result<SignedHead> sign_head() const noexcept;

private:
    const Signer& signer_;
    RecordPlace place_{}; ///< of the record to come
    bool is_started_ = false;
};

/// Signs any head, such as the durable one when younger records are not anchored yet.
/// Failures: not_found, as above. Context: turn.
[[nodiscard]] Result<SignedHead> sign_anchor(const Anchor& anchor, const Signer& signer) noexcept;

/// Whether `head` is signed by its node. One public-key operation. Failures: corrupt (signature).
[[nodiscard]] Result<> verify_signature(const SignedHead& head) noexcept;

/// Whether `view`, decoded from bytes that hash to `hash`, follows `before`; answers the anchor
/// behind it. Failures: corrupt (sequence: given, expected; previous_hash: first 8 bytes of both);
/// exhausted (sequence). Context: any.
[[nodiscard]] Result<Anchor> verify_link(const Anchor& before, const RecordView& view,
                                         const Digest& hash) noexcept;

/// The first 8 bytes of a hash, for an error's value and expectation.
[[nodiscard]] inline uint64_t short_form(const Digest& hash) noexcept {
    return load_big_endian<uint64_t>(hash.bytes.data());
}

/// What a verifier has to keep to go on later.
struct VerifierState {
    Anchor anchor{};
    NodeId node_id{};
    BootNumber boot{}; ///< of the last record; 0 before the first one, or if it is not known
};

/// Follows one node's chain in batches. A record that does not fit spoils its whole batch: nothing
/// of it counts, and every further record and the commit answer the first failure, until `abandon`.
class ChainVerifier {
public:
    /// `from` is trusted: genesis needs only the node's id.
    explicit ChainVerifier(const VerifierState& from) noexcept : committed_{from}, batch_{from} {}
    ChainVerifier(const ChainVerifier&) = delete;
    ChainVerifier& operator=(const ChainVerifier&) = delete;

    /// Takes one record into the open batch. `claimed` is the hash that stands beside the record.
    /// Failures: as `decode_record` and `verify_link`; corrupt (hash: claimed, computed); foreign
    /// (node_id); stale_epoch (boot: it fell); corrupt (boot: it rose without a boot record, or a
    /// boot record did not raise it). Context: any.
    [[nodiscard]] Result<RecordView> ingest(Bytes canonical, const Digest& claimed) noexcept;

    /// Whether `head` ends the open batch. Failures: foreign (node_id), corrupt (sequence, hash,
    /// signature), or the batch's first one.
    [[nodiscard]] Result<> check_head(const SignedHead& head) noexcept;

    /// Makes the open batch count and opens the next. Failures: the batch's first one.
    [[nodiscard]] Result<VerifierState> commit() noexcept;
    /// Drops the open batch.
    void abandon() noexcept;

    [[nodiscard]] const VerifierState& committed() const noexcept { return committed_; }

private:
    [[nodiscard]] Result<RecordView> follow(Bytes canonical, const Digest& claimed) noexcept;
    [[nodiscard]] Result<> check_boot(const RecordView& view) const noexcept;
    [[nodiscard]] Result<> compare_head(const SignedHead& head) const noexcept;

    VerifierState committed_;
    VerifierState batch_;
    Error failure_{}; ///< the batch's first one, if is_spoiled_
    bool is_spoiled_ = false;
};

} // namespace grafos::lease
