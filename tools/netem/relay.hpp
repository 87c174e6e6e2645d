// SPDX-License-Identifier: Apache-2.0
/// The relay: a socket for each ordered pair of nodes, and a lane of faults behind each socket.
///
/// What arrives at R(i→j) leaves from R(j→i): so j sees it come from the very address to which it
/// sends what is meant for i, and each node knows one fixed address for each peer. A node without
/// an address is a client: whoever sends to its sockets is one, and each such sender has a flow,
/// a socket of its own towards the node, as behind an address translator.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/netem/batch.hpp"
#include "tools/netem/capture.hpp"
#include "tools/netem/event_loop.hpp"
#include "tools/netem/lane.hpp"

namespace grafos::netem {

inline constexpr size_t nodes_max = 32;
inline constexpr size_t flows_max = 64; ///< clients of a pair; beyond it the longest silent goes

struct NodeSpec {
    std::string name;
    std::optional<Address> address{}; ///< none: a client
};

struct RelaySpec {
    std::vector<NodeSpec> nodes;
    std::map<std::string, Address> listen; ///< by "from:to"; others get any port
    uint32_t listen_on = loopback;
    uint64_t seed = 1;
};

class Relay {
public:
    /// Binds all sockets. Throws SystemProblem.
    Relay(EventLoop& loop, const RelaySpec& spec);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Does what is due. Answers when there is something to do again.
    [[nodiscard]] Nanoseconds advance(Nanoseconds now);

    /// The lanes that `pairs` names: `a:b`, `a::b` (both ways), `all` for either name or for
    /// everything. Throws Problem.
    [[nodiscard]] std::vector<Lane*> lanes(std::string_view pairs);
    /// Throws Problem if there is no such node.
    void set_address(std::string_view node, const Address& address);
    void set_seed(uint64_t seed);

    /// Throws SystemProblem. Ends the capture before.
    void start_capture(const std::string& file, CaptureWhat what);
    /// What was captured; null if nothing was.
    Json stop_capture();
    void flush_capture();

    [[nodiscard]] Json nodes_json() const;
    [[nodiscard]] Json pairs_json() const; ///< who sends where
    [[nodiscard]] uint64_t kernel_drops() const;

private:
    struct Flow {
        Address source{};
        Descriptor socket;
        Nanoseconds used_at = 0;
    };
    struct Line;

    void receive(Line& line);
    void receive_flow(Line& line, uint32_t id);
    void take(Line& line, uint32_t flow, const CaptureEnd& from, const CaptureEnd& to,
              Payload bytes);
    void forward(Line& line, uint32_t flow, uint64_t number, Payload bytes);
    [[nodiscard]] uint32_t flow_of(Line& line, const Address& source);
    [[nodiscard]] Line* line(size_t from, size_t to) const;
    [[nodiscard]] std::optional<size_t> node_named(std::string_view name) const;

    EventLoop& loop_;
    std::vector<NodeSpec> nodes_;
    std::vector<std::unique_ptr<Line>> lines_; ///< from · nodes + to; null on the diagonal
    std::unique_ptr<CaptureWriter> capture_;
    Inbox inbox_;
    Outbox outbox_;
    Nanoseconds now_ = 0;
    uint32_t next_flow_ = 1;
};

} // namespace grafos::netem
