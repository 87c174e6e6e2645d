// SPDX-License-Identifier: Apache-2.0
#include "tests/support/session_rig.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::rig_read;
using test::rig_write;
using test::SessionRig;

class Session : public ::testing::Test {
protected:
    SessionRig rig{1, Instant{test::start_time().ms + 1'000}};
};

[[nodiscard]] uint64_t number_in(const ReplyView& reply) noexcept {
    return reply.payload.size() >= 8 ? load_big_endian<uint64_t>(reply.payload.data()) : 0;
}

TEST_F(Session, Opens_and_answers) {
    ASSERT_TRUE(rig.open(rig.alice));
    EXPECT_EQ(rig.alice.session.boot().value, 1u);
    EXPECT_TRUE(rig.alice.session.node_id() == rig.node.identity.node_id());
    EXPECT_EQ(rig.alice.session.window(), 4u);
    const auto request =
        rig.alice.session.start(rig_write, bytes_of("hello"), Duration{1'000}, rig.now);
    ASSERT_TRUE(request.is_ok());
    ASSERT_TRUE(rig.wait_for(rig.alice, request.value()));
    const auto reply = rig.alice.session.poll(request.value());
    ASSERT_TRUE(reply.is_ok());
    EXPECT_EQ(number_in(reply.value()), 1u);
    EXPECT_EQ(rig.node.sink.executed, 1u);
    EXPECT_EQ(rig.node.sink.last_size, 5u);
    EXPECT_EQ(rig.node.sink.last.principal, 0u);
}

} // namespace
} // namespace grafos::wire
