// SPDX-License-Identifier: Apache-2.0
#include "core/wire/principal.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_B "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

[[nodiscard]] Principal entry(uint8_t key, std::string_view name) noexcept {
    Principal principal;
    principal.exchange_key.bytes[0] = key;
    copy_bytes({reinterpret_cast<uint8_t*>(principal.name.data()), principal.name.size()},
               bytes_of(name));
    principal.name_size = static_cast<uint8_t>(name.size());
    return principal;
}

TEST(PeerList, Takes_sixteen_and_finds_them_by_key_and_name) {
    PeerList peers;
    constexpr std::string_view names = "abcdefghijklmnopq";
    for (uint8_t i = 0; i < peers_max; ++i) {
        ASSERT_TRUE(peers.add(entry(static_cast<uint8_t>(i + 1), {&names[i], 1})).is_ok());
    }
    EXPECT_EQ(peers.size(), 16u);
    const Result<> more = peers.add(entry(17, "q"));
    ASSERT_FALSE(more.is_ok());
    EXPECT_TRUE(more.error() == (Error{ErrorCode::capacity_exceeded, Field::record_count, 17, 16}));
    for (uint8_t i = 0; i < peers_max; ++i) {
        EXPECT_EQ(peers.find(peers[i].exchange_key).value(), i);
        EXPECT_EQ(peers.find(peers[i].name_view()).value(), i);
    }
    EXPECT_EQ(peers.find(entry(17, "q").exchange_key).error().code, ErrorCode::not_found);
    EXPECT_EQ(peers.find(std::string_view{"q"}).error().field, Field::name);
    EXPECT_ASSERTION(peers[16]);
}

TEST(PeerList, Refuses_what_could_be_mistaken_for_another) {
    PeerList peers;
    ASSERT_TRUE(peers.add(entry(1, "first")).is_ok());
    EXPECT_EQ(peers.add(entry(1, "second")).error().field, Field::key);
    EXPECT_EQ(peers.add(entry(2, "first")).error().field, Field::name);
    EXPECT_EQ(peers.add(entry(0, "zero")).error().field, Field::key);
    EXPECT_EQ(peers.add(entry(2, "")).error().field, Field::name);
    for (uint32_t c = 0; c < 256; ++c) {
        const char name[] = {static_cast<char>(c)};
        PeerList one;
        const bool is_good = c > ' ' && c <= '~' && c != ',' && c != '=';
        EXPECT_EQ(one.add(entry(3, {name, 1})).is_ok(), is_good) << c;
    }
    Principal long_name = entry(4, "x");
    long_name.name_size = peer_name_bytes_max + 1;
    EXPECT_EQ(peers.add(long_name).error().field, Field::name);
    Principal short_ttl = entry(4, "x");
    short_ttl.ttl_max = Duration{limits::lease_ttl_min.ms - 1};
    EXPECT_EQ(peers.add(short_ttl).error().field, Field::ttl);
    short_ttl.ttl_max = Duration{limits::lease_ttl_max.ms + 1};
    EXPECT_EQ(peers.add(short_ttl).error().field, Field::ttl);
    EXPECT_EQ(peers.size(), 1u);
}

