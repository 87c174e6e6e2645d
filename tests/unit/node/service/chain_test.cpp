// SPDX-License-Identifier: Apache-2.0
// The audit chain over the wire: head, records, trim, several collectors, and a log that is full.
#include "core/crypto/sha256.hpp"
#include "core/lease/audit/canonical.hpp"
#include "core/lease/audit/event_data.hpp"
#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

/// Reads the chain from `next` on and checks every link.
struct Collector {
    Sequence next{};
    Digest hash{};
    uint64_t count = 0;
    uint64_t with_id = 0; ///< records that carry the bytes of `secret`
    Bytes secret{};
    crypto::Sha256 hasher{};

    [[nodiscard]] bool take(const wire::AuditReadReply& reply) {
        for (const wire::AuditRecordEntry& entry : reply.records) {
            if (!is_equal(entry.canonical.subspan(16, 32), hash.view())) {
                return false;
            }
            hash = hasher.update(entry.canonical).finish();
            count += 1;
            next.value += 1;
            for (size_t at = 0; !secret.empty() && at + secret.size() <= entry.canonical.size();
                 ++at) {
                with_id += is_equal(entry.canonical.subspan(at, secret.size()), secret) ? 1u : 0u;
            }
        }
        return reply.next == next;
    }
};

class ServiceChain : public ::testing::Test {
protected:
    [[nodiscard]] Result<wire::AuditReadReply> read(ServiceClient& client, Sequence from,
                                                    uint16_t most = 16, bool fragments = true) {
        return rig.ask<wire::AuditReadReply>(client, wire::MessageType::audit_read,
                                             wire::AuditReadRequest{from, most}, fragments);
    }
    [[nodiscard]] Result<wire::AuditHeadReply> head() {
        return rig.ask<wire::AuditHeadReply>(rig.oper, wire::MessageType::audit_head,
                                             wire::AuditHeadRequest{});
    }
    void collect(Collector& collector) {
        for (int reads = 0; reads < 200; ++reads) {
            const auto reply = read(rig.oper, collector.next);
            ASSERT_TRUE(reply.is_ok()) << reads;
            if (reply.value().records.is_empty()) {
                return;
            }
            ASSERT_TRUE(collector.take(reply.value())) << reads;
        }
    }

    ServiceRig rig{};
};

TEST_F(ServiceChain, What_is_read_is_the_chain_up_to_the_signed_head) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    ASSERT_TRUE(rig.free(rig.alice, held).is_ok());
    Collector collector;
    collector.secret = held.id.view();
    collect(collector);
    EXPECT_GE(collector.count, 3u) << "boot, grant, release at least";
    EXPECT_EQ(collector.with_id, 0u) << "a lease's id stands in no record";
    const auto signed_head = head();
    ASSERT_TRUE(signed_head.is_ok());
    EXPECT_TRUE(signed_head.value().next == collector.next);
    EXPECT_TRUE(signed_head.value().hash == collector.hash);
    EXPECT_TRUE(rig.node().sign_head().value().signature == signed_head.value().signature);
    EXPECT_TRUE(signed_head.value().oldest.value == 0);
}

