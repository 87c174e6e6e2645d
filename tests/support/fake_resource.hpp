// SPDX-License-Identifier: Apache-2.0
/// A small resource that does what the test says: wipes in so many steps, refuses, keeps accesses
/// in flight, survives resets. It has bytes of its own, so that residue can be seen, and asserts
/// what the `Resource` contract lets it ask of its caller.
#pragma once

#include <array>

#include "core/base/bytes.hpp"
#include "core/lease/resource.hpp"

namespace grafos::test {

class FakeResource final : public lease::Resource {
public:
    static constexpr uint64_t units_max = 64;
    static constexpr uint64_t unit_bytes = 64;
    static constexpr size_t accesses_max = 8;

    FakeResource(lease::ResourceKind kind, const ResourceId& id,
                 uint64_t unit_count = units_max) noexcept
        : kind_{kind}, id_{id}, unit_count_{unit_count} {
        GRAFOS_ASSERT(unit_count > 0 && unit_count <= units_max);
        set_all(lease::UnitState::free);
    }
    FakeResource(const FakeResource&) = delete;
    FakeResource& operator=(const FakeResource&) = delete;

    // --- Resource --------------------------------------------------------------------------------
    [[nodiscard]] lease::ResourceInfo info() const noexcept override {
        lease::ResourceInfo info;
        info.id = id_;
        info.kind = kind_;
        info.unit_bytes = unit_bytes;
        info.unit_count = unit_count_;
        for (uint64_t unit = 0; unit < unit_count_; ++unit) {
            switch (states_[unit]) {
            case lease::UnitState::free: ++info.free; break;
            case lease::UnitState::leased: ++info.leased; break;
            case lease::UnitState::tearing: ++info.tearing; break;
            case lease::UnitState::dirty: ++info.dirty; break;
            case lease::UnitState::fenced: ++info.fenced; break;
            }
        }
        return info;
    }

    [[nodiscard]] Result<lease::Extent> prepare(uint64_t bytes) const noexcept override {
        if (bytes == 0) {
            return Error{ErrorCode::invalid_argument, Field::amount, 0, 1};
        }
        uint64_t longest = 0;
        for (uint64_t unit = 0; unit < unit_count_;) {
            const lease::Extent run = run_at(lease::UnitState::free, unit);
            if (run.unit_count * unit_bytes >= bytes) {
                return lease::Extent{run.first_unit, (bytes + unit_bytes - 1) / unit_bytes};
            }
            longest = run.unit_count > longest ? run.unit_count : longest;
            unit = run.unit_count == 0 ? unit_count_ : run.first_unit + run.unit_count;
        }
        return Error{ErrorCode::capacity_exceeded, Field::amount, bytes, longest * unit_bytes};
    }

    void move_units(lease::Extent extent, lease::UnitState from, lease::UnitState to,
                    Sequence fence) noexcept override {
        GRAFOS_ASSERT(extent.unit_count > 0 && from != to);
        GRAFOS_ASSERT(extent.first_unit + extent.unit_count <= unit_count_);
        for (uint64_t unit = extent.first_unit; unit < end_of(extent); ++unit) {
            GRAFOS_ASSERT(states_[unit] == from);
            states_[unit] = to;
            fences_[unit] = to == lease::UnitState::fenced ? fence : Sequence{};
        }
        if (to == lease::UnitState::leased || to == lease::UnitState::free) {
            GRAFOS_ASSERT(in_flight(extent) == 0);
        }
    }

    [[nodiscard]] lease::UnitState state_of(uint64_t unit) const noexcept override {
        GRAFOS_ASSERT(unit < unit_count_);
        return states_[unit];
    }
    [[nodiscard]] Sequence fence_of(uint64_t unit) const noexcept override {
        GRAFOS_ASSERT(state_of(unit) == lease::UnitState::fenced);
        return fences_[unit];
    }
    [[nodiscard]] lease::Extent find_run(lease::UnitState state,
                                         uint64_t from_unit) const noexcept override {
        const lease::Extent run = run_at(state, from_unit);
        return {run.first_unit, run.unit_count < longest_run_ ? run.unit_count : longest_run_};
    }

