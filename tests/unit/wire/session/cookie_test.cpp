// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/cookie.hpp"

#include "core/wire/session/limits.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

constexpr hal::DatagramAddress here{0x0A000002, 4000};

class CookieTest : public ::testing::Test {
protected:
    CookieTest() noexcept {
        drbg.seed(bytes_of("cookies"));
        jar.start(drbg);
        for (size_t i = 0; i < random.bytes.size(); ++i) {
            random.bytes[i] = static_cast<uint8_t>(i);
        }
    }
    crypto::Drbg drbg;
    CookieJar jar;
    ClientRandom random;
    /// The first instant of a bucket.
    Instant bucket{(test::start_time().ms / 30'000 + 10) * 30'000};
};

TEST_F(CookieTest, Lives_in_its_bucket_and_the_next) {
    for (uint64_t made = 0; made < 30'000; made += 4'999) {
        const Cookie cookie = jar.make(here, random, {bucket.ms + made});
        EXPECT_TRUE(jar.accepts(cookie, here, random, {bucket.ms}));
        EXPECT_TRUE(jar.accepts(cookie, here, random, {bucket.ms + 29'999}));
        EXPECT_TRUE(jar.accepts(cookie, here, random, {bucket.ms + 59'999}));
        EXPECT_FALSE(jar.accepts(cookie, here, random, {bucket.ms + 60'000}));
        EXPECT_FALSE(jar.accepts(cookie, here, random, {bucket.ms - 1}));
    }
}

TEST_F(CookieTest, Is_of_one_address_and_one_attempt) {
    const Cookie cookie = jar.make(here, random, bucket);
    for (uint32_t bit = 0; bit < 32; ++bit) {
        EXPECT_FALSE(jar.accepts(cookie, {here.ipv4 ^ (1u << bit), here.port}, random, bucket));
    }
    for (uint32_t bit = 0; bit < 16; ++bit) {
        const auto port = static_cast<uint16_t>(here.port ^ (1u << bit));
        EXPECT_FALSE(jar.accepts(cookie, {here.ipv4, port}, random, bucket));
    }
    for (size_t bit = 0; bit < 8 * ClientRandom::size_bytes; ++bit) {
        ClientRandom other = random;
        other.bytes[bit / 8] = static_cast<uint8_t>(other.bytes[bit / 8] ^ (1u << (bit % 8)));
        EXPECT_FALSE(jar.accepts(cookie, here, other, bucket));
    }
    for (size_t bit = 0; bit < 8 * Cookie::size_bytes; ++bit) {
        Cookie other = cookie;
        other.bytes[bit / 8] = static_cast<uint8_t>(other.bytes[bit / 8] ^ (1u << (bit % 8)));
        EXPECT_FALSE(jar.accepts(other, here, random, bucket));
    }
}

TEST_F(CookieTest, Is_worthless_after_a_restart) {
    const Cookie cookie = jar.make(here, random, bucket);
    CookieJar next;
    EXPECT_FALSE(next.is_started());
    next.start(drbg);
    EXPECT_FALSE(next.accepts(cookie, here, random, bucket));
    EXPECT_TRUE(next.accepts(next.make(here, random, bucket), here, random, bucket));
}

TEST_F(CookieTest, Works_in_the_first_bucket_of_a_boot) {
    const Cookie cookie = jar.make(here, random, {0});
    EXPECT_TRUE(jar.accepts(cookie, here, random, {59'999}));
    EXPECT_FALSE(jar.accepts(cookie, here, random, {60'000}));
}

} // namespace
} // namespace grafos::wire
