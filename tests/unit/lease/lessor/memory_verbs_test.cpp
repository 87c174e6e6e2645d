// SPDX-License-Identifier: Apache-2.0
/// Words and locks in leased memory, by authority and through the region's door (protocol §7, §10).
#include "core/lease/lessor/local_region.hpp"
#include "core/lease/lock/lock_header.hpp"
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorVerbs : public LessorFixture {
protected:
    MemoryVerbs verbs{lessor};
    Answer lease = grant(12 * unit); // 768 bytes
    Authority by = authority(lease);
    std::array<uint8_t, 1024> data{};

    [[nodiscard]] Authority authority(const Answer& of) {
        return lessor.find_access(of.lease_ref, of.epoch, of.generation, now).value();
    }
    [[nodiscard]] MutableBytes memory_bytes() {
        return memory.all_bytes().subspan(extent_of(lease).first_unit * unit, 768);
    }
    [[nodiscard]] static LockRequest lock_of(uint64_t nonce, uint64_t offset = 0) {
        LockRequest request;
        request.offset = offset;
        request.nonce = {nonce};
        request.ttl = Duration{200};
        return request;
    }
    [[nodiscard]] CommitRequest commit_of(const LockGrant& grant, uint64_t nonce,
                                          std::span<const CommitExtent> extents,
                                          bool release = false) const {
        CommitRequest request;
        request.generation = grant.generation;
        request.nonce = {nonce};
        request.extents = extents;
        request.release = release;
        return request;
    }
    template <typename T>
    void expect_refused(const Result<T>& result, const Error& error) {
        ASSERT_FALSE(result.is_ok());
        EXPECT_EQ(result.error(), error);
    }
};

TEST_F(LessorVerbs, Protocol_10_1_access_by_ref_is_checked_as_access_by_id) {
    Answer wrong = lease;
    wrong.epoch.value += 1;
    expect_refused(lessor.find_access(wrong.lease_ref, wrong.epoch, {}, now),
                   {ErrorCode::stale_epoch, Field::epoch, 2, 1});
    expect_refused(lessor.find_access(lease.lease_ref, lease.epoch, {1}, now),
                   {ErrorCode::stale_epoch, Field::generation, 1, 0});
    wrong.lease_ref.bytes[0] ^= 1;
    expect_refused(lessor.find_access(wrong.lease_ref, lease.epoch, {}, now),
                   {ErrorCode::not_found, Field::lease_ref});
    lessor.start(unix_base, Epoch{10}); // as after a reboot
    expect_refused(lessor.find_access(wrong.lease_ref, Epoch{9}, {}, now),
                   {ErrorCode::stale_epoch, Field::epoch, 9, 10});
    pass(ttl.ms);
    expect_refused(lessor.find_access(lease.lease_ref, lease.epoch, {}, now),
                   {ErrorCode::lease_expired, Field::lease});
}

TEST_F(LessorVerbs, An_authority_that_is_kept_is_checked_on_each_use) {
    Access access;
    access.buffer = MutableBytes{data}.first(8);
    EXPECT_TRUE(lessor.start_access(by, access, now).is_ok());
    Authority odd = by;
    odd.slot.value = 99;
    expect_refused(lessor.start_access(odd, access, now), {ErrorCode::not_found, Field::lease});
    odd = by;
    odd.generation.value = 7;
    expect_refused(lessor.start_access(odd, access, now),
                   {ErrorCode::stale_epoch, Field::generation, 7, 0});
    static_cast<void>(lessor.release(release_of(lease), now).value());
    expect_refused(lessor.start_access(by, access, now), {ErrorCode::released, Field::lease});
    expect_refused(verbs.fetch_add(by, 0, 1, now), {ErrorCode::released, Field::lease});
    EXPECT_TRUE(settle());
    for (uint32_t i = 0; i < table.capacity(); ++i) {
        static_cast<void>(grant(unit));
    }
    expect_refused(lessor.start_access(by, access, now), {ErrorCode::not_found, Field::lease});
    expect_refused(verbs.fetch_add(by, 0, 1, now), {ErrorCode::not_found, Field::lease});
}

