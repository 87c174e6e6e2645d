// SPDX-License-Identifier: Apache-2.0
/// Steering a running relay: one command a line, one JSON object a line back.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "tools/netem/event_loop.hpp"
#include "tools/netem/relay.hpp"

namespace grafos::netem {

/// The commands, as `help` lists them.
extern const std::string_view control_help;

/// What the commands do. Context: the relay's thread.
class Steering {
public:
    Steering(EventLoop& loop, Relay& relay) : loop_(loop), relay_(relay) {}
    /// `{"ok": true, …}` or `{"ok": false, "error": {…}}`; never throws.
    [[nodiscard]] Json execute(std::string_view line);

private:
    struct Command;
    static const Command commands[];

    Json set(const std::vector<std::string>& words);
    Json clear(const std::vector<std::string>& words);
    Json partition(const std::vector<std::string>& words);
    Json heal(const std::vector<std::string>& words);
    Json clog(const std::vector<std::string>& words);
    Json unclog(const std::vector<std::string>& words);
    Json show(const std::vector<std::string>& words);
    Json zero(const std::vector<std::string>& words);
    Json seed(const std::vector<std::string>& words);
    Json node(const std::vector<std::string>& words);
    Json pcap(const std::vector<std::string>& words);
    Json help(const std::vector<std::string>& words);
    Json stop(const std::vector<std::string>& words);
    Json lanes_json(const std::vector<Lane*>& lanes) const;
    Json change(const std::string& pairs, const std::vector<std::string>& words);

    EventLoop& loop_;
    Relay& relay_;
};

/// Where commands come in: `ADDRESS:PORT` (TCP) or `unix:PATH`.
struct ControlAddress {
    std::variant<Address, std::string> where;
};
[[nodiscard]] ControlAddress control_address_of(std::string_view where, std::string_view text);

class ControlServer {
public:
    /// Throws SystemProblem.
    ControlServer(EventLoop& loop, Steering& steering, const ControlAddress& address);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    /// As `ctl --control` takes it.
    [[nodiscard]] const std::string& address() const { return address_; }

private:
    struct Client {
        Descriptor socket;
        std::string rest;
    };
    void accept_client();
    void serve(int number);

    EventLoop& loop_;
    Steering& steering_;
    Descriptor listener_;
    std::string address_, path_;
    std::map<int, Client> clients_;
};

/// Sends one command, answers its line. Throws SystemProblem.
[[nodiscard]] std::string ask(const ControlAddress& address, const std::string& command,
                              int timeout_ms);

} // namespace grafos::netem
