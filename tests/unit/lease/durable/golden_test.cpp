// SPDX-License-Identifier: Apache-2.0
/// A disk of version 1, byte for byte. Whoever changes these sums has changed the format, and owes
/// it a new version and a reader for this one.
#include "core/crypto/sha256.hpp"
#include "core/lease/durable/log.hpp"
#include "tests/unit/lease/durable/bad_disk.hpp"

namespace grafos::test {
namespace {

void expect_sum(Bytes bytes, const char* hex) {
    const Digest sum = crypto::sha256(bytes);
    for (size_t i = 0; i < sum.bytes.size(); ++i) {
        const auto digit = [&](size_t at) {
            return static_cast<unsigned>(hex[at] <= '9' ? hex[at] - '0' : hex[at] - 'a' + 10);
        };
        EXPECT_EQ(digit(2 * i) * 16 + digit(2 * i + 1), sum.bytes[i]) << i;
    }
}

TEST_F(BadDisk, Is_byte_for_byte_the_golden_disk_of_version_1) {
    expect_sum(sectors(lease::identity_sector_a),
               "4de4cda64709860f31cdaba7fb315250822a345fd13467c8b04927fdc3abe063");
    expect_sum(sectors(lease::identity_sector_b),
               "a068e3870e4b19704f7a376d4973c4f7225c23a35d0a39fa0bb4da5ecfd38e6d");
    expect_sum(sectors(layout_.checkpoint_first(0), 16),
               "12b7cd8157b363fccf01be487d5c15f5e18460544acbb027e6dac3ba9b887b2e");
    expect_sum(group(0), "c2425d8530be8201d39b22f92af2d1a41c3429c71a3ed3f6b0c28358f3e9747b");
    expect_sum(group(4), "c09f96013b31116cfcb20c1d4f24ef448df8064a285903e3dad1047fa39235c6");
    expect_sum(disk_, "f3dca6995536fbcabb33b962c333bb617c1a377d488a397502b317648e57b6a8");
}

} // namespace
} // namespace grafos::test
