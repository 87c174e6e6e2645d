// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/fabric/fabric_words.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using ec_counter::FabricWords;

/// The word that is refused; empty: none is.
std::string_view refused(std::string_view text) {
    FabricWords words;
    std::array<char, 160> accepted;
    const auto problem = ec_counter::read_fabric_words(text, words, accepted);
    EXPECT_TRUE(!problem.has_value() || !problem->accepted.empty());
    return problem.has_value() ? problem->word : std::string_view{};
}

TEST(FabricWords, Are_read) {
    FabricWords words;
    std::array<char, 160> accepted;
    const auto problem = ec_counter::read_fabric_words(
        "server=2,nodes=x86+arm+linux,ttl_ms=5000,durable,sync_period_ms=50,net_ms=300", words,
        accepted);
    EXPECT_FALSE(problem.has_value());
    EXPECT_EQ(words.server, 2u);
    EXPECT_FALSE(words.has_clients);
    EXPECT_EQ(words.settings.num_servers, 3u);
    EXPECT_TRUE(words.nodes[2] == "linux");
    EXPECT_EQ(words.ttl.ms, 5'000u);
    EXPECT_TRUE(words.is_durable);
    EXPECT_EQ(words.settings.sync_period_ms, 50u);
    EXPECT_EQ(words.net_patience.ms, 300u);
}

TEST(FabricWords, That_are_bad_are_named) {
    EXPECT_TRUE(refused("clients=0,nodes=a").empty());
    EXPECT_TRUE(refused("") == "server");
    EXPECT_TRUE(refused("server=1") == "nodes");
    EXPECT_TRUE(refused("server=2,nodes=a") == "nodes");
    EXPECT_TRUE(refused("server=0,nodes=a") == "server=0");
    EXPECT_TRUE(refused("server=9,nodes=a") == "server=9");
    EXPECT_TRUE(refused("server=1x,nodes=a") == "server=1x");
    EXPECT_TRUE(refused("server=1,server=1,nodes=a") == "server=1");
    EXPECT_TRUE(refused("server=1,clients=1,nodes=a") == "clients");
    EXPECT_TRUE(refused("clients=33,nodes=a") == "clients=33");
    EXPECT_TRUE(refused("server=1,nodes=") == "nodes=");
    EXPECT_TRUE(refused("server=1,nodes=a+a") == "nodes=a+a");
    EXPECT_TRUE(refused("server=1,nodes=a++b") == "nodes=a++b");
    EXPECT_TRUE(refused("server=1,nodes=a+b+c+d+e+f+g+h+i") == "nodes=a+b+c+d+e+f+g+h+i");
    EXPECT_TRUE(refused("server=1,nodes=a,ttl_ms=499") == "ttl_ms=499");
    EXPECT_TRUE(refused("server=1,nodes=a,durable=1") == "durable=1");
    EXPECT_TRUE(refused("server=1,nodes=a,durable,durable") == "durable");
    EXPECT_TRUE(refused("server=1,nodes=a,latency_ms=1") == "latency_ms=1");
    EXPECT_TRUE(refused("server=1,nodes=a,requests=-1") == "requests=-1");
    EXPECT_TRUE(refused("server=1,nodes=a,requests=7,requests=7") == "requests=7");
    EXPECT_TRUE(refused("server=1,nodes=a,,") == "");
    EXPECT_TRUE(refused("clients=1,nodes=a,value_least=9,value_most=8") == "value_most");
}

} // namespace
} // namespace grafos::test