TEST_F(ServiceChain, Without_fragments_an_answer_holds_what_fits_one_packet) {
    rig.boot();
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(rig.free(rig.alice, rig.must_hold(rig.alice, 4'096)).is_ok());
    }
    const auto reply = read(rig.oper, {0}, 16, false);
    ASSERT_TRUE(reply.is_ok());
    EXPECT_GE(reply.value().records.size(), 3u);
    EXPECT_LE(reply.value().records.size(), 5u);
    EXPECT_EQ(reply.value().next.value, reply.value().records.size());
}

TEST_F(ServiceChain, Several_collectors_do_not_break_each_other) {
    rig.alice_entry.roles = wire::all_roles;
    rig.boot();
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(rig.free(rig.alice, rig.must_hold(rig.alice, 4'096)).is_ok());
    }
    rig.run(Duration{20});
    const uint64_t end = rig.node().anchored_end().value;
    std::array<Collector, 2> collectors{};
    std::array<ServiceClient*, 2> clients{&rig.alice, &rig.oper};
    for (int round = 0; round < 200; ++round) {
        std::array<wire::RequestHandle, 2> requests{};
        for (size_t i = 0; i < 2; ++i) {
            requests[i] = rig.start(
                *clients[i], wire::MessageType::audit_read,
                wire::AuditReadRequest{collectors[i].next, static_cast<uint16_t>(1 + i * 2)});
        }
        for (size_t i = 0; i < 2; ++i) {
            const auto payload =
                rig.wait_for(*clients[i], wire::MessageType::audit_read, requests[i]);
            ASSERT_TRUE(payload.is_ok());
            const auto reply = wire::decode<wire::AuditReadReply>(payload.value());
            ASSERT_TRUE(reply.is_ok());
            ASSERT_TRUE(collectors[i].take(reply.value()));
        }
        if (collectors[0].next.value >= end && collectors[1].next.value >= end) {
            break;
        }
    }
    EXPECT_GE(collectors[0].count, end);
    EXPECT_GE(collectors[1].count, end);
}

TEST_F(ServiceChain, More_readers_than_there_are_places_are_told_to_come_again) {
    rig.boot();
    std::array<wire::RequestHandle, 12> requests{};
    for (wire::RequestHandle& request : requests) {
        request =
            rig.start(rig.oper, wire::MessageType::audit_read, wire::AuditReadRequest{{0}, 1});
    }
    size_t read_count = 0;
    size_t busy_count = 0;
    for (const wire::RequestHandle& request : requests) {
        const auto answer = rig.wait_for(rig.oper, wire::MessageType::audit_read, request);
        read_count += answer.is_ok() ? 1u : 0u;
        busy_count += !answer.is_ok() && answer.error().code == ErrorCode::busy ? 1u : 0u;
    }
    EXPECT_EQ(read_count + busy_count, requests.size());
    EXPECT_GE(read_count, node::audit_reads_max);
    EXPECT_GE(busy_count, 1u);
}

TEST_F(ServiceChain, Beyond_the_end_and_before_the_beginning_there_is_nothing) {
    rig.boot();
    const auto beyond = read(rig.oper, {1'000'000});
    ASSERT_FALSE(beyond.is_ok());
    EXPECT_TRUE(beyond.error().code == ErrorCode::not_found);
    EXPECT_TRUE(beyond.error().field == Field::sequence);
    const auto wrong = rig.ask<wire::AuditTrimReply>(rig.oper, wire::MessageType::audit_trim,
                                                     wire::AuditTrimRequest{{0}, Digest{{1}}});
    ASSERT_FALSE(wrong.is_ok());
    EXPECT_TRUE(rig.read(rig.oper, rig.must_hold(rig.oper, 4'096), 0, 8).is_ok());
}

TEST_F(ServiceChain, A_full_log_refuses_grants_still_ends_leases_and_grants_again_after_a_trim) {
    rig.options.checkpoint_groups = 4;
    rig.boot();
    const lease::Token token = rig.must_cap(rig.oper, 4'096);
    const auto kept = rig.alloc(rig.alice, token, 4'096, Duration{60'000});
    const auto ending = rig.alloc(rig.alice, token, 4'096, Duration{60'000});
    ASSERT_TRUE(kept.is_ok() && ending.is_ok());
    Error full{};
    ServiceRig::Held last{};
    for (int grants = 0; grants < 2'000; ++grants) {
        const auto held = rig.alloc(rig.alice, token, 4'096, Duration{60'000});
        if (!held.is_ok()) {
            full = held.error();
            break;
        }
        last = held.value();
        ASSERT_TRUE(rig.free(rig.alice, last).is_ok()) << grants;
    }
    ASSERT_TRUE(full.code == ErrorCode::capacity_exceeded && full.field == Field::log);
    // What ends still ends, with its record.
    ASSERT_TRUE(rig.free(rig.alice, ending.value()).is_ok());
    ASSERT_TRUE(rig.read(rig.alice, kept.value(), 0, 8).is_ok());
    ASSERT_TRUE(rig.ask<wire::LeaseRevokeReply>(
                       rig.oper, wire::MessageType::lease_revoke,
                       wire::LeaseRevokeRequest{kept.value().ref, {}, lease::Reason::none})
                    .is_ok());
    Collector collector;
    collect(collector);
    const auto trimmed = rig.ask<wire::AuditTrimReply>(
        rig.oper, wire::MessageType::audit_trim,
        wire::AuditTrimRequest{{collector.next.value - 1}, collector.hash});
    ASSERT_TRUE(trimmed.is_ok()) << name_of(trimmed.error().code) << " at "
                                 << name_of(trimmed.error().field);
    EXPECT_TRUE(rig.alloc(rig.alice, token, 4'096, Duration{60'000}).is_ok());
    const auto gone = read(rig.oper, {0});
    ASSERT_FALSE(gone.is_ok());
    EXPECT_TRUE(gone.error().code == ErrorCode::not_found);
    collect(collector); // goes on where it was
}

TEST_F(ServiceChain, The_boot_record_says_who_was_trusted_and_that_frames_are_sealed) {
    rig.boot();
    const auto reply = read(rig.oper, {0}, 1);
    ASSERT_TRUE(reply.is_ok());
    const wire::AuditRecordEntry entry = *reply.value().records.begin();
    const auto view = lease::decode_record(entry.canonical);
    ASSERT_TRUE(view.is_ok());
    const auto boot = lease::decode_data<lease::BootData>(view.value().event.event_data);
    ASSERT_TRUE(boot.is_ok());
    EXPECT_TRUE(boot.value().has_peers && boot.value().is_sealed);
    EXPECT_TRUE(boot.value().peers == rig.service().rules().peers);
    const auto identity = rig.ask<wire::GetIdentityReply>(
        rig.alice, wire::MessageType::get_identity, wire::GetIdentityRequest{});
    ASSERT_TRUE(identity.is_ok());
    EXPECT_TRUE(identity.value().peers == boot.value().peers && identity.value().is_sealed);
}

TEST_F(ServiceChain, A_set_clock_stamps_what_comes_after_and_moves_no_deadline) {
    rig.boot();
    const ServiceRig::Held held =
        rig.must_hold(rig.alice, 4'096, lease::ResourceKind::memory, Duration{10'000});
    const Instant before = rig.node().now();
    const auto synced = rig.ask<wire::TimeSyncReply>(
        rig.oper, wire::MessageType::time_sync,
        wire::TimeSyncRequest{UnixMillis{1'900'000'000'000 + before.ms}});
    ASSERT_TRUE(synced.is_ok());
    const auto query = rig.ask<wire::LeaseQueryReply>(
        rig.alice, wire::MessageType::lease_query, wire::LeaseQueryRequest{false, held.id.bytes});
    ASSERT_TRUE(query.is_ok());
    EXPECT_GE(query.value().left.ms, 9'900u);
    ASSERT_TRUE(rig.free(rig.alice, held).is_ok());
    Collector collector;
    collect(collector);
    const auto last = read(rig.oper, {collector.next.value - 1}, 1);
    ASSERT_TRUE(last.is_ok());
    const auto view = lease::decode_record((*last.value().records.begin()).canonical);
    ASSERT_TRUE(view.is_ok());
    EXPECT_GE(view.value().event.timestamp.ms, 1'900'000'000'000u);
    const auto early = rig.ask<wire::TimeSyncReply>(rig.oper, wire::MessageType::time_sync,
                                                    wire::TimeSyncRequest{UnixMillis{1}});
    ASSERT_FALSE(early.is_ok());
    EXPECT_TRUE(early.error().field == Field::time_base);
}

} // namespace
} // namespace grafos::test
