// SPDX-License-Identifier: Apache-2.0
// Budgets, the order of a turn, and at most once: what a flood of one kind does to the others.
#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

class ServiceFlood : public ::testing::Test {
protected:
    ServiceFlood() { rig.boot(); }

    [[nodiscard]] wire::MemWriteRequest write_of(const ServiceRig::Held& held, Bytes data) {
        wire::MemWriteRequest request;
        request.token = held.token.view();
        request.data = data;
        return request;
    }

    ServiceRig rig{};
    std::array<wire::RequestHandle, 64> requests{};
};

TEST_F(ServiceFlood, A_batch_of_sixty_four_grants_is_answered_whole) {
    const lease::Token token = rig.must_cap(rig.oper, 4'096);
    wire::LeaseAllocRequest request;
    request.token = token.view();
    request.kind = lease::ResourceKind::memory;
    request.amount_bytes = 4'096;
    request.ttl = Duration{60'000};
    const Instant before = rig.raw;
    const uint64_t packets = rig.service().port().figures().sent;
    for (wire::RequestHandle& handle : requests) {
        handle = rig.start(rig.alice, wire::MessageType::lease_alloc, request);
    }
    for (const wire::RequestHandle& handle : requests) {
        const auto answer = rig.wait_for(rig.alice, wire::MessageType::lease_alloc, handle);
        ASSERT_TRUE(answer.is_ok())
            << name_of(answer.error().code) << " at " << name_of(answer.error().field);
        const auto reply = wire::decode<wire::LeaseAllocReply>(answer.value());
        ASSERT_TRUE(reply.is_ok());
        EXPECT_TRUE(reply.value().record < rig.node().anchored_end()) << "proven before answered";
    }
    EXPECT_EQ(rig.node().counters().value(observe::Counter::grants), 64u);
    EXPECT_LE((rig.raw - before).ms, 40u) << "sixteen a turn and a few commits";
    EXPECT_LE(rig.service().port().figures().sent - packets, 32u) << "answers share packets";
}

TEST_F(ServiceFlood, Grants_do_not_hold_up_a_renewal) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    const lease::Token token = rig.must_cap(rig.oper, 4'096);
    wire::LeaseAllocRequest request;
    request.token = token.view();
    request.kind = lease::ResourceKind::memory;
    request.amount_bytes = 4'096;
    request.ttl = Duration{60'000};
    for (wire::RequestHandle& handle : requests) {
        handle = rig.start(rig.oper, wire::MessageType::lease_alloc, request);
    }
    rig.turn();
    const Instant before = rig.raw;
    const auto renewed =
        rig.ask<wire::LeaseRenewReply>(rig.alice, wire::MessageType::lease_renew,
                                       wire::LeaseRenewRequest{held.token.view(), Duration{}});
    ASSERT_TRUE(renewed.is_ok());
    EXPECT_LE((rig.raw - before).ms, 12u);
    size_t still_open = 0;
    for (const wire::RequestHandle& handle : requests) {
        const auto reply = rig.oper.session.poll(handle);
        still_open += !reply.is_ok() && reply.error().code == ErrorCode::busy ? 1u : 0u;
    }
    EXPECT_GT(still_open, 0u) << "it overtook some of them";
}

TEST_F(ServiceFlood, Accesses_beyond_the_turns_budget_wait_and_beyond_the_queue_are_told_so) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    std::array<uint8_t, 64> data{};
    for (size_t i = 0; i < requests.size(); ++i) {
        wire::MemWriteRequest request = write_of(held, data);
        request.offset = i * 8;
        requests[i] = rig.start(rig.alice, wire::MessageType::mem_write, request);
    }
    size_t done = 0;
    size_t busy = 0;
    for (const wire::RequestHandle& handle : requests) {
        const auto answer = rig.wait_for(rig.alice, wire::MessageType::mem_write, handle);
        done += answer.is_ok() ? 1u : 0u;
        busy += !answer.is_ok() && answer.error() == Error{ErrorCode::busy, Field::operation, 4, 4}
                    ? 1u
                    : 0u;
    }
    EXPECT_EQ(done + busy, requests.size());
    EXPECT_GE(done, size_t{service_limits.data_per_turn_max} + service_limits.data_queue_max);
    EXPECT_GT(busy, 0u);
    EXPECT_GT(rig.service().figures().data_queued, 0u);
}

TEST_F(ServiceFlood, Accesses_do_not_hold_up_a_renewal_or_an_expiry) {
    const ServiceRig::Held flooded = rig.must_hold(rig.oper, 4'096);
    const ServiceRig::Held held =
        rig.must_hold(rig.alice, 4'096, lease::ResourceKind::memory, Duration{500});
    const Instant began = rig.raw;
    std::array<uint8_t, 512> data{};
    Instant renewed_at{};
    wire::RequestHandle renewal = rig.start(rig.alice, wire::MessageType::lease_renew,
                                            wire::LeaseRenewRequest{held.token.view(), Duration{}});
    for (int turns = 0; turns < 700; ++turns) {
        for (int i = 0; i < 8; ++i) {
            std::array<uint8_t, wire::whole_payload_bytes_max> bytes;
            const auto size = wire::encode(write_of(flooded, data), bytes);
            const auto handle =
                rig.oper.session.start(wire::MessageType::mem_write,
                                       Bytes{bytes}.first(size.value()), Duration{30}, rig.raw);
            if (handle.is_ok()) {
                requests[static_cast<size_t>(turns * 8 + i) % 64] = handle.value();
            }
        }
        rig.turn();
        for (const wire::RequestHandle& handle : requests) {
            const auto reply = rig.oper.session.poll(handle);
            if (reply.is_ok() || reply.error().code != ErrorCode::busy) {
                rig.oper.session.release(handle);
            }
        }
        if (renewed_at.ms == 0 && rig.alice.session.poll(renewal).is_ok()) {
            renewed_at = rig.raw;
        }
    }
    EXPECT_GT(renewed_at.ms, 0u);
    EXPECT_LE(left_until(renewed_at, began).ms, 12u);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::expiries), 1u) << "at its own time";
}

TEST_F(ServiceFlood, Questions_beyond_the_turns_budget_are_told_so) {
    for (wire::RequestHandle& handle : requests) {
        handle = rig.start(rig.alice, wire::MessageType::ping, wire::PingRequest{});
    }
    size_t answered = 0;
    size_t limited = 0;
    for (const wire::RequestHandle& handle : requests) {
        const auto answer = rig.wait_for(rig.alice, wire::MessageType::ping, handle);
        answered += answer.is_ok() ? 1u : 0u;
        limited += !answer.is_ok() && answer.error().code == ErrorCode::rate_limited ? 1u : 0u;
    }
    EXPECT_EQ(answered + limited, requests.size());
    EXPECT_GE(answered, size_t{service_limits.looks_per_turn_max});
    EXPECT_GT(limited, 0u);
}

TEST_F(ServiceFlood, Whatever_the_net_does_each_request_takes_effect_once) {
    const ServiceRig::Held held =
        rig.must_hold(rig.alice, 4'096, lease::ResourceKind::memory, Duration{300'000});
    const lease::Token token = rig.must_cap(rig.oper, 4'096);
    const uint64_t grants = rig.node().counters().value(observe::Counter::grants);
    rig.net.faults = {.loss_permille = 100,
                      .duplicate_permille = 200,
                      .flip_permille = 10,
                      .delay_least = Duration{0},
                      .delay_most = Duration{30}};
    uint64_t added = 0;
    uint64_t granted = 0;
    for (uint64_t i = 1; i <= 40; ++i) {
        wire::MemFetchAddRequest add;
        add.token = held.token.view();
        add.offset = 8;
        add.addend = i;
        const auto answer =
            rig.ask<wire::MemFetchAddReply>(rig.alice, wire::MessageType::mem_fetch_add, add);
        ASSERT_TRUE(answer.is_ok())
            << i << ": " << name_of(answer.error().code) << " at " << name_of(answer.error().field);
        EXPECT_EQ(answer.value().value, added);
        added += i;
        if (i % 8 == 0) {
            const auto lease = rig.alloc(rig.alice, token, 4'096, Duration{60'000});
            ASSERT_TRUE(lease.is_ok());
            granted += 1;
        }
    }
    rig.net.faults = {};
    const auto bytes = rig.read(rig.alice, held, 8, 8);
    ASSERT_TRUE(bytes.is_ok());
    EXPECT_EQ(load_little_endian<uint64_t>(bytes.value().data()), added);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::grants), grants + granted);
}

TEST_F(ServiceFlood, What_waits_is_forgotten_with_its_session) {
    const ServiceRig::Held held =
        rig.must_hold(rig.alice, 16'384, lease::ResourceKind::block, Duration{60'000});
    wire::BlockReadRequest read;
    read.token = held.token.view();
    read.length = 512;
    for (size_t i = 0; i < 6; ++i) {
        requests[i] = rig.start(rig.alice, wire::MessageType::block_read, read);
    }
    rig.turn();
    ASSERT_TRUE(rig.open(rig.alice)) << "a new session ends the old one";
    rig.run(Duration{100});
    for (size_t i = 0; i < 6; ++i) {
        rig.alice.session.release(requests[i]);
    }
    EXPECT_TRUE(rig.free(rig.alice, held).is_ok());
    rig.turn_until([&] { return rig.node().lessor().is_idle(); });
}

} // namespace
} // namespace grafos::test
