// SPDX-License-Identifier: Apache-2.0
/// What is sent for each operation on leased bytes, and what becomes of each answer.
#include "tests/unit/fabric/fabric_rig.hpp"

namespace grafos::fabric {
namespace {

using lease::RegionAnswer;
using lease::RegionTicket;
using test::OneNode;
using wire::MessageType;

constexpr Duration ttl{10'000};

[[nodiscard]] MemLease memory(OneNode& rig) {
    Result<MemLease> lease = MemBuilder{rig->fabric()}.min_bytes(4096).lease_ttl(ttl).acquire(*rig);
    EXPECT_TRUE(lease.is_ok());
    return std::move(lease).value();
}
[[nodiscard]] BlockLease blocks(OneNode& rig) {
    Result<BlockLease> lease =
        BlockBuilder{rig->fabric()}.min_blocks(8).lease_ttl(ttl).acquire(*rig);
    EXPECT_TRUE(lease.is_ok());
    return std::move(lease).value();
}
[[nodiscard]] Result<RegionAnswer> finish(OneNode& rig, lease::Region& region,
                                          const Result<RegionTicket>& ticket) {
    if (!ticket.is_ok()) {
        return ticket.error();
    }
    for (int i = 0; i < 1'000; ++i) {
        const Result<RegionAnswer> answer = region.poll(ticket.value(), rig->fabric().now());
        if (answer.is_ok()) {
            return answer.value();
        }
        if (answer.error().code != ErrorCode::busy || answer.error().field != Field::ticket) {
            return answer.error();
        }
        rig->turn();
    }
    ADD_FAILURE() << "no answer";
    return Error{ErrorCode::disconnected};
}

TEST(FabricRegion, Memory_longer_than_a_message_goes_in_pieces) {
    OneNode rig;
    const MemLease lease = memory(rig);
    FabricMem mem = lease.mem();
    std::array<uint8_t, 4'096> out{};
    for (size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<uint8_t>(i * 7 + 1);
    }
    for (const size_t size : {size_t{0}, size_t{1}, size_t{1'023}, size_t{1'024}, size_t{1'025},
                              size_t{4'000}, size_t{4'096}}) {
        rig->nodes[0].memory = {};
        std::array<uint8_t, 4'096> in{};
        const uint64_t at = size < 4'096 ? 13 : 0;
        const uint32_t before = rig->nodes[0].count(MessageType::mem_write);
        ASSERT_TRUE(mem.write(at, Bytes{out}.first(size), *rig).is_ok()) << size;
        EXPECT_EQ(rig->nodes[0].count(MessageType::mem_write) - before, (size + 1'023) / 1'024);
        ASSERT_TRUE(mem.read(at, MutableBytes{in}.first(size), *rig).is_ok()) << size;
        EXPECT_TRUE(is_equal(Bytes{in}.first(size), Bytes{out}.first(size))) << size;
        EXPECT_TRUE(
            is_equal(Bytes{rig->nodes[0].memory}.subspan(at, size), Bytes{out}.first(size)));
    }
}

TEST(FabricRegion, What_is_out_of_bounds_is_refused_without_a_round_trip) {
    OneNode rig;
    const MemLease lease = memory(rig);
    FabricMem mem = lease.mem();
    std::array<uint8_t, 2'000> bytes{};
    const auto error = [&](uint64_t offset, size_t length) {
        const Result<RegionTicket> read = mem.start_read(offset, MutableBytes{bytes}.first(length));
        const Result<RegionTicket> write =
            mem.start_write(offset, MutableBytes{bytes}.first(length));
        EXPECT_TRUE(!read.is_ok() && !write.is_ok() && read.error() == write.error());
        return read.is_ok() ? Error{ErrorCode{}} : read.error();
    };
    EXPECT_TRUE(error(4'097, 1).field == Field::offset);
    EXPECT_TRUE(error(UINT64_MAX, 1).field == Field::offset);
    EXPECT_TRUE(error(4'096, 1).field == Field::length);
    EXPECT_TRUE(error(4'000, 97).field == Field::length);
    EXPECT_TRUE(error(0, 1'025).field == Field::length);
    EXPECT_TRUE(error(0, 1'025).code == ErrorCode::capacity_exceeded);
    EXPECT_TRUE(error(0, 0).field == Field::length);
    EXPECT_EQ(rig->nodes[0].uses, 0u);
    EXPECT_TRUE(mem.write(4'000, Bytes{bytes}.first(97), *rig).error().code ==
                ErrorCode::capacity_exceeded);
}

TEST(FabricRegion, Blocks_are_written_read_and_flushed_whole) {
    OneNode rig;
    const BlockLease lease = blocks(rig);
    FabricBlock block = lease.block();
    EXPECT_EQ(block.num_blocks(), 8u);
    std::array<uint8_t, 512> out{};
    std::array<uint8_t, 512> in{};
    for (size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<uint8_t>(i + 3);
    }
    ASSERT_TRUE(block.write_block(7, out, *rig).is_ok());
    ASSERT_TRUE(block.flush(*rig).is_ok());
    ASSERT_TRUE(block.read_block(7, in, *rig).is_ok());
    EXPECT_TRUE(is_equal(in, out));
    EXPECT_TRUE(is_equal(Bytes{rig->nodes[0].memory}.subspan(7 * 512, 512), out));
    EXPECT_EQ(rig->nodes[0].count(MessageType::block_flush), 1u);
    const Result<> beyond = block.read_block(8, in, *rig);
    EXPECT_TRUE(beyond.error().code == ErrorCode::capacity_exceeded);
    EXPECT_TRUE(beyond.error().field == Field::block);
    EXPECT_TRUE(block.write_block(UINT64_MAX, out, *rig).error().field == Field::block);
    EXPECT_TRUE(block.start_read_block(8, in).error().field == Field::block);
    // Through the region door the same, unaligned ones refused.
    EXPECT_TRUE(block.region().start_read(1, in, rig->fabric().now()).error().field ==
                Field::offset);
    EXPECT_TRUE(block.region()
                    .start_write(0, MutableBytes{out}.first(511), rig->fabric().now())
                    .error()
                    .field == Field::length);
    EXPECT_TRUE(block.region().start_fetch_add(0, 1, rig->fabric().now()).error().code ==
                ErrorCode::unsupported);
}

TEST(FabricRegion, Words_locks_and_commits_arrive_as_they_were_asked) {
    OneNode rig;
    const MemLease lease = memory(rig);
    FabricMem mem = lease.mem();
    lease::Region& region = mem.region();
    const Instant now = rig->fabric().now();
    const Result<RegionAnswer> exchanged =
        finish(rig, region, region.start_compare_exchange(16, 1, 5, now));
    ASSERT_TRUE(exchanged.is_ok());
    EXPECT_TRUE(exchanged.value().exchanged);
    EXPECT_EQ(exchanged.value().value, 21u);
    EXPECT_FALSE(
        finish(rig, region, region.start_compare_exchange(16, 2, 5, now)).value().exchanged);
    EXPECT_EQ(finish(rig, region, region.start_fetch_add(8, 100, now)).value().value, 108u);

    lease::LockRequest lock{.offset = 256, .nonce = {77}, .ttl = Duration{1'000}};
    lock.holder.bytes[5] = 9;
    const Result<RegionAnswer> locked = finish(rig, region, region.start_lock(lock, now));
    ASSERT_TRUE(locked.is_ok());
    EXPECT_TRUE(locked.value().lock.is_granted);
    EXPECT_EQ(locked.value().lock.generation.value, 21u);
    EXPECT_EQ(locked.value().lock.left.ms, 22u);
    EXPECT_EQ(locked.value().lock.commits, 23u);
    EXPECT_EQ(rig->nodes[0].last_lock.offset, 256u);
    EXPECT_EQ(rig->nodes[0].last_lock.nonce.value, 77u);
    EXPECT_EQ(rig->nodes[0].last_lock.ttl.ms, 1'000u);
    EXPECT_TRUE(rig->nodes[0].last_lock.holder == lock.holder);

    const std::array<uint8_t, 3> bytes{1, 2, 3};
    std::array<lease::CommitExtent, 9> extents{};
    for (lease::CommitExtent& extent : extents) {
        extent = {600, bytes};
    }
    lease::CommitRequest commit{.offset = 256, .generation = {21}, .nonce = {77}, .release = true};
    commit.extents = std::span{extents}.first(8);
    const Result<RegionAnswer> committed = finish(rig, region, region.start_commit(commit, now));
    ASSERT_TRUE(committed.is_ok());
    EXPECT_EQ(committed.value().lock.commits, 31u);
    EXPECT_EQ(committed.value().lock.last_nonce.value, 77u);
    EXPECT_EQ(rig->nodes[0].last_commit_extents, 8u);
    commit.extents = extents;
    EXPECT_TRUE(region.start_commit(commit, now).error().code == ErrorCode::capacity_exceeded);
    // Memory is as durable as it gets: a flush is done at once.
    const uint32_t uses = rig->nodes[0].uses;
    EXPECT_TRUE(finish(rig, region, region.start_flush(now)).is_ok());
    EXPECT_EQ(rig->nodes[0].uses, uses);
}

TEST(FabricRegion, One_more_operation_than_fits_is_busy_and_goes_later) {
    OneNode rig;
    const MemLease lease = memory(rig);
    FabricMem mem = lease.mem();
    std::array<uint8_t, 8> bytes{};
    RegionTicket tickets[remote_operations_max];
    for (RegionTicket& each : tickets) {
        const Result<RegionTicket> ticket = mem.start_read(0, bytes);
        ASSERT_TRUE(ticket.is_ok());
        each = ticket.value();
    }
    const Result<RegionTicket> more = mem.start_read(0, bytes);
    ASSERT_FALSE(more.is_ok());
    EXPECT_TRUE(more.error().code == ErrorCode::busy);
    EXPECT_TRUE(more.error().field == Field::slot);
    rig->step(Duration{1});
    for (const RegionTicket& each : tickets) {
        EXPECT_TRUE(mem.poll(each).is_ok());
        EXPECT_TRUE(mem.poll(each).error().code == ErrorCode::not_found); // told once
    }
    EXPECT_TRUE(mem.read(0, bytes, *rig).is_ok());
}

TEST(FabricRegion, An_answer_that_never_comes_is_disconnected_and_the_lease_lives_on) {
    OneNode rig;
    const MemLease lease = memory(rig);
    FabricMem mem = lease.mem();
    std::array<uint8_t, 8> bytes{};
    rig->nodes[0].is_mute = true;
    const Result<> written = mem.write(0, bytes_of("perhaps"), *rig);
    ASSERT_FALSE(written.is_ok());
    EXPECT_TRUE(written.error().code == ErrorCode::disconnected);
    EXPECT_TRUE(is_equal(Bytes{rig->nodes[0].memory}.first(7), bytes_of("perhaps"))); // it was done
    EXPECT_TRUE(lease.status().is_ok());
    rig->nodes[0].is_mute = false;
    EXPECT_TRUE(mem.read(0, bytes, *rig).is_ok());
}

TEST(FabricRegion, Only_what_ends_the_lease_ends_it) {
    for (uint16_t number = 1; number <= error_code_count; ++number) {
        for (const Field field : {Field::lease, Field::epoch, Field::generation, Field::log}) {
            const Error refusal{static_cast<ErrorCode>(number), field};
            if (refusal.code == ErrorCode::busy) {
                continue; // is waited for
            }
            OneNode rig;
            const MemLease lease = memory(rig);
            FabricMem mem = lease.mem();
            std::array<uint8_t, 8> bytes{};
            rig->nodes[0].refuse_data = refusal;
            const Result<> read = mem.read(0, bytes, *rig);
            ASSERT_FALSE(read.is_ok());
            EXPECT_TRUE(read.error() == refusal);
            rig->nodes[0].refuse_data.reset();
            EXPECT_EQ(lease.status().is_ok(), !is_end_of_lease(refusal)) << number;
        }
    }
}

TEST(FabricRegion, Every_code_is_or_is_not_the_end_of_a_lease) {
    using enum ErrorCode;
    for (uint16_t number = 1; number <= error_code_count; ++number) {
        const auto code = static_cast<ErrorCode>(number);
        const bool always =
            code == lease_expired || code == revoked || code == released || code == fenced;
        EXPECT_EQ(is_end_of_lease({code, Field::none}), always);
        EXPECT_EQ(is_end_of_lease({code, Field::lease}), always || code == not_found);
        EXPECT_EQ(is_end_of_lease({code, Field::lease_ref}), always || code == not_found);
        EXPECT_EQ(is_end_of_lease({code, Field::epoch}), always || code == stale_epoch);
        EXPECT_EQ(is_end_of_lease({code, Field::boot}), always || code == stale_epoch);
        EXPECT_EQ(is_end_of_lease({code, Field::nonce}), always);
        EXPECT_EQ(is_end_of_lease({code, Field::generation}), always);
    }
}

TEST(FabricRegion, Rubbish_from_a_node_is_corrupt_and_changes_no_buffer) {
    OneNode rig;
    const MemLease lease = memory(rig);
    FabricMem mem = lease.mem();
    std::array<uint8_t, 8> bytes{9, 9, 9, 9, 9, 9, 9, 9};
    rig->nodes[0].answers_rubbish = true;
    EXPECT_TRUE(mem.read(0, bytes, *rig).error().code == ErrorCode::corrupt);
    for (const uint8_t byte : bytes) {
        EXPECT_EQ(byte, 9);
    }
    lease::Region& region = mem.region();
    const Instant now = rig->fabric().now();
    EXPECT_TRUE(finish(rig, region, region.start_fetch_add(0, 1, now)).error().code ==
                ErrorCode::corrupt);
    rig->nodes[0].answers_rubbish = false;
    rig->nodes[0].reads_short = true;
    EXPECT_TRUE(mem.read(0, bytes, *rig).error().code == ErrorCode::corrupt);
    EXPECT_EQ(bytes[0], 9);
    EXPECT_TRUE(lease.status().is_ok());
}

TEST(FabricRegion, By_itself_it_sends_nothing_without_a_right_to) {
    OneNode rig;
    rig->nodes[0].connect(rig->now);
    HeldTerms terms;
    terms.token.size = lease::token_bytes_min;
    terms.usable_until = saturating_add(rig->now, Duration{10});
    RemoteRegion region{{rig->nodes[0], terms, lease::ResourceKind::memory, 64, Duration{500}}};
    std::array<uint8_t, 8> bytes{};
    const Instant last{terms.usable_until.ms - 1};
    EXPECT_TRUE(region.start_read(0, bytes, last).is_ok());
    EXPECT_TRUE(region.start_read(0, bytes, terms.usable_until).error().code ==
                ErrorCode::lease_expired);
    EXPECT_TRUE(region.start_fetch_add(0, 1, terms.usable_until).error().code ==
                ErrorCode::lease_expired);
    EXPECT_TRUE(region.start_flush(terms.usable_until).error().code == ErrorCode::lease_expired);
    terms.is_suspect = true;
    EXPECT_TRUE(region.start_write(0, bytes, last).error().field == Field::clock);
    terms.end = Error{ErrorCode::revoked, Field::lease};
    EXPECT_TRUE(region.start_write(0, bytes, last).error().code == ErrorCode::revoked);
    EXPECT_EQ(rig->nodes[0].open_count(), 1u);
}

} // namespace
} // namespace grafos::fabric
