// SPDX-License-Identifier: Apache-2.0
/// A journal in RAM: keeps what was appended, counts what was promised, refuses where told.
///
/// It seals nothing. Records become durable when the test says so; the newest `Count` are kept with
/// copies of all their bytes, so that a test can read them after the caller's buffers are gone.
#pragma once

#include <array>
#include <optional>

#include "core/lease/audit/event_data.hpp"
#include "core/lease/audit/journal.hpp"

namespace grafos::test {

/// One record as it was appended.
struct KeptRecord {
    Sequence sequence{};
    lease::Draw draw{};
    lease::EventKind kind{};
    UnixMillis timestamp{};
    TenantId tenant{};
    LeaseRef lease_ref{};
    ResourceId resource_id{};
    Epoch epoch{};
    lease::Reason reason{};
    std::array<uint8_t, limits::identity_bytes_max> identity_bytes{};
    size_t identity_size = 0;
    std::array<uint8_t, limits::event_data_bytes_max> data_bytes{};
    size_t data_size = 0;

    [[nodiscard]] Bytes identity() const noexcept {
        return Bytes{identity_bytes}.first(identity_size);
    }
    [[nodiscard]] Bytes data() const noexcept { return Bytes{data_bytes}.first(data_size); }
    [[nodiscard]] lease::AuditEvent event() const noexcept {
        return {kind, timestamp, identity(), tenant, lease_ref, resource_id, epoch, reason, data()};
    }
};

class RamJournal : public lease::Journal {
public:
    explicit RamJournal(std::span<KeptRecord> kept) noexcept : kept_{kept} {}
    RamJournal(const RamJournal&) = delete;
    RamJournal& operator=(const RamJournal&) = delete;

    [[nodiscard]] Result<Sequence> append(const lease::AuditEvent& event,
                                          lease::Draw draw) noexcept override {
        const Result<> checked = check_append(draw);
        if (!checked.is_ok()) {
            return checked.error();
        }
        GRAFOS_ASSERT(event.identity.size() <= limits::identity_bytes_max);
        KeptRecord& kept = kept_[end_ % kept_.size()];
        kept = {{end_},
                draw,
                event.kind,
                event.timestamp,
                event.tenant,
                event.lease_ref,
                event.resource_id,
                event.epoch,
                event.reason};
        kept.identity_size = event.identity.size();
        copy_bytes(kept.identity_bytes, event.identity);
        kept.data_size = event.event_data.size();
        copy_bytes(kept.data_bytes, event.event_data);
        account(draw, event.lease_ref.is_zero());
        room_ -= room_ == unlimited ? 0u : 1u;
        end_ += 1;
        if (anchors_at_once_) {
            anchored_ = end_;
        }
        return Sequence{end_ - 1};
    }

    [[nodiscard]] Result<> check_append(lease::Draw draw) const noexcept override {
        const std::optional<ErrorCode>& refusal = refusals_[static_cast<size_t>(draw)];
        if (refusal.has_value()) {
            return Error{*refusal, Field::log};
        }
        if (room_ == 0) {
            return Error{ErrorCode::busy, Field::log};
        }
        return ok();
    }

    void return_fence_reserve() noexcept override { take(promised_fences_); }
    [[nodiscard]] Sequence anchored_end() const noexcept override { return {anchored_}; }
    [[nodiscard]] Sequence appended_end() const noexcept override { return {end_}; }
    [[nodiscard]] Epoch epoch_limit() const noexcept override { return epoch_limit_; }

