// SPDX-License-Identifier: Apache-2.0
/// Authority is decided at the resource, on every operation (protocol §10.1).
#include "core/lease/lessor/local_region.hpp"
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorAccess : public LessorFixture {
protected:
    std::array<uint8_t, 2 * unit> buffer{};
    [[nodiscard]] MutableBytes first(size_t size) { return MutableBytes{buffer}.first(size); }
};

TEST_F(LessorAccess, Bytes_are_read_back_where_they_were_written) {
    const Answer lease = grant(2 * unit);
    for (size_t i = 0; i < buffer.size(); ++i) {
        buffer[i] = static_cast<uint8_t>(i + 1);
    }
    EXPECT_TRUE(access(lease, Access::Kind::write, first(100), 28).is_ok());
    std::array<uint8_t, 100> back{};
    const AccessHandle handle = access(lease, Access::Kind::read, back, 28).value();
    EXPECT_TRUE(lessor.poll_access(handle, now).is_ok());
    EXPECT_TRUE(is_equal(back, first(100)));
    EXPECT_EQ(count(observe::Counter::reads), 1u);
    EXPECT_EQ(count(observe::Counter::writes), 1u);
    EXPECT_EQ(count(observe::Counter::bytes_read), 100u);
    EXPECT_EQ(count(observe::Counter::bytes_written), 100u);
}

TEST_F(LessorAccess, Protocol_10_1_every_wrong_token_is_refused_and_changes_counters_only) {
    const Answer lease = grant(unit);
    struct Case {
        ErrorCode code;
        Field field;
        Answer with;
        uint64_t offset;
        size_t size;
    };
    Answer id = lease;
    id.lease.bytes[4] ^= 1;
    Answer slot = lease;
    slot.lease.bytes[3] ^= 1;
    Answer no_slot = lease;
    no_slot.lease.bytes[0] = 0xff;
    Answer older = lease;
    older.epoch.value -= 1;
    Answer newer = lease;
    newer.epoch.value += 1;
    Answer generation = lease;
    generation.generation.value = 1;
    Answer wrapped = lease;
    wrapped.generation.value = ~uint32_t{0};
    const Case cases[] = {
        {ErrorCode::not_found, Field::lease, id, 0, 1},
        {ErrorCode::not_found, Field::lease, slot, 0, 1},
        {ErrorCode::not_found, Field::lease, no_slot, 0, 1},
        {ErrorCode::stale_epoch, Field::epoch, older, 0, 1},
        {ErrorCode::stale_epoch, Field::epoch, newer, 0, 1},
        {ErrorCode::stale_epoch, Field::generation, generation, 0, 1},
        {ErrorCode::stale_epoch, Field::generation, wrapped, 0, 1},
        {ErrorCode::capacity_exceeded, Field::length, lease, 0, unit + 1},
        {ErrorCode::capacity_exceeded, Field::length, lease, unit, 1},
        {ErrorCode::capacity_exceeded, Field::offset, lease, unit + 1, 0},
        {ErrorCode::capacity_exceeded, Field::offset, lease, ~uint64_t{0}, 1},
    };
    for (const Case& one : cases) {
        for (const Access::Kind kind : {Access::Kind::read, Access::Kind::write}) {
            const Figures before = figures();
            const uint64_t refused = bench.counters.refusals(one.code);
            const auto result = access(one.with, kind, first(one.size), one.offset);
            EXPECT_EQ(code_of(result), one.code);
            EXPECT_EQ(field_of(result), one.field);
            EXPECT_TRUE(figures() == before);
            EXPECT_EQ(bench.counters.refusals(one.code), refused + 1);
            EXPECT_TRUE(is_all_zero(memory.all_bytes()));
        }
    }
    tick();
    EXPECT_EQ(journal.end(), 1u); // the grant's; refused accesses are counted, not recorded
    EXPECT_EQ(count(observe::Counter::reads) + count(observe::Counter::writes), 0u);
    EXPECT_TRUE(access(lease, Access::Kind::read, first(unit)).is_ok());
    EXPECT_TRUE(access(lease, Access::Kind::read, first(0), unit).is_ok());
}

TEST_F(LessorAccess, Bounds_are_the_bytes_asked_for_not_the_units_they_took) {
    const Answer lease = grant(unit + 1);
    EXPECT_TRUE(access(lease, Access::Kind::write, first(unit + 1)).is_ok());
    EXPECT_EQ(code_of(access(lease, Access::Kind::write, first(unit + 2))),
              ErrorCode::capacity_exceeded);
}

TEST_F(LessorAccess, Peers_row_2_a_lease_of_before_touches_nothing_of_the_one_after_it) {
    const Answer first_lease = grant(64 * unit);
    static_cast<void>(lessor.release(release_of(first_lease), now).value());
    EXPECT_TRUE(settle());
    const Answer second = grant(64 * unit);
    Answer paused = first_lease; // a holder that slept through it, and guesses the rest
    EXPECT_EQ(try_read(paused), ErrorCode::released);
    paused.lease = second.lease;
    EXPECT_EQ(try_read(paused), ErrorCode::stale_epoch);
    EXPECT_EQ(try_read(second), no_error);
}

