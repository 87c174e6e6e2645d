// SPDX-License-Identifier: Apache-2.0
// At most once, over nets that lose, double, delay, reorder and change, and over restarts of both
// sides (protocol §10, invariant 4). The oracle is the sink's count for each operation.
#include "tests/support/session_rig.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::ClientEnd;
using test::node_address;
using test::rig_write;
using test::SessionRig;

/// What one program believes of its operations.
struct Program {
    struct Asked {
        RequestHandle request{};
        uint64_t operation = 0;
    };
    std::array<Asked, 4> asked{};
    uint64_t answered = 0;
    uint64_t unknown = 0; ///< disconnected
};

class SessionFaults : public ::testing::Test {
protected:
    /// Asks where a place is free, and holds what comes back against what was executed.
    void drive(ClientEnd& client, Program& program) noexcept {
        for (Program::Asked& asked : program.asked) {
            if (asked.request.number == 0) {
                ask(client, asked);
                continue;
            }
            const auto reply = client.session.poll(asked.request);
            if (!reply.is_ok() && reply.error().code == ErrorCode::busy) {
                continue;
            }
            if (reply.is_ok()) {
                const uint64_t number = load_big_endian<uint64_t>(reply.value().payload.data());
                EXPECT_EQ(rig.node.sink.times_of[asked.operation], 1u) << asked.operation;
                EXPECT_EQ(rig.node.sink.execution_of[asked.operation], number);
                program.answered += 1;
            } else {
                EXPECT_EQ(reply.error().code, ErrorCode::disconnected);
                const bool was_sent = reply.error().value == 1;
                if (!was_sent) { // it says so itself: never executed
                    EXPECT_EQ(rig.node.sink.times_of[asked.operation], 0u);
                }
                program.unknown += 1;
            }
            client.session.release(asked.request);
            asked.request = {};
        }
    }
    void ask(ClientEnd& client, Program::Asked& asked) noexcept {
        if (next_operation >= test::CountingSink::operations_max) {
            return;
        }
        std::array<uint8_t, 8> payload;
        store_big_endian<uint64_t>(payload.data(), next_operation);
        const auto request = client.session.start(rig_write, payload, Duration{2'000}, rig.now);
        if (request.is_ok()) {
            asked = {request.value(), next_operation};
            next_operation += 1;
        }
    }
    void check_at_most_once() noexcept {
        for (uint64_t operation = 0; operation < next_operation; ++operation) {
            ASSERT_LE(rig.node.sink.times_of[operation], 1u) << operation;
        }
        EXPECT_EQ(rig.node.sink.executed_twice, 0u);
    }
    void start() noexcept {
        ASSERT_TRUE(rig.alice.session.open(rig.node_entry(), rig.now).is_ok());
        ASSERT_TRUE(rig.bob.session.open(rig.node_entry(), rig.now).is_ok());
    }
    void run(uint64_t ms) noexcept {
        for (uint64_t i = 0; i < ms; ++i) {
            drive(rig.alice, alice);
            drive(rig.bob, bob);
            rig.turn();
        }
    }

    SessionRig rig{1, Instant{test::start_time().ms + 1'000}};
    Program alice{};
    Program bob{};
    uint64_t next_operation = 0;
};

TEST_F(SessionFaults, Executes_each_operation_at_most_once_over_a_bad_net) {
    rig.net.faults = {.loss_permille = 150,
                      .duplicate_permille = 200,
                      .flip_permille = 20,
                      .delay_least = Duration{0},
                      .delay_most = Duration{80}};
    start();
    run(8'000);
    rig.net.faults = {};
    run(3'000);
    check_at_most_once();
    EXPECT_GT(alice.answered, 100u);
    EXPECT_GT(bob.answered, 100u);
    EXPECT_GT(rig.node.server().figures().of(SessionDrop::tag_wrong) +
                  rig.node.port().figures().dropped_header,
              0u);
    EXPECT_GT(rig.node.server().figures().of(SessionDrop::counter_repeated), 50u);
    EXPECT_GT(rig.node.server().figures().replies_repeated, 10u);
}

TEST_F(SessionFaults, Loses_no_answer_over_a_net_that_loses_a_tenth) {
    rig.net.faults = {.loss_permille = 100, .delay_least = Duration{1}, .delay_most = Duration{3}};
    start();
    run(5'000);
    EXPECT_EQ(alice.unknown + bob.unknown, 0u);
    EXPECT_EQ(rig.alice.session.session_count(), 1u);
    check_at_most_once();
}

TEST_F(SessionFaults, Mixes_no_pieces_of_two_executions_of_a_read) {
    rig.net.faults = {.loss_permille = 250, .delay_least = Duration{0}, .delay_most = Duration{4}};
    // In the second half pieces overtake one another, and those of the next execution.
    const test::NetFaults slow{.loss_permille = 250,
                               .duplicate_permille = 200,
                               .delay_least = Duration{0},
                               .delay_most = Duration{300}};
    rig.node.sink.reply_bytes = 4'000;
    ASSERT_TRUE(rig.alice.session.open(rig.node_entry(), rig.now).is_ok());
    uint64_t answered = 0;
    for (int i = 0; i < 60; ++i) {
        rig.net.faults = i < 30 ? rig.net.faults : slow;
        const auto request = rig.alice.session.start(
            test::rig_read, {},
            RequestOptions{.patience = Duration{20'000}, .takes_fragments = true}, rig.now);
        ASSERT_TRUE(request.is_ok());
        ASSERT_TRUE(rig.wait_for(rig.alice, request.value(), Duration{25'000}));
        const auto reply = rig.alice.session.poll(request.value());
        if (reply.is_ok()) {
            answered += 1;
            const Bytes bytes = reply.value().payload;
            ASSERT_EQ(bytes.size(), 4'000u);
            const uint64_t execution = load_big_endian<uint64_t>(bytes.data());
            for (size_t at = 8; at < bytes.size(); ++at) {
                ASSERT_EQ(bytes[at], static_cast<uint8_t>(at * execution)) << at;
            }
        }
        rig.alice.session.release(request.value());
    }
    EXPECT_GT(answered, 50u);
    EXPECT_GT(rig.node.server().figures().reads_repeated, 30u);
}

TEST_F(SessionFaults, Executes_at_most_once_over_restarts_of_the_node) {
    rig.net.faults = {.loss_permille = 100,
                      .duplicate_permille = 300,
                      .delay_least = Duration{0},
                      .delay_most = Duration{200}};
    start();
    for (int restart = 0; restart < 4; ++restart) {
        run(2'500);
        rig.node.start();
    }
    run(4'000);
    check_at_most_once();
    EXPECT_GE(rig.alice.session.session_count(), 5u);
    EXPECT_GT(alice.answered, 20u);
}

TEST_F(SessionFaults, Executes_at_most_once_over_new_sessions_of_a_client) {
    rig.net.faults = {.loss_permille = 100,
                      .duplicate_permille = 300,
                      .delay_least = Duration{0},
                      .delay_most = Duration{200}};
    start();
    for (int i = 0; i < 4; ++i) {
        run(1'500);
        rig.alice.session.close();
        run(10);
        ASSERT_TRUE(rig.alice.session.open(rig.node_entry(), rig.now).is_ok());
    }
    run(4'000);
    check_at_most_once();
    EXPECT_GT(alice.answered, 20u);
    EXPECT_GT(bob.answered, 50u);
}

TEST_F(SessionFaults, Executes_once_for_every_pattern_of_copies_in_any_order) {
    // Three requests of three packets; each packet arrives 0 to 2 times more, in each of the six
    // orders: 6 · 27 patterns, with two rounds of copies. The third round repeats them all.
    ASSERT_TRUE(rig.open(rig.alice));
    rig.run(Duration{5});
    test::Recorder<16> recorder{node_address};
    rig.net.listen(&recorder);
    constexpr uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                      {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (uint32_t pattern = 0; pattern < 6 * 27; ++pattern) {
        recorder.count = 0;
        Program::Asked asked[3];
        const uint64_t first = next_operation;
        for (Program::Asked& one : asked) { // one packet each
            ask(rig.alice, one);
            rig.net.set_now(rig.now);
            rig.alice.turn(rig.now);
        }
        ASSERT_EQ(recorder.count, 3u);
        rig.net.lose_all();
        const test::Datagram heard[3] = {recorder.heard[0], recorder.heard[1], recorder.heard[2]};
        uint32_t copies = pattern / 6;
        for (int i = 0; i < 3; ++i, copies /= 3) {
            const uint8_t which = orders[pattern % 6][i];
            for (uint32_t copy = 0; copy <= copies % 3; ++copy) {
                rig.net.inject(heard[which].from, node_address, heard[which].view());
            }
            rig.net.set_now(rig.now);
            rig.node.turn(rig.now);
        }
        for (const test::Datagram& one : heard) {
            rig.net.inject(one.from, node_address, one.view());
        }
        for (Program::Asked& one : asked) {
            ASSERT_TRUE(rig.wait_for(rig.alice, one.request));
            ASSERT_TRUE(rig.alice.session.poll(one.request).is_ok());
            rig.alice.session.release(one.request);
        }
        for (uint64_t operation = first; operation < next_operation; ++operation) {
            ASSERT_EQ(rig.node.sink.times_of[operation], 1u) << pattern;
        }
    }
}

} // namespace
} // namespace grafos::wire
