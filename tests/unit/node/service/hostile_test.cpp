// SPDX-License-Identifier: Apache-2.0
// A principal with a valid session who means harm, and a node that is not well.
#include "core/wire/message_table.hpp"
#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

class ServiceHostile : public ::testing::Test {
protected:
    ServiceRig rig{};
};

TEST_F(ServiceHostile, One_field_changes_of_every_message_end_in_an_answer) {
    rig.boot();
    rig.run(Duration{50});
    SeededChoice choice{99};
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    ServiceRig::Held held = rig.must_hold(rig.oper, 4'096);
    std::array<uint8_t, wire::whole_payload_bytes_max> bytes;
    uint64_t number = 1'000'000;
    for (int round = 0; round < 60; ++round) {
        if (!rig.read(rig.oper, held, 0, 8).is_ok()) {
            held = rig.must_hold(rig.oper, 4'096); // a change that hit did what it says
        }
        for (const wire::MessageEntry& entry : wire::message_table()) {
            const size_t size = sample_request(entry.type, held, cap, bytes);
            if (size > 0) {
                const size_t at = choice.below(size);
                bytes[at] = static_cast<uint8_t>(bytes[at] ^ (1u << choice.below(8)));
            }
            const size_t cut = choice.below(4) == 0 ? choice.below(size + 1) : size;
            wire::MessageView message;
            message.type = static_cast<uint16_t>(entry.type);
            message.request = {++number};
            message.payload = Bytes{bytes}.first(cut);
            // As from an open session; nobody is there to be told the answer.
            const wire::RequestOrigin origin{{0, {number << 16}}, 2, message.request};
            rig.service().on_request(origin, message, rig.node().now());
        }
        rig.turn();
    }
    rig.run(Duration{200});
    EXPECT_TRUE(rig.node().readiness() == node::Readiness::ready);
    EXPECT_TRUE(rig.node().lessor().table().check_invariants());
    EXPECT_GT(rig.service().figures().refused, 0u);
    const ServiceRig::Held after = rig.must_hold(rig.alice, 4'096);
    EXPECT_TRUE(rig.read(rig.alice, after, 0, 8).is_ok());
}

TEST_F(ServiceHostile, A_lease_id_is_shown_to_nobody_but_its_holder) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    const auto holds_id = [&](Bytes bytes) {
        for (size_t at = 0; at + 16 <= bytes.size(); ++at) {
            if (is_equal(bytes.subspan(at, 16), held.id.view())) {
                return true;
            }
        }
        return false;
    };
    std::array<uint8_t, wire::whole_payload_bytes_max> bytes;
    for (const wire::MessageEntry& entry : wire::message_table()) {
        const bool ends = entry.type == wire::MessageType::lease_free ||
                          entry.type == wire::MessageType::lease_revoke;
        if (ends) {
            continue;
        }
        const size_t size = sample_request(entry.type, held, held.token, bytes);
        const Result<Bytes> answer =
            rig.ask_raw(rig.oper, entry.type, Bytes{bytes}.first(size), true);
        EXPECT_FALSE(answer.is_ok() && holds_id(answer.value()))
            << static_cast<uint16_t>(entry.type);
        rig.run(Duration{2});
    }
}

TEST_F(ServiceHostile, A_degraded_node_serves_what_it_can_and_says_so) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    const lease::Token token = rig.must_cap(rig.oper, 4'096);
    rig.disk.fail_sectors(hal::BlockOperation::write, 0, service_disk_bytes / 512);
    const auto lost = rig.alloc(rig.alice, token, 4'096, Duration{60'000});
    ASSERT_FALSE(lost.is_ok()) << "no success leaves that is not proven";
    EXPECT_TRUE(lost.error().code == ErrorCode::degraded);
    rig.turn_until([&] { return rig.node().readiness() == node::Readiness::degraded; });
    const auto readiness = rig.ask<wire::GetReadinessReply>(
        rig.alice, wire::MessageType::get_readiness, wire::GetReadinessRequest{});
    ASSERT_TRUE(readiness.is_ok());
    EXPECT_TRUE(readiness.value().state == wire::ReadinessCode::degraded);
    EXPECT_TRUE(readiness.value().reason == lease::DegradedReason::durable_unknown);
    const auto inventory = rig.ask<wire::GetInventoryReply>(
        rig.alice, wire::MessageType::get_inventory, wire::GetInventoryRequest{});
    ASSERT_TRUE(inventory.is_ok());
    EXPECT_EQ((*inventory.value().resources.begin()).flags, wire::inventory_flags::degraded);
    EXPECT_TRUE(rig.read(rig.alice, held, 0, 8).is_ok()) << "what is held is served";
    const auto refused = rig.alloc(rig.alice, token, 4'096, Duration{60'000});
    ASSERT_FALSE(refused.is_ok());
    EXPECT_TRUE(refused.error().code == ErrorCode::degraded);
    const auto renewed =
        rig.ask<wire::LeaseRenewReply>(rig.alice, wire::MessageType::lease_renew,
                                       wire::LeaseRenewRequest{held.token.view(), Duration{}});
    ASSERT_FALSE(renewed.is_ok());
    EXPECT_TRUE(renewed.error().code == ErrorCode::degraded);
    const auto freed = rig.free(rig.alice, held);
    ASSERT_FALSE(freed.is_ok());
    EXPECT_TRUE(freed.error().code == ErrorCode::degraded) << "it ended, and nobody can prove it";
    EXPECT_FALSE(rig.read(rig.alice, held, 0, 8).is_ok());
}

TEST_F(ServiceHostile, Blocks_are_written_flushed_and_read_back) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.alice, 16'384, lease::ResourceKind::block);
    std::array<uint8_t, 1'024> data{};
    for (size_t i = 0; i < data.size(); ++i) {
        data[i] = static_cast<uint8_t>(i * 7);
    }
    ASSERT_TRUE(
        rig.ask<wire::BlockWriteReply>(rig.alice, wire::MessageType::block_write,
                                       wire::BlockWriteRequest{held.token.view(), 512, data})
            .is_ok());
    ASSERT_TRUE(rig.ask<wire::BlockFlushReply>(rig.alice, wire::MessageType::block_flush,
                                               wire::BlockFlushRequest{held.token.view()})
                    .is_ok());
    const auto read =
        rig.ask<wire::BlockReadReply>(rig.alice, wire::MessageType::block_read,
                                      wire::BlockReadRequest{held.token.view(), 512, 1'024});
    ASSERT_TRUE(read.is_ok());
    EXPECT_TRUE(is_equal(read.value().data, data));
    const auto memory = rig.read(rig.alice, held, 0, 8);
    ASSERT_FALSE(memory.is_ok());
    EXPECT_TRUE(memory.error().code == ErrorCode::unsupported);
}

} // namespace
} // namespace grafos::test
