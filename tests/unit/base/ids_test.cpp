// SPDX-License-Identifier: Apache-2.0
#include "core/base/ids.hpp"

#include "core/base/limits.hpp"
#include "tests/testkit/test.hpp"

namespace grafos {
namespace {

TEST(Ids, Numbers_order_by_value) {
    EXPECT_LT(Epoch{1}, Epoch{2});
    EXPECT_EQ(Epoch{2}, Epoch{2});
    EXPECT_GT(Sequence{UINT64_MAX}, Sequence{0});
    EXPECT_EQ(Epoch{}.value, 0u);
}

TEST(Ids, The_slot_of_a_lease_is_its_first_four_bytes) {
    LeaseId id{};
    id.bytes = {0x01, 0x02, 0x03, 0x04, 0xff, 0xff};
    EXPECT_EQ(slot_of(id).value, 0x01020304u);
}

TEST(Ids, A_secret_is_the_same_only_if_every_byte_is) {
    LeaseId a{};
    LeaseId b{};
    EXPECT_TRUE(is_same_secret(a, b));
    EXPECT_TRUE(a.is_zero());
    for (uint8_t& byte : b.bytes) {
        byte = 1;
        EXPECT_FALSE(is_same_secret(a, b));
        EXPECT_FALSE(a == b);
        EXPECT_FALSE(b.is_zero());
        byte = 0;
    }
}

TEST(Ids, Sizes_are_those_of_the_formats) {
    EXPECT_EQ(LeaseId::size_bytes, 16u);
    EXPECT_EQ(LeaseRef{}.view().size(), 16u);
    EXPECT_EQ(NodeId{}.view().size(), 32u);
    EXPECT_EQ(Digest{}.view().size(), 32u);
    EXPECT_EQ(limits::record_fixed_bytes, 160u);
    EXPECT_EQ(limits::record_bytes_max, 160u + 32 + 96);
}

} // namespace
} // namespace grafos
