// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/test.hpp"
#include "tests/unit/ec_counter/rig.hpp"

namespace grafos::test::ec {

TEST(EcCounterTrace, A_small_run_line_by_line) {
    SmallPlay& play = small_play({.num_servers = 2, .num_clients = 1, .requests = 3});
    ASSERT_TRUE(play.play());
    EXPECT_EQ(play.recorder.text(), "Starting ec-counter with 2 servers and 1 clients\n"
                                    "Started server-1\n"
                                    "Started server-2\n"
                                    "Started client-1\n"
                                    "All clients started\n"
                                    "[server-1] Registered 1 peers\n"
                                    "[server-2] Registered 1 peers\n"
                                    "[client-1] Starting — will send 3 requests\n"
                                    "[server-1] GET -> 0\n"
                                    "[client-1] GET -> 0\n"
                                    "[server-1] GET -> 0\n"
                                    "[client-1] GET -> 0\n"
                                    "[server-1] SET 814 -> accepted (was 0)\n"
                                    "[client-1] SET 814 -> accepted\n"
                                    "[client-1] Finished all 3 requests\n"
                                    "[server-2] SYNC received 814 -> updated (was 0)\n"
                                    "\n"
                                    "--- Final server counter values ---\n"
                                    "[server-1] GET -> 814\n"
                                    "server-1: 814\n"
                                    "[server-2] GET -> 814\n"
                                    "server-2: 814\n"
                                    "\n"
                                    "--- After additional sync ---\n"
                                    "[server-1] GET -> 814\n"
                                    "server-1: 814\n"
                                    "[server-2] GET -> 814\n"
                                    "server-2: 814\n"
                                    "\n"
                                    "All servers converged to 814\n");
}

} // namespace grafos::test::ec
