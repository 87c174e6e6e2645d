// SPDX-License-Identifier: Apache-2.0
/// grafos-netem: a bad network between nodes, on one machine and on demand. README.md.
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/netem/commands.hpp"
#include "tools/netem/config.hpp"

namespace grafos::netem {
namespace {

constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 2;
constexpr int control_timeout_ms = 5000;

struct RunOptions {
    std::string config, control, pcap, pcap_what;
    std::vector<std::string> nodes, listen, faults;
    CLI::Option* seed_option = nullptr;
    uint64_t seed = 1;
};

Config config_of(const RunOptions& options) {
    Config config;
    if (!options.config.empty()) {
        read_config(options.config, config);
    }
    for (const std::string& node : options.nodes) {
        add_node(config, "--node", node);
    }
    for (const std::string& listen : options.listen) {
        add_listen(config, "--listen", listen);
    }
    for (const std::string& faults : options.faults) {
        config.faults.emplace_back("--fault", faults);
    }
    if (options.seed_option->count() > 0) {
        config.relay.seed = options.seed;
    }
    config.control = options.control.empty() ? config.control : options.control;
    config.pcap = options.pcap.empty() ? config.pcap : options.pcap;
    if (!options.pcap_what.empty()) {
        config.pcap_what = capture_what_of(options.pcap_what);
    }
    check_config(config);
    return config;
}

void start_faults(const Config& config, Steering& steering) {
    for (const auto& [where, words] : config.faults) {
        const Json answer = steering.execute("set " + words);
        if (!answer.at("ok").get<bool>()) {
            const Json& error = answer.at("error");
            throw Problem{where + ": " + error.at("field").get<std::string>(),
                          error.at("value").get<std::string>(),
                          error.at("expected").get<std::string>()};
        }
    }
}

int run(const RunOptions& options) {
    const Config config = config_of(options);
    const ControlAddress control = control_address_of("--control", config.control);
    EventLoop loop;
    Relay relay{loop, config.relay};
    Steering steering{loop, relay};
    start_faults(config, steering);
    if (!config.pcap.empty()) {
        relay.start_capture(config.pcap, config.pcap_what);
    }
    const ControlServer server{loop, steering, control};
    const Json ready = {{"ready", true},
                        {"control", server.address()},
                        {"seed", config.relay.seed},
                        {"nodes", relay.nodes_json()},
                        {"pairs", relay.pairs_json()}};
    std::puts(line_of(ready).c_str());
    std::fflush(stdout);
    loop.run([&relay](Nanoseconds now) { return relay.advance(now); });
    const Json last = {{"stopped", true}, {"pcap", relay.stop_capture()}};
    Json told = steering.execute("show");
    told.update(last);
    std::puts(line_of(told).c_str());
    return exit_ok;
}

int control(const std::string& address, const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) {
        line += (line.empty() ? "" : " ") + word;
    }
    const std::string answer =
        ask(control_address_of("--control", address), line, control_timeout_ms);
    const Json json = Json::parse(answer, nullptr, false);
    if (json.contains("help")) {
        std::fputs(json.at("help").get<std::string>().c_str(), stdout);
        return exit_ok;
    }
    std::puts(answer.c_str());
    return json.value("ok", false) ? exit_ok : exit_failed;
}

void add_run(CLI::App& app, RunOptions& options) {
    app.add_option("--config", options.config, "JSON file; what follows adds to it")
        ->type_name("FILE");
    app.add_option("--node", options.nodes,
                   "a node and where it receives, or only a name: a client; repeat for more")
        ->type_name("NAME[=ADDRESS:PORT]")
        ->allow_extra_args(false);
    app.add_option("--listen", options.listen, "fix where R(FROM:TO) receives; else any port")
        ->type_name("FROM:TO=ADDRESS:PORT")
        ->allow_extra_args(false);
    app.add_option("--fault", options.faults, "as the command set takes it: 'all drop=0.1'")
        ->type_name("'PAIRS KEY=VALUE...'")
        ->allow_extra_args(false);
    options.seed_option =
        app.add_option("--seed", options.seed, "of all decisions (1)")->type_name("N");
    app.add_option("--control", options.control, "where commands come in (127.0.0.1:0)")
        ->type_name("ADDRESS:PORT|unix:PATH");
    app.add_option("--pcap", options.pcap, "record from the start")->type_name("FILE");
    app.add_option("--pcap-what", options.pcap_what, "in, out (what leaves, default) or both");
    app.footer("Prints one JSON line when it is ready (control port, the address of each pair) and "
               "one with\n"
               "the counters when it stops, on SIGTERM, SIGINT or the command stop.");
}

void add_replay(CLI::App& app, ReplayOptions& options) {
    app.add_option("file", options.file, "a capture")->required()->type_name("FILE.pcap");
    app.add_option("--to", options.to, "who gets it")->required()->type_name("ADDRESS:PORT");
    app.add_option("--from", options.from, "sent from here (any port)")->type_name("ADDRESS:PORT");
    app.add_option("--from-pair", options.pair,
                   "only packets of this pair: names or numbers from 1")
        ->type_name("FROM:TO");
    app.add_option("--ttl", options.ttl,
                   "only packets recorded on this side of the relay: in, out");
    app.add_option("--first", options.first, "the first of them to send (0)");
    app.add_option("--count", options.count, "how many of them (all)");
    app.add_option("--part", options.part, "each with this probability (1)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_flag("--shuffle", options.is_shuffled, "in another order");
    app.add_option("--repeat", options.repeat, "so many times (1)");
    app.add_option("--flip", options.flip, "invert a bit with this probability (0)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--rate", options.rate, "packets a second (as fast as they go)");
    app.add_flag("--keep-time", options.keeps_time, "at the recorded distances");
    app.add_option("--seed", options.seed, "of order, part and bits (1)");
    app.add_option("--wait", options.wait_ms, "ms for answers after the last (200)");
}

void add_forge(CLI::App& app, ForgeOptions& options) {
    app.add_option("--to", options.to, "who gets it")->required()->type_name("ADDRESS:PORT");
    app.add_option("--from", options.from, "sent from here (any port)")->type_name("ADDRESS:PORT");
    app.add_option(
           "--kind", options.kind,
           "hello, init (with a false cookie), handshake (init with a cookie that the node gave,\n"
           "and noise for keys), sealed, random, or mix of all but handshake (mix)")
        ->check(CLI::IsMember({"hello", "init", "handshake", "sealed", "random", "mix"}));
    app.add_option("--rate", options.rate, "packets a second; 0: as fast as they go (330)");
    app.add_option("--count", options.count, "how many (330)");
    app.add_option("--size", options.size, "most bytes of random packets and sealed bodies (120)")
        ->check(CLI::Range(16, 1400));
    app.add_option("--seed", options.seed, "of all bytes (1)");
    app.add_option("--wait", options.wait_ms, "ms for answers after the last (200)");
}

void add_measure(CLI::App& app, MeasureOptions& options) {
    app.add_option("--count", options.count, "packets (1000000)");
    app.add_option("--size", options.size, "bytes of each (64)")->check(CLI::Range(1, 1400));
    app.add_option("--window", options.window, "under way at most (512)")
        ->check(CLI::Range(1, 4096));
    app.add_option("--fault", options.faults, "of the lane, such as lose nothing: 'flip=1'");
}

int command_line(int count, char** words) {
    CLI::App app{"A bad network between nodes: a UDP relay with faults on demand.", "grafos-netem"};
    app.require_subcommand(1);
    RunOptions run_options;
    std::string address;
    std::vector<std::string> command;
    ReplayOptions replay_options;
    ForgeOptions forge_options;
    MeasureOptions measure_options;
    auto* run_command = app.add_subcommand("run", "relay until told to stop");
    auto* ctl_command = app.add_subcommand("ctl", "tell a running relay a command; ctl help");
    auto* replay_command = app.add_subcommand("replay", "send the payloads of a capture again");
    auto* forge_command = app.add_subcommand("forge", "send packets that look like ours");
    auto* measure_command = app.add_subcommand("measure", "how many packets a second pass");
    add_run(*run_command, run_options);
    ctl_command->add_option("--control", address, "as the relay's ready line tells it")
        ->required()
        ->type_name("ADDRESS:PORT|unix:PATH");
    ctl_command->add_option("words", command, "the command")->required();
    ctl_command->footer(std::string{"Commands:\n"} + std::string{control_help});
    add_replay(*replay_command, replay_options);
    add_forge(*forge_command, forge_options);
    add_measure(*measure_command, measure_options);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return *run_command       ? run(run_options)
           : *ctl_command     ? control(address, command)
           : *replay_command  ? replay(replay_options)
           : *forge_command   ? forge(forge_options)
           : *measure_command ? measure(measure_options)
                              : exit_usage;
}

} // namespace
} // namespace grafos::netem

int main(int count, char** words) {
    using namespace grafos::netem;
    try {
        return command_line(count, words);
    } catch (const Problem& problem) {
        std::fprintf(stderr, "grafos-netem: %s\n", problem.text().c_str());
        return exit_usage;
    } catch (const SystemProblem& problem) {
        std::fprintf(stderr, "grafos-netem: %s\n", problem.text().c_str());
        return exit_failed;
    }
}
