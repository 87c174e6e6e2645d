// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "tools/netem/control.hpp"
#include "tools/netem/words.hpp"

namespace grafos::netem {

const std::string_view control_help =
    "set PAIRS KEY=VALUE...   faults: drop, duplicate, reorder, flip (0 to 1), delay (MS or\n"
    "                         MIN..MAX), reorder_depth, flip_bits, cut, clog (on or off)\n"
    "clear [PAIRS]            no faults any more\n"
    "partition PAIRS          nothing passes: A:B one way, A::B both ways\n"
    "heal [PAIRS]             ends partitions\n"
    "clog PAIRS [MS]          what should leave waits until unclog, or so long\n"
    "unclog [PAIRS]           lets it go\n"
    "show [PAIRS]             faults and counters of each pair\n"
    "zero [PAIRS]             counters start again\n"
    "seed N                   the dice start again, with this seed\n"
    "node NAME ADDRESS:PORT   the node has moved\n"
    "pcap FILE [in|out|both]  records (out: what leaves); pcap off; pcap flush\n"
    "help, stop\n"
    "PAIRS: FROM:TO, A::B for both ways, all for either name or for everything.\n";

using Words = std::vector<std::string>;

struct Steering::Command {
    std::string_view name;
    size_t words_min, words_max; ///< after the name
    Json (Steering::*run)(const Words&);
};

constexpr size_t any = 64;
constinit const Steering::Command Steering::commands[] = {
    {"set", 2, any, &Steering::set},           {"clear", 0, 1, &Steering::clear},
    {"partition", 1, 1, &Steering::partition}, {"heal", 0, 1, &Steering::heal},
    {"clog", 1, 2, &Steering::clog},           {"unclog", 0, 1, &Steering::unclog},
    {"show", 0, 1, &Steering::show},           {"zero", 0, 1, &Steering::zero},
    {"seed", 1, 1, &Steering::seed},           {"node", 2, 2, &Steering::node},
    {"pcap", 1, 2, &Steering::pcap},           {"help", 0, 0, &Steering::help},
    {"stop", 0, 0, &Steering::stop},
};

namespace {

constexpr uint64_t clog_ms_max = 3'600'000;

std::string pairs_in(const Words& words) {
    return words.size() > 1 ? words[1] : "all";
}

Json failure(const char* code, Json error) {
    error["code"] = code;
    return {{"ok", false}, {"error", std::move(error)}};
}

} // namespace

Json Steering::execute(std::string_view line) {
    const Words words = words_of(line);
    const std::string name = words.empty() ? "" : words[0];
    std::string known;
    try {
        for (const Command& command : commands) {
            known += (known.empty() ? "" : ", ") + std::string{command.name};
            if (command.name != name) {
                continue;
            }
            if (words.size() - 1 < command.words_min || words.size() - 1 > command.words_max) {
                throw Problem{name, std::to_string(words.size() - 1) + " words",
                              std::to_string(command.words_min) + " to " +
                                  std::to_string(command.words_max) + "; see help"};
            }
            Json answer = {{"ok", true}};
            answer.update((this->*command.run)(words));
            return answer;
        }
        throw Problem{"command", name, "one of " + known};
    } catch (const Problem& problem) {
        return failure("invalid_argument", problem.json());
    } catch (const SystemProblem& problem) {
        return failure("io", {{"message", problem.text()}});
    }
}

Json Steering::lanes_json(const std::vector<Lane*>& lanes) const {
    Json json = Json::array();
    for (const Lane* lane : lanes) {
        json.push_back(lane->json());
    }
    return {{"pairs", std::move(json)}, {"kernel_drops", relay_.kernel_drops()}};
}

/// All words are understood before anything is changed.
Json Steering::change(const std::string& pairs, const Words& words) {
    const std::vector<Lane*> lanes = relay_.lanes(pairs);
    std::vector<Faults> changed;
    for (const Lane* lane : lanes) {
        Faults faults = lane->faults();
        for (const std::string& word : words) {
            set_fault(faults, word);
        }
        changed.push_back(faults);
    }
    for (size_t i = 0; i < lanes.size(); ++i) {
        lanes[i]->set_faults(changed[i]);
    }
    return {{"changed", lanes.size()}};
}

Json Steering::set(const Words& words) {
    return change(words[1], {words.begin() + 2, words.end()});
}

Json Steering::clear(const Words& words) {
    const std::vector<Lane*> lanes = relay_.lanes(pairs_in(words));
    for (Lane* lane : lanes) {
        lane->set_faults({});
    }
    return {{"changed", lanes.size()}};
}

Json Steering::partition(const Words& words) {
    return change(words[1], {"cut=on"});
}

Json Steering::heal(const Words& words) {
    return change(pairs_in(words), {"cut=off"});
}

Json Steering::clog(const Words& words) {
    Nanoseconds until = never;
    if (words.size() > 2) {
        const auto ms = whole_number(words[2], clog_ms_max);
        if (!ms) {
            throw Problem{"clog", words[2], "milliseconds, 0 to " + std::to_string(clog_ms_max)};
        }
        until = EventLoop::now() + *ms * ns_per_ms;
    }
    const std::vector<Lane*> lanes = relay_.lanes(words[1]);
    for (Lane* lane : lanes) {
        Faults faults = lane->faults();
        faults.clog = true;
        lane->set_faults(faults, until);
    }
    return {{"changed", lanes.size()}};
}

Json Steering::unclog(const Words& words) {
    return change(pairs_in(words), {"clog=off"});
}

Json Steering::show(const Words& words) {
    return lanes_json(relay_.lanes(pairs_in(words)));
}

Json Steering::zero(const Words& words) {
    const std::vector<Lane*> lanes = relay_.lanes(pairs_in(words));
    for (Lane* lane : lanes) {
        lane->counters = {};
    }
    return {{"changed", lanes.size()}};
}

Json Steering::seed(const Words& words) {
    const auto value = whole_number(words[1], UINT64_MAX);
    if (!value) {
        throw Problem{"seed", words[1], "0 to 2^64 - 1"};
    }
    relay_.set_seed(*value);
    return {{"seed", *value}};
}

Json Steering::node(const Words& words) {
    relay_.set_address(words[1], address_of("node", words[2]));
    return {{"nodes", relay_.nodes_json()}};
}

Json Steering::pcap(const Words& words) {
    if (words[1] == "off") {
        return {{"pcap", relay_.stop_capture()}};
    }
    if (words[1] == "flush") {
        relay_.flush_capture();
        return Json::object();
    }
    const CaptureWhat what = capture_what_of(words.size() > 2 ? words[2] : "out");
    relay_.start_capture(words[1], what);
    return {{"pcap", {{"file", words[1]}, {"what", text_of(what)}}}};
}

Json Steering::help(const Words&) {
    return {{"help", control_help}, {"nodes", relay_.nodes_json()}, {"pairs", relay_.pairs_json()}};
}

Json Steering::stop(const Words&) {
    loop_.stop();
    return Json::object();
}

} // namespace grafos::netem