TEST_F(LessorAccess, Protocol_10_8_what_is_read_over_the_end_is_zeroed_and_not_handed_over) {
    const Answer lease = grant(unit, ResourceKind::block);
    fill(lease, 0x3c);
    block.hold_accesses(true);
    for (const bool fails : {false, true}) {
        SCOPED_TRACE(fails);
        buffer.fill(0x11);
        block.hold_accesses(true, fails ? 5 : 0);
        const AccessHandle handle = access(lease, Access::Kind::read, first(unit)).value();
        EXPECT_EQ(code_of(lessor.poll_access(handle, now)), ErrorCode::busy);
        block.complete_all();
        const Instant after = fails ? now : Instant{now.ms + ttl.ms};
        EXPECT_EQ(code_of(lessor.poll_access(handle, after)),
                  fails ? ErrorCode::io : ErrorCode::lease_expired);
        EXPECT_TRUE(is_all_zero(first(unit)));
        EXPECT_EQ(buffer[unit], 0x11u);
        EXPECT_NE(code_of(lessor.poll_access(handle, now)), no_error); // its ticket is gone
    }
}

TEST_F(LessorAccess, A_read_at_once_is_handed_over_only_while_the_lease_lives) {
    const Answer lease = grant();
    fill(lease, 0x3c);
    const AccessHandle handle = access(lease, Access::Kind::read, first(unit)).value();
    EXPECT_TRUE(lessor.poll_access(handle, now).is_ok());
    EXPECT_EQ(buffer[0], 0x3cu);
    EXPECT_EQ(code_of(lessor.poll_access(handle, {now.ms + ttl.ms})), ErrorCode::lease_expired);
    EXPECT_TRUE(is_all_zero(first(unit)));
}

TEST_F(LessorAccess,
       Peers_row_12_an_access_of_before_the_end_answers_the_end_after_the_slots_reuse) {
    const Answer lease = grant(unit, ResourceKind::block);
    block.hold_accesses(true);
    const AccessHandle handle = access(lease, Access::Kind::read, first(unit)).value();
    block.complete_all();
    static_cast<void>(lessor.release(release_of(lease), now).value());
    EXPECT_TRUE(settle());
    for (uint32_t i = 0; i < table.capacity(); ++i) {
        static_cast<void>(grant(unit));
    }
    buffer.fill(0x22);
    EXPECT_EQ(code_of(lessor.poll_access(handle, now)), ErrorCode::not_found);
    EXPECT_TRUE(is_all_zero(first(unit)));
}

// --- the Region door
// ------------------------------------------------------------------------------------

TEST_F(LessorAccess, A_region_reads_and_writes_its_lease) {
    const Answer lease = grant(unit);
    LocalRegion region{lessor, lease};
    EXPECT_EQ(region.size_bytes(), unit);
    buffer.fill(0x6d);
    const RegionTicket written = region.start_write(8, first(16), now).value();
    EXPECT_EQ(written.number, 0u); // memory is done at once
    EXPECT_TRUE(region.poll(written, now).is_ok());
    std::array<uint8_t, 16> back{};
    EXPECT_TRUE(region.start_read(8, back, now).is_ok());
    EXPECT_TRUE(is_equal(back, first(16)));
    EXPECT_EQ(code_of(region.start_read(unit, back, now)), ErrorCode::capacity_exceeded);
    EXPECT_EQ(code_of(region.poll({99}, now)), ErrorCode::not_found);
}

TEST_F(LessorAccess, A_region_has_room_for_so_many_accesses_and_each_is_polled_once) {
    const Answer lease = grant(unit, ResourceKind::block);
    LocalRegion region{lessor, lease};
    block.hold_accesses(true);
    std::array<RegionTicket, region_accesses_max> tickets{};
    for (RegionTicket& ticket : tickets) {
        ticket = region.start_write(0, first(1), now).value();
    }
    EXPECT_EQ(code_of(region.start_write(0, first(1), now)), ErrorCode::busy);
    for (const RegionTicket ticket : tickets) {
        EXPECT_EQ(code_of(region.poll(ticket, now)), ErrorCode::busy);
    }
    block.complete_all();
    for (const RegionTicket ticket : tickets) {
        EXPECT_TRUE(region.poll(ticket, now).is_ok());
        EXPECT_EQ(code_of(region.poll(ticket, now)), ErrorCode::not_found);
    }
    EXPECT_TRUE(region.start_write(0, first(1), now).is_ok());
}

TEST_F(LessorAccess, A_region_follows_the_generations_of_its_lease) {
    const Answer lease = grant();
    LocalRegion region{lessor, lease};
    const Answer once = lessor.renew(renewal_of(lease), now).value();
    EXPECT_TRUE(region.start_read(0, first(1), now).is_ok());
    const Answer twice = lessor
                             .renew(
                                 [&] {
                                     Request request = renewal_of(lease);
                                     request.generation = once.generation;
                                     return request;
                                 }(),
                                 now)
                             .value();
    EXPECT_EQ(code_of(region.start_read(0, first(1), now)), ErrorCode::stale_epoch);
    region.set_generation(twice.generation);
    EXPECT_TRUE(region.start_read(0, first(1), now).is_ok());
}

TEST_F(LessorAccess, Peers_row_9_a_region_that_outlives_its_lease_is_harmless) {
    const Answer lease = grant(unit, ResourceKind::block);
    LocalRegion region{lessor, lease};
    block.hold_accesses(true);
    const RegionTicket ticket = region.start_read(0, first(unit), now).value();
    static_cast<void>(lessor.revoke(revocation_of(lease), now).value());
    EXPECT_EQ(code_of(region.start_read(0, first(1), now)), ErrorCode::revoked);
    block.complete_all();
    buffer.fill(0x44);
    EXPECT_EQ(code_of(region.poll(ticket, now)), ErrorCode::revoked);
    EXPECT_TRUE(is_all_zero(first(unit)));
    EXPECT_EQ(code_of(region.poll(ticket, now)), ErrorCode::not_found);
}

} // namespace
} // namespace grafos::lease::test
