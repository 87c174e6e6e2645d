// SPDX-License-Identifier: Apache-2.0
/// What a relay is started with: from a JSON file, from the command line, or both.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tools/netem/capture.hpp"
#include "tools/netem/control.hpp"
#include "tools/netem/relay.hpp"

namespace grafos::netem {

struct Config {
    RelaySpec relay{};
    std::string control = "127.0.0.1:0";
    std::string pcap{}; ///< file; empty: none
    CaptureWhat pcap_what = CaptureWhat::out;
    /// `PAIRS KEY=VALUE…`, as the command `set` takes them, and where they stood.
    std::vector<std::pair<std::string, std::string>> faults{};
};

/// Adds what the file says. Unknown fields are refused. Throws Problem (`FILE: field…`) or
/// SystemProblem.
void read_config(const std::string& file, Config& config);

/// `NAME=ADDRESS:PORT`, or `NAME` for a client. Throws Problem.
void add_node(Config& config, const std::string& where, const std::string& text);
/// `FROM:TO=ADDRESS:PORT`. Throws Problem.
void add_listen(Config& config, const std::string& where, const std::string& text);
/// What only the whole can tell. Throws Problem.
void check_config(const Config& config);

} // namespace grafos::netem
