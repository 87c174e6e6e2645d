// SPDX-License-Identifier: Apache-2.0
/// What outlives a boot: fences, and which disk units are clean; read back from a checkpoint and
/// the records after it, and from bytes that nobody vouches for.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorReplay : public LessorFixture {
protected:
    std::array<uint8_t, 4096> bytes{};
    size_t size = 0;
    uint64_t covered = 0; ///< records in the checkpoint

    void checkpoint() {
        size = lessor.write_checkpoint(bytes);
        covered = journal.end();
        EXPECT_LE(size, lessor.checkpoint_bytes_max());
    }
    [[nodiscard]] Bytes written() const { return Bytes{bytes}.first(size); }

    /// The same machine after its power came back: resources all dirty, bytes kept.
    struct Boot {
        FakeResource memory;
        FakeResource block;
        RamJournalOf<64> journal{};
        Bench bench;

        explicit Boot(Instant now, uint64_t memory_units = FakeResource::units_max,
                      uint64_t block_units = FakeResource::units_max)
            : memory{ResourceKind::memory, resource_id_of(ResourceKind::memory, 0), memory_units},
              block{ResourceKind::block, resource_id_of(ResourceKind::block, 0), block_units},
              bench{memory, block, journal, now} {
            memory.set_all(UnitState::dirty);
            block.set_all(UnitState::dirty);
        }
    };
    /// The boot before is gone. Not on the stack: a bare machine's is small.
    template <typename... Units>
    [[nodiscard]] Boot& reboot(Units... units) {
        return boot_memory.emplace(now, uint64_t{units}...);
    }
    std::optional<Boot> boot_memory{};

    /// Loads the checkpoint and replays what came after it.
    [[nodiscard]] Result<> recover(Boot& boot) const {
        GRAFOS_TRY(boot.bench.lessor.load_checkpoint(written()));
        for (uint64_t i = covered; i < journal.end(); ++i) {
            GRAFOS_TRY(boot.bench.lessor.replay(journal.at(i).event(), {i}));
        }
        return ok();
    }
    /// A boot knows as fenced what was fenced, and as clean no more than was clean.
    void expect_recovered(const Boot& boot) const {
        for (uint64_t i = 0; i < FakeResource::units_max; ++i) {
            const UnitState was = block.state_of(i);
            const UnitState is = boot.block.state_of(i);
            EXPECT_EQ(was == UnitState::fenced, is == UnitState::fenced);
            EXPECT_TRUE(is != UnitState::free || was == UnitState::free);
            EXPECT_TRUE(is == UnitState::fenced || is == UnitState::free || is == UnitState::dirty);
            if (is == UnitState::fenced) {
                EXPECT_EQ(block.fence_of(i).value, boot.block.fence_of(i).value);
            }
            const UnitState memory_was = memory.state_of(i);
            EXPECT_EQ(boot.memory.state_of(i),
                      memory_was == UnitState::fenced ? UnitState::fenced : UnitState::dirty);
            if (memory_was == UnitState::fenced) {
                EXPECT_EQ(memory.fence_of(i).value, boot.memory.fence_of(i).value);
            }
        }
    }
};

TEST_F(LessorReplay, A_first_boot_has_no_checkpoint) {
    Boot& boot = reboot();
    EXPECT_TRUE(boot.bench.lessor.load_checkpoint({}).is_ok());
    EXPECT_EQ(boot.block.info().dirty, FakeResource::units_max);
}

TEST_F(LessorReplay, Protocol_4_fences_and_clean_disk_units_come_back_from_a_checkpoint) {
    const Sequence a = fence_units(3 * unit, ResourceKind::block);
    const Sequence b = fence_units(2 * unit, ResourceKind::memory);
    static_cast<void>(grant(4 * unit, ResourceKind::block));
    static_cast<void>(grant(4 * unit));
    block.move_units({40, 5}, UnitState::free, UnitState::dirty, {});
    checkpoint();
    Boot& boot = reboot();
    EXPECT_TRUE(recover(boot).is_ok());
    expect_recovered(boot);
    EXPECT_EQ(boot.block.info().fenced, 3u);
    EXPECT_EQ(boot.block.info().dirty, 9u); // leased and dirty then
    EXPECT_EQ(boot.block.info().free, 52u);
    EXPECT_EQ(boot.block.fence_of(0).value, a.value);
    EXPECT_EQ(boot.memory.fence_of(0).value, b.value);
}

