// SPDX-License-Identifier: Apache-2.0
/// The commands of grafos-netem besides `run`: one object of options and one function each. A
/// function prints one JSON object, answers the exit status, and throws Problem or SystemProblem.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace grafos::netem {

struct ReplayOptions {
    std::string file, to, from = "127.0.0.1:0", pair, ttl;
    uint64_t first = 0;          ///< of the packets chosen, from 0
    uint64_t count = UINT64_MAX; ///< how many of them
    double part = 1;             ///< each is sent with this probability
    bool is_shuffled = false;
    uint64_t repeat = 1;
    double flip = 0;         ///< one bit of each is inverted with this probability
    double rate = 0;         ///< packets a second; 0: as fast as they go
    bool keeps_time = false; ///< the recorded distances instead
    uint64_t seed = 1;
    uint64_t wait_ms = 200; ///< for answers, after the last packet
};
int replay(const ReplayOptions& options);

struct ForgeOptions {
    std::string to, from = "127.0.0.1:0", kind = "mix";
    double rate = 330;
    uint64_t count = 330;
    uint64_t size = 120; ///< of `random`, and of the sealed body; at most
    uint64_t seed = 1;
    uint64_t wait_ms = 200;
};
int forge(const ForgeOptions& options);

struct MeasureOptions {
    uint64_t count = 1'000'000;
    uint64_t size = 64;
    uint64_t window = 512; ///< packets under way at most
    std::string faults;    ///< of the lane, as `set` takes them
};
int measure(const MeasureOptions& options);

} // namespace grafos::netem
