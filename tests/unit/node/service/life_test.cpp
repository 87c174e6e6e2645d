// SPDX-License-Identifier: Apache-2.0
// The life of a lease over the wire, from a token to its end.
#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

class ServiceLife : public ::testing::Test {
protected:
    ServiceRig rig{};
};

TEST_F(ServiceLife, A_lease_is_allocated_written_read_renewed_and_freed) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.alice, 5'000);
    const auto data = bytes_of("over the wire");
    ASSERT_TRUE(rig.write(rig.alice, held, 100, data).is_ok());
    const Result<Bytes> read = rig.read(rig.alice, held, 100, static_cast<uint32_t>(data.size()));
    ASSERT_TRUE(read.is_ok());
    EXPECT_TRUE(is_equal(read.value(), data));

    wire::LeaseRenewRequest renew;
    renew.token = held.token.view();
    const auto renewed =
        rig.ask<wire::LeaseRenewReply>(rig.alice, wire::MessageType::lease_renew, renew);
    ASSERT_TRUE(renewed.is_ok());
    EXPECT_EQ(renewed.value().generation.value, held.generation.value + 1);
    EXPECT_TRUE(renewed.value().token_left == renewed.value().left);
    ServiceRig::Held later = held;
    later.token = lease::token_of(renewed.value().token).value();
    EXPECT_TRUE(rig.read(rig.alice, later, 0, 8).is_ok());
    EXPECT_TRUE(rig.read(rig.alice, held, 0, 8).is_ok()) << "one generation behind";

    ASSERT_TRUE(rig.free(rig.alice, later).is_ok());
    const Result<Bytes> after = rig.read(rig.alice, later, 0, 8);
    ASSERT_FALSE(after.is_ok());
    EXPECT_TRUE(after.error().code == ErrorCode::released);
}

} // namespace
} // namespace grafos::test