TEST_F(LessorVerbs, A_window_is_kept_by_every_verb) {
    by.begin = 256;
    by.end = 600;
    by.bytes_max = 300;
    struct Case {
        uint64_t offset;
        uint64_t length;
        Error error;
    };
    const Case cases[] = {
        {255, 1, {ErrorCode::denied, Field::offset, 255, 256}},
        {601, 0, {ErrorCode::denied, Field::offset, 601, 600}},
        {600, 1, {ErrorCode::denied, Field::length, 1, 0}},
        {300, 301, {ErrorCode::denied, Field::length, 301, 300}},
        {599, 2, {ErrorCode::denied, Field::length, 2, 1}},
        {256, 300, {}},
        {599, 1, {}},
        {600, 0, {}},
    };
    for (const Case& one : cases) {
        Access access;
        access.offset = one.offset;
        access.buffer = MutableBytes{data}.first(one.length);
        const Result<AccessHandle> done = lessor.start_access(by, access, now);
        EXPECT_EQ(done.is_ok() ? Error{} : done.error(), one.error) << one.offset;
    }
    expect_refused(verbs.fetch_add(by, 248, 1, now), {ErrorCode::denied, Field::offset, 248, 256});
    expect_refused(verbs.compare_exchange(by, 600, 0, 1, now),
                   {ErrorCode::denied, Field::length, 8, 0});
    expect_refused(verbs.lock(by, lock_of(1, 0), now), {ErrorCode::denied, Field::offset, 0, 256});
    const LockGrant held = verbs.lock(by, lock_of(1, 256), now).value();
    EXPECT_TRUE(held.is_granted);
    const CommitExtent outside[] = {{600, Bytes{data}.first(1)}};
    CommitRequest request = commit_of(held, 1, outside);
    request.offset = 256;
    expect_refused(verbs.commit(by, request, now), {ErrorCode::denied, Field::length, 1, 0});
    by.end = 0; // two windows that do not meet
    expect_refused(verbs.fetch_add(by, 256, 1, now), {ErrorCode::denied, Field::offset, 256, 0});
    by.begin = ~uint64_t{0};
    expect_refused(verbs.fetch_add(by, 256, 1, now),
                   {ErrorCode::denied, Field::offset, 256, ~uint64_t{0}});
}

TEST_F(LessorVerbs, Words_change_in_one_step_and_say_what_they_were) {
    Exchange done = verbs.compare_exchange(by, 8, 0, 41, now).value();
    EXPECT_TRUE(done.exchanged);
    EXPECT_EQ(done.value, 0u);
    done = verbs.compare_exchange(by, 8, 40, 99, now).value();
    EXPECT_FALSE(done.exchanged);
    EXPECT_EQ(done.value, 41u);
    EXPECT_EQ(verbs.fetch_add(by, 8, 1, now).value(), 41u);
    EXPECT_EQ(verbs.fetch_add(by, 8, ~uint64_t{0}, now).value(), 42u);
    EXPECT_EQ(load_little_endian<uint64_t>(memory_bytes().data() + 8), 41u);
    EXPECT_TRUE(is_all_zero(memory_bytes().first(8)));
    EXPECT_TRUE(is_all_zero(memory_bytes().subspan(16)));
    EXPECT_EQ(count(observe::Counter::exchanges), 4u);
}

TEST_F(LessorVerbs, Every_offset_is_a_word_of_the_lease_or_refused) {
    const Answer odd = grant(20); // 20 bytes of a unit of 64: two words
    const Authority small = authority(odd);
    const uint64_t far[] = {1u << 20, ~uint64_t{0} - 7, ~uint64_t{0}};
    for (uint64_t offset = 0; offset < 64; ++offset) {
        const Result<uint64_t> done = verbs.fetch_add(small, offset, 1, now);
        const Error error = done.is_ok() ? Error{} : done.error();
        if (offset % 8 != 0) {
            EXPECT_EQ(error, (Error{ErrorCode::invalid_argument, Field::offset, offset, 8}));
        } else if (offset <= 8) {
            EXPECT_EQ(error, Error{});
        } else if (offset == 16) {
            EXPECT_EQ(error, (Error{ErrorCode::capacity_exceeded, Field::length, 8, 4}));
        } else {
            EXPECT_EQ(error, (Error{ErrorCode::capacity_exceeded, Field::offset, offset, 20}));
        }
    }
    for (const uint64_t offset : far) {
        EXPECT_FALSE(verbs.compare_exchange(small, offset, 0, 1, now).is_ok());
        EXPECT_FALSE(verbs.lock(small, lock_of(1, offset), now).is_ok());
    }
    expect_refused(verbs.lock(small, lock_of(1), now),
                   {ErrorCode::capacity_exceeded, Field::length, 256, 20});
}

TEST_F(LessorVerbs, Blocks_have_no_words_and_no_locks) {
    const Answer blocks = grant(8 * unit, ResourceKind::block);
    const Authority of_blocks = authority(blocks);
    const Error unsupported{ErrorCode::unsupported, Field::operation};
    expect_refused(verbs.compare_exchange(of_blocks, 0, 0, 1, now), unsupported);
    expect_refused(verbs.fetch_add(of_blocks, 0, 1, now), unsupported);
    expect_refused(verbs.lock(of_blocks, lock_of(1), now), unsupported);
    expect_refused(verbs.commit(of_blocks, commit_of({}, 1, {}), now), unsupported);
    EXPECT_EQ(bench.counters.refusals(ErrorCode::unsupported), 4u);
}