TEST(PeerList, Reads_a_word_with_everything_in_it) {
    PeerList peers;
    ASSERT_TRUE(peers
                    .add_word("lab-3,key=" KEY_A ",node=" KEY_B
                              ",roles=cap+observe,tenant=7,bytes=1048576,leases=9,ttl=60000"
                              ",address=10.0.2.15:7400")
                    .is_ok());
    const Principal& peer = peers[0];
    EXPECT_TRUE(peer.name_view() == "lab-3");
    EXPECT_EQ(peer.exchange_key.bytes[1], 0x11u);
    EXPECT_EQ(peer.node_id.bytes[0], 0x10u);
    EXPECT_EQ(peer.roles.bits, 0x21u);
    EXPECT_TRUE(peer.has_tenant);
    EXPECT_EQ(peer.tenant.value, 7u);
    EXPECT_EQ(peer.quota_bytes, 1'048'576u);
    EXPECT_EQ(peer.quota_leases, 9u);
    EXPECT_EQ(peer.ttl_max.ms, 60'000u);
    EXPECT_EQ(peer.address.ipv4, 0x0A00020Fu);
    EXPECT_EQ(peer.address.port, 7'400u);
}

TEST(PeerList, Reads_a_word_with_nothing_but_a_key) {
    PeerList peers;
    ASSERT_TRUE(peers.add_word("a,key=" KEY_A).is_ok());
    EXPECT_EQ(peers[0].roles.bits, 0u);
    EXPECT_FALSE(peers[0].has_tenant);
    EXPECT_TRUE(peers[0].node_id.is_zero());
    EXPECT_TRUE(peers[0].address == hal::DatagramAddress{});
    EXPECT_TRUE(peers[0].ttl_max == limits::lease_ttl_max);
    ASSERT_TRUE(peers.add_word("b,roles=all,tenant=any,key=" KEY_B).is_ok());
    EXPECT_TRUE(peers[1].roles == all_roles);
    EXPECT_FALSE(peers[1].has_tenant);
}

TEST(PeerList, Names_the_bad_part_of_a_word_and_where_it_begins) {
    struct Bad {
        std::string_view word;
        Field field;
        uint64_t offset;
    };
    constexpr Bad words[] = {
        {"", Field::name, 0},
        {",key=" KEY_A, Field::name, 0},
        {"key=" KEY_A, Field::name, 0},
        {"a-name-that-is-much-too-long,key=" KEY_A, Field::name, 0},
        {"a", Field::key, 1},
        {"a,roles=all", Field::key, 11},
        {"a,key=0011", Field::key, 6},
        {"a,key=" KEY_A "0", Field::key, 6},
        {"a,key=" KEY_A ",", Field::option, 71},
        {"a,key=" KEY_A ",key=" KEY_B, Field::option, 71},
        {"a,key=" KEY_A ",colour=red", Field::option, 71},
        {"a,key=" KEY_A ",,", Field::option, 72},
        {"a,key=" KEY_A ",node=12", Field::node_id, 76},
        {"a,key=" KEY_A ",roles=", Field::role, 77},
        {"a,key=" KEY_A ",roles=cap+", Field::role, 77},
        {"a,key=" KEY_A ",roles=cap+king", Field::role, 81},
        {"a,key=" KEY_A ",roles=cap+cap", Field::role, 81},
        {"a,key=" KEY_A ",roles=+cap", Field::role, 77},
        {"a,key=" KEY_A ",tenant=x", Field::tenant, 78},
        {"a,key=" KEY_A ",tenant=4294967296", Field::tenant, 78},
        {"a,key=" KEY_A ",bytes=18446744073709551616", Field::amount, 77},
        {"a,key=" KEY_A ",leases=-1", Field::lease_count, 78},
        {"a,key=" KEY_A ",ttl=99", Field::ttl, 75},
        {"a,key=" KEY_A ",ttl=300001", Field::ttl, 75},
        {"a,key=" KEY_A ",address=10.0.2:1", Field::address, 79},
        {"a,key=" KEY_A ",address=10.0.2.15", Field::address, 88},
        {"a,key=" KEY_A ",address=10.0.2.15:0", Field::address, 79},
        {"a,key=" KEY_A ",address=0.0.0.0:1", Field::address, 79},
        {"a,key=" KEY_A ",address=10.0.2.256:1", Field::address, 86},
        {"a,key=" KEY_A ",address=10.0.2.15.1:1", Field::address, 79},
        {"a,key=" KEY_A ",address=10.0.2.15:70000", Field::address, 89},
        {"a,key=" KEY_A ",address=10.0.02.15:1", Field::address, 84},
        {"a,key=" KEY_A ",address=010.0.2.15:1", Field::address, 79},
        {"a,key=" KEY_A ",address=10.0.2.15:01", Field::address, 89},
        {"a,key=" KEY_A ",address=10..2.15:1", Field::address, 82},
        {"a,key=" ZERO, Field::key, 0},
    };
    for (const Bad& bad : words) {
        PeerList peers;
        const Result<> added = peers.add_word(bad.word);
        ASSERT_FALSE(added.is_ok()) << bad.word;
        EXPECT_EQ(added.error().code, ErrorCode::invalid_argument) << bad.word;
        EXPECT_TRUE(added.error().field == bad.field)
            << bad.word << ": " << name_of(added.error().field);
        EXPECT_EQ(added.error().value, bad.offset) << bad.word;
        EXPECT_EQ(peers.size(), 0u);
    }
}

TEST(PeerList, Has_a_digest_of_what_is_allowed_and_of_nothing_else) {
    const auto digest_of = [](const Principal& principal) {
        PeerList peers;
        EXPECT_TRUE(peers.add(entry(1, "first")).is_ok());
        EXPECT_TRUE(peers.add(principal).is_ok());
        return peers.digest();
    };
    const Principal base = entry(2, "second");
    const Digest digest = digest_of(base);
    EXPECT_FALSE(PeerList{}.digest() == digest);
    Principal other = base;
    other.name[0] = 'S';
    EXPECT_TRUE(digest_of(other) == digest);
    other.address = {1, 1};
    EXPECT_TRUE(digest_of(other) == digest);
    Principal changed[8] = {base, base, base, base, base, base, base, base};
    changed[0].exchange_key.bytes[31] = 1;
    changed[1].node_id.bytes[0] = 1;
    changed[2].roles.bits = 1;
    changed[3].has_tenant = true;
    changed[4].tenant.value = 1;
    changed[5].quota_bytes = 1;
    changed[6].quota_leases = 1;
    changed[7].ttl_max.ms -= 1;
    for (const Principal& one : changed) {
        EXPECT_FALSE(digest_of(one) == digest);
    }
}

TEST(Roles, Are_sets) {
    const Roles both = Roles{} | Role::cap | Role::time;
    EXPECT_TRUE(both.has(Role::cap) && both.has(Role::time) && !both.has(Role::revoke));
    EXPECT_TRUE(both.has_all(Roles{} | Role::time));
    EXPECT_FALSE(both.has_all(all_roles));
    EXPECT_TRUE(name_of(Role::fence_clear) == "fence_clear");
}

} // namespace
} // namespace grafos::wire