    [[nodiscard]] Result<lease::AccessTicket> start_access(
        const lease::Access& access) noexcept override {
        GRAFOS_ASSERT(states_[access.extent.first_unit] == lease::UnitState::leased);
        const uint64_t size = access.extent.unit_count * unit_bytes;
        GRAFOS_ASSERT(access.offset + access.buffer.size() <= size);
        if (!holds_accesses_) {
            carry_out(access);
            return lease::AccessTicket{0};
        }
        for (Pending& pending : pending_) {
            if (pending.number == 0) {
                pending = {next_number_++, access, false, access_io_};
                return lease::AccessTicket{pending.number};
            }
        }
        return Error{ErrorCode::busy, Field::slot, accesses_max, accesses_max};
    }
    [[nodiscard]] Result<> poll_access(lease::AccessTicket ticket) noexcept override {
        for (Pending& pending : pending_) {
            if (pending.number != ticket.number || ticket.number == 0) {
                continue;
            }
            if (!pending.is_done) {
                return Error{ErrorCode::busy, Field::ticket, ticket.number};
            }
            const uint64_t io = pending.io;
            pending = {};
            return io == 0 ? Result<>{ok()} : Result<>{Error{ErrorCode::io, Field::device, io}};
        }
        return Error{ErrorCode::not_found, Field::ticket, ticket.number};
    }
    [[nodiscard]] MutableBytes direct_bytes(lease::Extent extent) noexcept override {
        GRAFOS_ASSERT(states_[extent.first_unit] == lease::UnitState::leased);
        return kind_ == lease::ResourceKind::memory
                   ? MutableBytes{bytes_}.subspan(extent.first_unit * unit_bytes,
                                                  extent.unit_count * unit_bytes)
                   : MutableBytes{};
    }
    [[nodiscard]] uint32_t in_flight(lease::Extent extent) const noexcept override {
        uint32_t count = 0;
        for (const Pending& pending : pending_) {
            const bool counts = pending.number != 0 && !pending.is_done;
            count += counts && overlap(pending.access.extent, extent) ? 1u : 0u;
        }
        return count + (overlap(pinned_, extent) ? pins_ : 0u);
    }

    [[nodiscard]] bool is_wiping() const noexcept override { return wipe_.unit_count > 0; }
    void begin_wipe(lease::Extent extent) noexcept override {
        GRAFOS_ASSERT(!is_wiping());
        GRAFOS_ASSERT(in_flight(extent) == 0);
        for (uint64_t unit = extent.first_unit; unit < end_of(extent); ++unit) {
            GRAFOS_ASSERT(states_[unit] == lease::UnitState::tearing);
        }
        wipe_ = extent;
        wiped_bytes_ = 0;
        pauses_left_ = wipe_pauses_;
        wipes_begun_ += 1;
    }
    [[nodiscard]] Result<lease::Step> wipe_step(uint64_t budget_bytes) noexcept override {
        GRAFOS_ASSERT(is_wiping() && budget_bytes > 0);
        if (hangs_) {
            return lease::Step::more;
        }
        if (wipe_io_ != 0 && wipes_until_io_ == 0) {
            wipe_ = {};
            return Error{ErrorCode::io, Field::device, wipe_io_};
        }
        if (pauses_left_ > 0) {
            --pauses_left_;
            return lease::Step::more;
        }
        const uint64_t size = wipe_.unit_count * unit_bytes;
        const uint64_t left = size - wiped_bytes_;
        const uint64_t slice = left < budget_bytes ? left : budget_bytes;
        zero_bytes(
            MutableBytes{bytes_}.subspan(wipe_.first_unit * unit_bytes + wiped_bytes_, slice));
        wiped_bytes_ += slice;
        wiped_total_ += slice;
        if (wiped_bytes_ < size) {
            return lease::Step::more;
        }
        wipe_ = {};
        wipes_until_io_ -= wipes_until_io_ == 0 ? 0 : 1;
        return lease::Step::done;
    }
    void on_device_reset() noexcept override {
        resets_ += 1;
        if (!survives_reset_) {
            for (Pending& pending : pending_) {
                if (pending.number != 0 && !pending.is_done) {
                    pending.is_done = true;
                    pending.io = 1;
                }
            }
            hangs_ = false;
        }
        wiped_bytes_ = 0;
    }