    // --- what the test decides -------------------------------------------------------------------
    void refuse(lease::Draw draw, ErrorCode code) noexcept {
        refusals_[static_cast<size_t>(draw)] = code;
    }
    void accept(lease::Draw draw) noexcept { refusals_[static_cast<size_t>(draw)].reset(); }
    void accept_all() noexcept {
        refusals_ = {};
        room_ = unlimited;
    }
    /// As a durable log in degraded(durable_unknown): what may outlive that goes into the open
    /// group while it has room, the rest is refused.
    void degrade() noexcept {
        for (const lease::Draw draw : {lease::Draw::grant, lease::Draw::renewal, lease::Draw::clear,
                                       lease::Draw::note, lease::Draw::dirty_fence}) {
            refuse(draw, ErrorCode::degraded);
        }
        anchors_at_once_ = false;
    }
    /// So many records more, then busy: the open group is full.
    void set_room(uint64_t records) noexcept { room_ = records; }
    void anchor_at_once(bool does) noexcept { anchors_at_once_ = does; }
    void anchor_all() noexcept { anchored_ = end_; }
    void set_epoch_limit(Epoch limit) noexcept { epoch_limit_ = limit; }

    // --- what happened ---------------------------------------------------------------------------
    [[nodiscard]] uint64_t end() const noexcept { return end_; }
    [[nodiscard]] const KeptRecord& at(uint64_t sequence) const noexcept {
        GRAFOS_ASSERT(sequence < end_ && end_ - sequence <= kept_.size());
        return kept_[sequence % kept_.size()];
    }
    [[nodiscard]] const KeptRecord& last() const noexcept { return at(end_ - 1); }
    /// Records of `kind` at or after `from`.
    [[nodiscard]] uint64_t count(lease::EventKind kind, uint64_t from = 0) const noexcept {
        uint64_t found = 0;
        for (uint64_t i = from; i < end_; ++i) {
            found += at(i).kind == kind ? 1u : 0u;
        }
        return found;
    }

    /// What may still come and must not be refused: an end and a fence a grant, a clear and a new
    /// fence a fence.
    [[nodiscard]] uint64_t promised_ends() const noexcept { return promised_ends_; }
    [[nodiscard]] uint64_t promised_fences() const noexcept { return promised_fences_; }
    [[nodiscard]] uint64_t promised_clears() const noexcept { return promised_clears_; }
    /// Draws on a promise that nobody had made.
    [[nodiscard]] uint64_t unpromised() const noexcept { return unpromised_; }

private:
    static constexpr uint64_t unlimited = ~uint64_t{0};

    void take(uint64_t& promised) noexcept {
        unpromised_ += promised == 0 ? 1u : 0u;
        promised -= promised == 0 ? 0u : 1u;
    }

    /// `is_refence`: names no lease, so a clear's teardown left it behind.
    void account(lease::Draw draw, bool is_refence) noexcept {
        switch (draw) {
        case lease::Draw::grant:
            ++promised_ends_;
            ++promised_fences_;
            return;
        case lease::Draw::lease_end: take(promised_ends_); return;
        case lease::Draw::fence:
            if (is_refence) { // in place of the clear, which it needs again
                take(promised_clears_);
                ++promised_clears_;
                return;
            }
            take(promised_fences_);
            ++promised_clears_;
            return;
        case lease::Draw::dirty_fence: ++promised_clears_; return;
        case lease::Draw::clear: take(promised_clears_); return;
        case lease::Draw::renewal:
        case lease::Draw::control:
        case lease::Draw::note: return;
        }
    }

    std::span<KeptRecord> kept_;
    std::array<std::optional<ErrorCode>, 8> refusals_{};
    uint64_t end_ = 0;
    uint64_t anchored_ = 0;
    uint64_t room_ = unlimited;
    bool anchors_at_once_ = true;
    Epoch epoch_limit_{~uint64_t{0}};
    uint64_t promised_ends_ = 0;
    uint64_t promised_fences_ = 0;
    uint64_t promised_clears_ = 0;
    uint64_t unpromised_ = 0;

protected:
    ~RamJournal() = default;
};

template <size_t Count>
class RamJournalOf final : public RamJournal {
public:
    RamJournalOf() noexcept : RamJournal{records_} {}

private:
    std::array<KeptRecord, Count> records_{};
};

} // namespace grafos::test