TEST_F(LessorReplay, Protocol_5_records_after_the_checkpoint_are_replayed_over_it) {
    checkpoint();
    const Sequence a = fence_units(3 * unit, ResourceKind::block);
    const Sequence b = fence_units(2 * unit, ResourceKind::memory);
    const Answer lease = grant(4 * unit, ResourceKind::block);
    const Answer other = grant(2 * unit, ResourceKind::block);
    static_cast<void>(lessor.renew(renewal_of(lease), now).value());
    static_cast<void>(lessor.release(release_of(other), now).value());
    EXPECT_TRUE(settle());
    Boot& boot = reboot();
    EXPECT_TRUE(recover(boot).is_ok());
    expect_recovered(boot);
    EXPECT_EQ(boot.block.fence_of(2).value, a.value);
    EXPECT_EQ(boot.memory.fence_of(1).value, b.value);
    EXPECT_EQ(boot.block.info().free, 64u - 3 - 4 - 2);

    // Cleared now: clean again on disk, dirty in memory, as after every boot.
    EXPECT_TRUE(lessor.start_clear(clear_of(a), now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    block.fail_wipes(6);
    memory.fail_wipes(6);
    EXPECT_TRUE(lessor.start_clear(clear_of(b), now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_EQ(code_of(lessor.poll_clear()), ErrorCode::fenced);
    Boot& later = reboot();
    EXPECT_TRUE(recover(later).is_ok());
    expect_recovered(later);
    EXPECT_EQ(later.block.info().fenced, 0u);
    EXPECT_NE(later.memory.fence_of(0).value, b.value);
}

TEST_F(LessorReplay, Protocol_10_7_a_crash_in_the_middle_of_a_clear_does_not_free_the_units) {
    for (const ResourceKind kind : {ResourceKind::memory, ResourceKind::block}) {
        const Sequence fence = fence_units(3 * unit, kind);
        FakeResource& resource = kind == ResourceKind::block ? block : memory;
        resource.pause_wipes(40);
        EXPECT_TRUE(lessor.start_clear(clear_of(fence), now).is_ok());
        tick();
        checkpoint(); // the units are being wiped; the fence stands until that is recorded
        Boot& boot = reboot();
        EXPECT_TRUE(recover(boot).is_ok());
        const FakeResource& found = kind == ResourceKind::block ? boot.block : boot.memory;
        EXPECT_EQ(found.info().fenced, 3u);
        EXPECT_EQ(found.fence_of(0).value, fence.value);
        // And the clear's record, or the new fence's, fits on it.
        resource.pause_wipes(0);
        while (code_of(lessor.poll_clear()) == ErrorCode::busy) {
            tick();
            pass(1);
        }
        EXPECT_EQ(journal.last().kind, EventKind::fence_cleared);
        Boot& later = reboot();
        EXPECT_TRUE(recover(later).is_ok());
        EXPECT_EQ(later.memory.info().fenced + later.block.info().fenced, 0u);
    }
}

TEST_F(LessorReplay, Peers_row_10_a_fence_is_still_there_after_the_boot_and_its_wipes) {
    const Sequence fence = fence_units(3 * unit, ResourceKind::block);
    checkpoint();
    Boot& boot = reboot();
    EXPECT_TRUE(recover(boot).is_ok());
    Lessor& reborn = boot.bench.lessor;
    while (reborn.tick(now, ample)) {}
    EXPECT_EQ(boot.block.info().free, 61u);
    EXPECT_EQ(boot.block.info().fenced, 3u);
    EXPECT_EQ(code_of(reborn.grant(grant_request(62 * unit, ResourceKind::block), now)),
              ErrorCode::capacity_exceeded);
    EXPECT_TRUE(reborn.start_clear(clear_of(fence), now).is_ok());
}

TEST_F(LessorReplay, Memory_of_another_size_is_all_dirty_unless_it_had_a_fence) {
    static_cast<void>(grant(2 * unit));
    checkpoint();
    static_cast<void>(grant(40 * unit)); // reaches past the smaller one
    Boot& smaller = reboot(32u);
    EXPECT_TRUE(recover(smaller).is_ok());
    EXPECT_EQ(smaller.memory.info().dirty, 32u);
    static_cast<void>(fence_units(unit, ResourceKind::memory));
    Boot& replayed = reboot(32u);
    const Result<> from_record = recover(replayed);
    EXPECT_EQ(code_of(from_record), ErrorCode::corrupt); // cannot be placed
    EXPECT_EQ(field_of(from_record), Field::unit_size);
    checkpoint();
    Boot& loaded = reboot(32u);
    const Result<> from_checkpoint = recover(loaded);
    EXPECT_EQ(code_of(from_checkpoint), ErrorCode::corrupt);
    EXPECT_EQ(field_of(from_checkpoint), Field::unit_count);
    EXPECT_EQ(loaded.memory.info().dirty, 32u);
}

TEST_F(LessorReplay, A_disk_of_another_size_is_corrupt) {
    checkpoint();
    Boot& boot = reboot(64u, 63u);
    const Result<> loaded = boot.bench.lessor.load_checkpoint(written());
    EXPECT_EQ(code_of(loaded), ErrorCode::corrupt);
    EXPECT_EQ(field_of(loaded), Field::unit_count);
    EXPECT_EQ(boot.block.info().dirty, 63u);
}

TEST_F(LessorReplay, A_newer_checkpoint_is_refused_as_such) {
    checkpoint();
    bytes[0] = 2;
    Boot& boot = reboot();
    const Result<> loaded = boot.bench.lessor.load_checkpoint(written());
    EXPECT_EQ(code_of(loaded), ErrorCode::unsupported_version);
    EXPECT_EQ(field_of(loaded), Field::checkpoint);
    bytes[0] = 0;
    EXPECT_EQ(code_of(boot.bench.lessor.load_checkpoint(written())), ErrorCode::corrupt);
}

TEST_F(LessorReplay, Bad_input_every_truncated_checkpoint_is_corrupt_and_changes_nothing) {
    static_cast<void>(fence_units(3 * unit, ResourceKind::block));
    static_cast<void>(fence_units(2 * unit, ResourceKind::memory));
    checkpoint();
    Boot& boot = reboot();
    for (size_t length = 1; length < size; ++length) {
        const Result<> loaded = boot.bench.lessor.load_checkpoint(written().first(length));
        ASSERT_EQ(code_of(loaded), ErrorCode::corrupt) << length;
        ASSERT_EQ(boot.memory.info().dirty + boot.block.info().dirty, 128u);
    }
    const Result<> longer = boot.bench.lessor.load_checkpoint(Bytes{bytes}.first(size + 1));
    EXPECT_EQ(code_of(longer), ErrorCode::corrupt);
    EXPECT_TRUE(boot.bench.lessor.load_checkpoint(written()).is_ok());
}

TEST_F(LessorReplay, Bad_input_every_flipped_bit_is_typed_or_a_state_that_adds_up) {
    static_cast<void>(fence_units(3 * unit, ResourceKind::block));
    static_cast<void>(fence_units(2 * unit, ResourceKind::memory));
    static_cast<void>(grant(2 * unit, ResourceKind::block));
    checkpoint();
    for (size_t bit = 0; bit < 8 * size; ++bit) {
        const auto mask = static_cast<uint8_t>(1u << (bit % 8));
        bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ mask);
        Boot& boot = reboot();
        const Result<> loaded = boot.bench.lessor.load_checkpoint(written());
        const ResourceInfo a = boot.memory.info();
        const ResourceInfo b = boot.block.info();
        if (loaded.is_ok()) {
            // The log's own checksum guards against this; what is read adds up all the same.
            ASSERT_EQ(a.dirty + a.fenced + b.dirty + b.free + b.fenced, 128u);
            ASSERT_EQ(a.free, 0u);
        } else {
            ASSERT_TRUE(code_of(loaded) == ErrorCode::corrupt ||
                        code_of(loaded) == ErrorCode::unsupported_version);
            ASSERT_EQ(a.dirty + b.dirty, 128u);
        }
        bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ mask);
    }
}

TEST_F(LessorReplay, Bad_input_bits_without_a_unit_and_units_fenced_and_clean_are_corrupt) {
    // version, count; memory: 18 bytes, 8 of bitmap; block: 18 bytes, 8 fenced, 8 clean.
    Boot& small = reboot(63u);
    size = small.bench.lessor.write_checkpoint(bytes);
    Boot& boot = reboot(63u);
    bytes[2 + 18 + 7] |= 1; // unit 63 of 63
    EXPECT_EQ(code_of(boot.bench.lessor.load_checkpoint(written())), ErrorCode::corrupt);
    bytes[2 + 18 + 7] = 0;
    EXPECT_TRUE(boot.bench.lessor.load_checkpoint(written()).is_ok());
    Boot& other = reboot(63u);
    bytes[2 + 18 + 8 + 18] = 0x80;     // fenced
    bytes[2 + 18 + 8 + 18 + 8] = 0x80; // and clean
    size += 8;                         // its fence
    const Result<> both = other.bench.lessor.load_checkpoint(written());
    EXPECT_EQ(code_of(both), ErrorCode::corrupt);
    EXPECT_EQ(field_of(both), Field::padding);
}

TEST_F(LessorReplay, Bad_input_records_that_contradict_the_fences_are_corrupt) {
    const Sequence fence = fence_units(3 * unit, ResourceKind::block);
    AuditEvent event;
    event.resource_id = block.info().id;
    EventData data{};
    const auto replay = [&](EventKind kind) {
        event.kind = kind;
        event.event_data = data.view();
        return lessor.replay(event, {1'000});
    };
    const uint64_t far = ~uint64_t{0} - 1;
    const Extent bad[] = {{64, 1}, {0, 0}, {63, 2}, {far, 1}, {1, far}, {far, far}};
    for (const Extent extent : bad) {
        data = encode_data(AllocatedData{ResourceKind::block, extent, 1, ttl});
        EXPECT_EQ(code_of(replay(EventKind::lease_allocated)), ErrorCode::corrupt);
        data = encode_data(FencedData{extent, 0});
        EXPECT_EQ(code_of(replay(EventKind::resource_fenced)), ErrorCode::corrupt);
        data = encode_data(ClearedData{fence, extent});
        EXPECT_EQ(code_of(replay(EventKind::fence_cleared)), ErrorCode::corrupt);
    }
    data = encode_data(AllocatedData{ResourceKind::block, {2, 2}, 1, ttl}); // over the fence
    EXPECT_EQ(code_of(replay(EventKind::lease_allocated)), ErrorCode::corrupt);
    data = encode_data(ClearedData{{fence.value + 1}, {0, 3}}); // another fence
    EXPECT_EQ(code_of(replay(EventKind::fence_cleared)), ErrorCode::corrupt);
    data = encode_data(ClearedData{fence, {1, 3}}); // one unit more
    EXPECT_EQ(code_of(replay(EventKind::fence_cleared)), ErrorCode::corrupt);
    data = encode_data(FencedData{{10, 1}, 0});
    event.resource_id = resource_id_of(ResourceKind::block, 9);
    const Result<> foreign = replay(EventKind::resource_fenced);
    EXPECT_EQ(code_of(foreign), ErrorCode::corrupt);
    EXPECT_EQ(field_of(foreign), Field::resource_id);
    event.resource_id = block.info().id;
    data.size = 3;
    EXPECT_FALSE(replay(EventKind::resource_fenced).is_ok());
    EXPECT_EQ(block.info().fenced, 3u);
    // What says nothing of units is passed over.
    for (const EventKind kind :
         {EventKind::boot, EventKind::lease_renewed, EventKind::lease_released,
          EventKind::lease_expired, EventKind::lease_revoked, EventKind::lease_preempted,
          EventKind::request_refused, EventKind::edge_rewritten, EventKind::turn_overrun,
          EventKind::state_adopted, EventKind::log_trimmed}) {
        EXPECT_TRUE(replay(kind).is_ok());
    }
}

TEST_F(LessorReplay, A_checkpoint_read_and_written_again_is_the_same) {
    static_cast<void>(fence_units(3 * unit, ResourceKind::block));
    static_cast<void>(fence_units(2 * unit, ResourceKind::memory));
    static_cast<void>(grant(9 * unit, ResourceKind::block));
    checkpoint();
    Boot& boot = reboot();
    EXPECT_TRUE(recover(boot).is_ok());
    std::array<uint8_t, 4096> again{};
    const size_t again_size = boot.bench.lessor.write_checkpoint(again);
    EXPECT_TRUE(is_equal(written(), Bytes{again}.first(again_size)));
}

} // namespace
} // namespace grafos::lease::test