    // --- what the test decides -------------------------------------------------------------------
    void set_all(lease::UnitState state) noexcept {
        states_.fill(state);
        fences_ = {};
    }
    /// Every wipe says `more` so often before it does anything.
    void pause_wipes(uint32_t steps) noexcept { wipe_pauses_ = steps; }
    /// After `wipes` more that succeed, every wipe fails with `io`; 0: none fails any more.
    void fail_wipes(uint64_t io, uint32_t wipes = 0) noexcept {
        wipe_io_ = io;
        wipes_until_io_ = wipes;
    }
    void hang_wipes(bool does) noexcept { hangs_ = does; }
    /// Accesses stay in flight until `complete_all`, and end with `io` then (0: fine).
    void hold_accesses(bool does, uint64_t io = 0) noexcept {
        holds_accesses_ = does;
        access_io_ = io;
    }
    void complete_all() noexcept {
        for (Pending& pending : pending_) {
            if (pending.number != 0 && !pending.is_done) {
                carry_out(pending.access);
                pending.is_done = true;
            }
        }
    }
    void survive_resets(bool does) noexcept { survives_reset_ = does; }
    void pin(lease::Extent extent, uint32_t pins) noexcept {
        pinned_ = extent;
        pins_ = pins;
    }
    /// `find_run` shows no more units at once.
    void limit_runs(uint64_t units) noexcept { longest_run_ = units; }

    // --- what happened ---------------------------------------------------------------------------
    [[nodiscard]] Bytes bytes_of(lease::Extent extent) const noexcept {
        return Bytes{bytes_}.subspan(extent.first_unit * unit_bytes,
                                     extent.unit_count * unit_bytes);
    }
    [[nodiscard]] MutableBytes all_bytes() noexcept { return bytes_; }
    [[nodiscard]] uint64_t wipes_begun() const noexcept { return wipes_begun_; }
    [[nodiscard]] uint64_t wiped_bytes() const noexcept { return wiped_total_; }
    [[nodiscard]] uint32_t resets() const noexcept { return resets_; }

private:
    struct Pending {
        uint64_t number = 0;
        lease::Access access{};
        bool is_done = false;
        uint64_t io = 0;
    };

    [[nodiscard]] static uint64_t end_of(lease::Extent extent) noexcept {
        return extent.first_unit + extent.unit_count;
    }
    [[nodiscard]] static bool overlap(lease::Extent a, lease::Extent b) noexcept {
        return a.first_unit < end_of(b) && b.first_unit < end_of(a);
    }
    [[nodiscard]] lease::Extent run_at(lease::UnitState state, uint64_t from) const noexcept {
        uint64_t first = from;
        while (first < unit_count_ && states_[first] != state) {
            ++first;
        }
        uint64_t end = first;
        while (end < unit_count_ && states_[end] == state && fences_[end] == fences_[first]) {
            ++end;
        }
        return first == end ? lease::Extent{} : lease::Extent{first, end - first};
    }
    void carry_out(const lease::Access& access) noexcept {
        const MutableBytes place = MutableBytes{bytes_}.subspan(
            access.extent.first_unit * unit_bytes + access.offset, access.buffer.size());
        switch (access.kind) {
        case lease::Access::Kind::read: copy_bytes(access.buffer, place); break;
        case lease::Access::Kind::write: copy_bytes(place, access.buffer); break;
        case lease::Access::Kind::flush: break;
        }
    }

    lease::ResourceKind kind_;
    ResourceId id_;
    uint64_t unit_count_;
    std::array<lease::UnitState, units_max> states_{};
    std::array<Sequence, units_max> fences_{};
    alignas(8) std::array<uint8_t, units_max * unit_bytes> bytes_{};
    std::array<Pending, accesses_max> pending_{};
    uint64_t next_number_ = 1;
    lease::Extent wipe_{};
    uint64_t wiped_bytes_ = 0;
    uint64_t wiped_total_ = 0;
    uint64_t wipes_begun_ = 0;
    uint32_t wipe_pauses_ = 0;
    uint32_t pauses_left_ = 0;
    uint64_t wipe_io_ = 0;
    uint32_t wipes_until_io_ = 0;
    bool hangs_ = false;
    bool holds_accesses_ = false;
    uint64_t access_io_ = 0;
    bool survives_reset_ = false;
    lease::Extent pinned_{};
    uint32_t pins_ = 0;
    uint64_t longest_run_ = units_max;
    uint32_t resets_ = 0;
};

} // namespace grafos::test
