// SPDX-License-Identifier: Apache-2.0
/// Tables in a wanted state, for the tests of this folder.
#pragma once

#include "core/lease/table/lease_table.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease::test {

inline constexpr Duration ttl{1000};

/// A started table whose time begins at the run's start time.
template <uint32_t slot_count, WheelShape shape = small_wheel>
struct TableBuilder {
    LeaseTableOf<slot_count, shape> table{};
    Instant now = grafos::test::start_time();
    uint64_t grants = 0;

    TableBuilder() { table.start(now, {1, 2}); }
    explicit TableBuilder(Instant start) : now{start} { table.start(now, {1, 2}); }

    [[nodiscard]] Instant at(uint64_t ms_from_now) const { return {now.ms + ms_from_now}; }
    void pass(uint64_t ms) { now.ms += ms; }

    /// A grant for `slot`, different from every other one: epoch, id, ref and units.
    [[nodiscard]] GrantSpec spec_for(SlotIndex slot) {
        ++grants;
        GrantSpec spec{};
        store_big_endian<uint32_t>(spec.id.bytes.data(), slot.value);
        store_big_endian<uint64_t>(spec.id.bytes.data() + 8, grants * 0x9e37'79b9'7f4a'7c15u);
        store_big_endian<uint64_t>(spec.ref.bytes.data(), grants * 0xd6e8'feb8'6659'fd93u);
        store_big_endian<uint64_t>(spec.ref.bytes.data() + 8, grants);
        spec.tenant = {1};
        spec.extent = {grants % 1000, 1};
        spec.amount_bytes = 4096;
        spec.epoch = {grants};
        spec.ttl = ttl;
        return spec;
    }
    [[nodiscard]] GrantSpec next_spec() { return spec_for(table.next_free().value()); }
    LeaseId grant_next() {
        const GrantSpec spec = next_spec();
        static_cast<void>(table.grant(spec, now).value());
        return spec.id;
    }
    void end(SlotIndex slot, ErrorCode code) {
        table.enter_tearing_down(slot, {code, Reason::none}, now, at(50));
    }
    /// Ends and frees a live lease, with nothing else waiting in its queue before it.
    void release(SlotIndex slot) {
        end(slot, ErrorCode::released);
        table.enter_free(slot);
    }
    /// The next due lease, with budget to spare.
    [[nodiscard]] std::optional<SlotIndex> due() {
        uint32_t budget = 1000;
        return table.next_due(now, budget);
    }
    /// Leads slot 0 of a new table to `phase` along the legal edges.
    void bring_first_slot_to(Phase phase) {
        if (phase == Phase::free) {
            return;
        }
        grant_next();
        if (phase >= Phase::revoke_warning && phase <= Phase::checkpoint_reported) {
            table.enter_revoke_warning({0}, Reason::authority_request);
        }
        if (phase == Phase::grace_running || phase == Phase::checkpoint_reported) {
            table.enter_grace_running({0}, Duration{100}, now);
        }
        if (phase == Phase::checkpoint_reported) {
            table.enter_checkpoint_reported({0});
        }
        if (phase == Phase::tearing_down || phase == Phase::fenced) {
            end({0}, ErrorCode::revoked);
        }
        if (phase == Phase::fenced) {
            table.enter_fenced({0});
        }
    }
};

} // namespace grafos::lease::test