TEST_F(LessorVerbs, Protocol_7_a_commit_writes_all_of_it_or_nothing) {
    const LockGrant held = verbs.lock(by, lock_of(7), now).value();
    data.fill(0x5a);
    const CommitExtent good[] = {{256, Bytes{data}.first(8)}, {760, Bytes{data}.first(8)}};
    const CommitExtent over[] = {{256, Bytes{data}.first(8)}, {761, Bytes{data}.first(8)}};
    const CommitExtent onto[] = {{256, Bytes{data}.first(8)}, {248, Bytes{data}.first(9)}};
    const CommitExtent tail[] = {{256, Bytes{data}.first(8)}, {255, Bytes{data}.first(1)}};
    const CommitExtent many[limits::commit_extents_max + 1] = {};
    expect_refused(verbs.commit(by, commit_of(held, 7, over), now),
                   {ErrorCode::capacity_exceeded, Field::length, 8, 7});
    expect_refused(verbs.commit(by, commit_of(held, 7, onto), now),
                   {ErrorCode::invalid_argument, Field::extents, 248, 256});
    expect_refused(verbs.commit(by, commit_of(held, 7, tail), now),
                   {ErrorCode::invalid_argument, Field::extents, 255, 256});
    expect_refused(verbs.commit(by, commit_of(held, 7, many), now),
                   {ErrorCode::capacity_exceeded, Field::extents, 9, 8});
    expect_refused(verbs.commit(by, commit_of(held, 8, good), now),
                   {ErrorCode::stale_epoch, Field::nonce, 8, 0});
    EXPECT_EQ(count(observe::Counter::locks_stale), 1u);
    EXPECT_TRUE(is_all_zero(memory_bytes().subspan(256)));
    const LockGrant done = verbs.commit(by, commit_of(held, 7, good, true), now).value();
    EXPECT_FALSE(done.is_granted);
    EXPECT_EQ(done.commits, 1u);
    EXPECT_EQ(memory_bytes()[256], 0x5au);
    EXPECT_EQ(memory_bytes()[263], 0x5au);
    EXPECT_EQ(memory_bytes()[264], 0u);
    EXPECT_EQ(memory_bytes()[767], 0x5au);
    expect_refused(verbs.commit(by, commit_of(held, 7, good), now),
                   {ErrorCode::stale_epoch, Field::ttl, now.ms, 0});
    EXPECT_EQ(count(observe::Counter::commits), 1u);
}

TEST_F(LessorVerbs, A_commit_is_one_datagram) {
    const Answer big = grant(40 * unit);
    const Authority of_big = authority(big);
    const LockGrant held = verbs.lock(of_big, lock_of(7), now).value();
    const CommitExtent most[] = {{256, Bytes{data}.first(limits::commit_bytes_max)}};
    const CommitExtent more[] = {{256, Bytes{data}.first(limits::commit_bytes_max)},
                                 {256, Bytes{data}.first(1)}};
    EXPECT_TRUE(verbs.commit(of_big, commit_of(held, 7, most), now).is_ok());
    expect_refused(verbs.commit(of_big, commit_of(held, 7, more), now),
                   {ErrorCode::capacity_exceeded, Field::length, 897, 896});
}

TEST_F(LessorVerbs, A_lock_is_made_on_zeroes_and_found_nowhere_else) {
    expect_refused(verbs.commit(by, commit_of({}, 7, {}), now),
                   {ErrorCode::not_found, Field::lock});
    memory_bytes()[200] = 1;
    expect_refused(verbs.lock(by, lock_of(7), now), {ErrorCode::corrupt, Field::lock});
    expect_refused(verbs.lock(by, lock_of(7, 4), now),
                   {ErrorCode::invalid_argument, Field::offset, 4, 8});
    EXPECT_TRUE(verbs.lock(by, lock_of(7, 256), now).value().is_granted);
    EXPECT_EQ(count(observe::Counter::locks_granted), 1u);
}

TEST_F(LessorVerbs, Protocol_7_a_lock_ends_with_its_lease_or_its_grace) {
    LockRequest request = lock_of(7);
    request.ttl = Duration{5'000};
    EXPECT_EQ(verbs.lock(by, request, now).value().left.ms, ttl.ms);
    request.offset = 256;
    static_cast<void>(lessor.revoke(revocation_of(lease, 50_ms), now).value());
    EXPECT_EQ(verbs.lock(by, request, now).value().left.ms, 50u);
}

TEST_F(LessorVerbs, A_grant_of_a_lock_is_an_event_and_a_repeat_is_not) {
    static_cast<void>(verbs.lock(by, lock_of(7), now).value());
    const observe::Event last = bench.events.at(bench.events.size() - 1);
    EXPECT_TRUE(last.code == observe::EventCode::lock_granted);
    EXPECT_EQ(last.a, by.slot.value);
    EXPECT_EQ(last.b, 1u);
    const size_t events = bench.events.size();
    static_cast<void>(verbs.lock(by, lock_of(7), now).value());
    static_cast<void>(verbs.lock(by, lock_of(8), now).value());
    EXPECT_EQ(bench.events.size(), events);
    EXPECT_EQ(count(observe::Counter::locks_waited), 1u);
    EXPECT_EQ(journal.end(), 1u); // none of it is audited
}

// --- the Region door
// ------------------------------------------------------------------------------------

TEST_F(LessorVerbs, A_region_counts_locks_and_commits) {
    LocalRegion region{lessor, lease};
    RegionTicket ticket = region.start_fetch_add(512, 5, now).value();
    EXPECT_EQ(region.poll(ticket, now).value().value, 0u);
    EXPECT_EQ(code_of(region.poll(ticket, now)), ErrorCode::not_found); // once
    ticket = region.start_compare_exchange(512, 5, 6, now).value();
    const RegionAnswer exchanged = region.poll(ticket, now).value();
    EXPECT_TRUE(exchanged.exchanged);
    EXPECT_EQ(exchanged.value, 5u);
    ticket = region.start_lock(lock_of(3), now).value();
    const LockGrant held = region.poll(ticket, now).value().lock;
    EXPECT_TRUE(held.is_granted);
    data[0] = 9;
    const CommitExtent extents[] = {{300, Bytes{data}.first(1)}};
    ticket = region.start_commit(commit_of(held, 3, extents, true), now).value();
    EXPECT_EQ(region.poll(ticket, now).value().lock.commits, 1u);
    EXPECT_EQ(memory_bytes()[300], 9u);
    ticket = region.start_flush(now).value();
    EXPECT_TRUE(region.poll(ticket, now).is_ok());
    EXPECT_EQ(count(observe::Counter::flushes), 1u);
}

TEST_F(LessorVerbs, A_flush_is_polled_to_its_end_and_no_window_keeps_it_out) {
    const Answer blocks = grant(8 * unit, ResourceKind::block);
    LocalRegion region{lessor, blocks};
    block.hold_accesses(true);
    const RegionTicket ticket = region.start_flush(now).value();
    EXPECT_EQ(code_of(region.poll(ticket, now)), ErrorCode::busy);
    block.complete_all();
    EXPECT_TRUE(region.poll(ticket, now).is_ok());
    Authority of_blocks = authority(blocks);
    of_blocks.begin = 64;
    of_blocks.end = 64;
    Access access;
    access.kind = Access::Kind::flush;
    EXPECT_TRUE(lessor.start_access(of_blocks, access, now).is_ok());
    EXPECT_EQ(count(observe::Counter::flushes), 2u);
}

TEST_F(LessorVerbs, A_region_keeps_so_many_answers) {
    LocalRegion region{lessor, lease};
    RegionTicket last{};
    for (uint32_t i = 0; i < region_accesses_max; ++i) {
        last = region.start_fetch_add(512, 1, now).value();
    }
    EXPECT_EQ(code_of(region.start_fetch_add(512, 1, now)), ErrorCode::busy);
    EXPECT_EQ(code_of(region.start_lock(lock_of(1), now)), ErrorCode::busy);
    EXPECT_EQ(region.poll(last, now).value().value, region_accesses_max - 1);
    EXPECT_TRUE(region.start_lock(lock_of(1), now).is_ok());
}

TEST_F(LessorVerbs, Peers_row_9_a_region_whose_lease_is_over_answers_its_end_code) {
    LocalRegion region{lessor, lease};
    pass(ttl.ms);
    EXPECT_EQ(code_of(region.start_fetch_add(0, 1, now)), ErrorCode::lease_expired);
    EXPECT_EQ(code_of(region.start_compare_exchange(0, 0, 1, now)), ErrorCode::lease_expired);
    EXPECT_EQ(code_of(region.start_lock(lock_of(1), now)), ErrorCode::lease_expired);
    EXPECT_EQ(code_of(region.start_commit(commit_of({}, 1, {}), now)), ErrorCode::lease_expired);
    EXPECT_EQ(code_of(region.start_flush(now)), ErrorCode::lease_expired);
}

} // namespace
} // namespace grafos::lease::test
