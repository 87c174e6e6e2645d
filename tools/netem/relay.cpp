// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/relay.hpp"

#include <algorithm>
#include <utility>

namespace grafos::netem {
namespace {

constexpr size_t batches_max = 8; // of one socket, before the others have their turn

} // namespace

struct Relay::Line final : LaneExit {
    Line(Relay& its_relay, size_t from_node, size_t to_node, uint64_t seed)
        : relay(its_relay),
          from(from_node),
          to(to_node),
          lane(its_relay.nodes_[from_node].name, its_relay.nodes_[to_node].name, seed) {}

    void leave(uint32_t flow, uint64_t number, Payload bytes) override {
        relay.forward(*this, flow, number, bytes);
    }

    Relay& relay;
    size_t from, to;
    Lane lane;
    Descriptor socket; // R(from→to); none towards a client
    Address address{};
    std::map<uint32_t, Flow> flows; // of clients: `from` has no address
    std::unordered_map<Address, uint32_t> flow_by_source;
};

Relay::Relay(EventLoop& loop, const RelaySpec& spec) : loop_(loop), nodes_(spec.nodes) {
    lines_.resize(nodes_.size() * nodes_.size());
    for (size_t from = 0; from < nodes_.size(); ++from) {
        for (size_t to = 0; to < nodes_.size(); ++to) {
            if (from == to || (!nodes_[from].address && !nodes_[to].address)) {
                continue;
            }
            auto made = std::make_unique<Line>(*this, from, to, spec.seed);
            if (nodes_[to].address) {
                const auto wanted = spec.listen.find(nodes_[from].name + ":" + nodes_[to].name);
                made->socket = udp_socket(wanted != spec.listen.end() ? wanted->second
                                                                      : Address{spec.listen_on, 0});
                made->address = local_address(made->socket);
                Line* const pointer = made.get();
                loop_.add(made->socket.number(), [this, pointer] { receive(*pointer); });
            }
            lines_[from * nodes_.size() + to] = std::move(made);
        }
    }
}

Relay::~Relay() = default;

Relay::Line* Relay::line(size_t from, size_t to) const {
    return lines_[from * nodes_.size() + to].get();
}

Nanoseconds Relay::advance(Nanoseconds now) {
    now_ = now;
    Nanoseconds due = never;
    for (const auto& each : lines_) {
        if (!each) {
            continue;
        }
        if (each->lane.next_due() <= now) {
            each->lane.advance(now, *each);
        }
        due = std::min(due, each->lane.next_due());
    }
    outbox_.flush();
    return due;
}

void Relay::receive(Line& line) {
    now_ = EventLoop::now();
    const std::optional<Address>& fixed = nodes_[line.from].address;
    for (size_t batch = 0; batch < batches_max; ++batch) {
        const size_t count = inbox_.receive(line.socket.number());
        for (size_t i = 0; i < count; ++i) {
            const Address source = inbox_.from(i);
            if (fixed && source != *fixed) {
                ++line.lane.counters.foreign;
                continue;
            }
            const uint32_t flow = fixed ? 0 : flow_of(line, source);
            take(line, flow, {line.from, fixed ? node_port : source.port}, {line.to},
                 inbox_.payload(i));
        }
        outbox_.flush();
        if (count < batch_max) {
            break;
        }
    }
}

/// An answer for a client: it arrives at the client's own socket and takes the lane back.
void Relay::receive_flow(Line& line, uint32_t id) {
    now_ = EventLoop::now();
    Line& back = *this->line(line.to, line.from);
    const Flow& flow = line.flows.at(id);
    const size_t count = inbox_.receive(flow.socket.number());
    for (size_t i = 0; i < count; ++i) {
        if (inbox_.from(i) != *nodes_[line.to].address) {
            ++back.lane.counters.foreign;
            continue;
        }
        take(back, id, {line.to}, {line.from, flow.source.port}, inbox_.payload(i));
    }
    outbox_.flush();
}

void Relay::take(Line& line, uint32_t flow, const CaptureEnd& from, const CaptureEnd& to,
                 Payload bytes) {
    if (capture_ && capture_->wants(CaptureWhat::in)) {
        capture_->put(CaptureWhat::in, from, to, line.lane.counters.arrived, bytes);
    }
    line.lane.take(flow, bytes, now_, line);
}

void Relay::forward(Line& line, uint32_t flow, uint64_t number, Payload bytes) {
    const bool from_client = !nodes_[line.from].address, to_client = !nodes_[line.to].address;
    Line& back = *this->line(line.to, line.from);
    const Line& owner = from_client ? line : back; // of the flow
    const Flow* its_flow = nullptr;
    if (from_client || to_client) {
        const auto found = owner.flows.find(flow);
        if (found == owner.flows.end()) {
            ++line.lane.counters.refused;
            return;
        }
        its_flow = &found->second;
    }
    if (capture_ && capture_->wants(CaptureWhat::out)) {
        capture_->put(CaptureWhat::out,
                      {line.from, from_client ? its_flow->source.port : node_port},
                      {line.to, to_client ? its_flow->source.port : node_port}, number, bytes);
    }
    const Address& target = to_client ? its_flow->source : *nodes_[line.to].address;
    const Descriptor& socket = from_client ? its_flow->socket : back.socket;
    outbox_.put(socket.number(), target, bytes, line.lane.counters.refused);
}

uint32_t Relay::flow_of(Line& line, const Address& source) {
    const auto known = line.flow_by_source.find(source);
    if (known != line.flow_by_source.end()) {
        line.flows.at(known->second).used_at = now_;
        return known->second;
    }
    if (line.flows.size() >= flows_max) {
        const auto idle = std::min_element(
            line.flows.begin(), line.flows.end(),
            [](const auto& a, const auto& b) { return a.second.used_at < b.second.used_at; });
        outbox_.flush(); // it may hold a datagram for the socket that goes
        loop_.remove(idle->second.socket.number());
        line.flow_by_source.erase(idle->second.source);
        line.flows.erase(idle);
    }
    const uint32_t id = next_flow_++;
    Flow& made = line.flows[id];
    made = {source, udp_socket({line.address.ipv4, 0}), now_};
    line.flow_by_source[source] = id;
    loop_.add(made.socket.number(), [this, &line, id] { receive_flow(line, id); });
    return id;
}

std::optional<size_t> Relay::node_named(std::string_view name) const {
    for (size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].name == name) {
            return i;
        }
    }
    return std::nullopt;
}

std::vector<Lane*> Relay::lanes(std::string_view pairs) {
    std::string known = "all";
    for (const NodeSpec& node : nodes_) {
        known += ", " + node.name;
    }
    const bool is_everything = pairs == "all";
    const size_t colon = is_everything ? pairs.size() : pairs.find(':');
    if (colon == std::string_view::npos) {
        throw Problem{"pairs", std::string{pairs}, "FROM:TO, A::B or all; names: " + known};
    }
    const bool both_ways = pairs.substr(colon).starts_with("::");
    const std::string_view first = pairs.substr(0, colon);
    const std::string_view second =
        is_everything ? "all" : pairs.substr(colon + (both_ways ? 2 : 1));
    for (const std::string_view name : {first, second}) {
        if (name != "all" && !node_named(name)) {
            throw Problem{"pairs", std::string{pairs}, "names out of: " + known};
        }
    }
    const auto is_named = [](std::string_view wanted, const std::string& name) {
        return wanted == "all" || wanted == name;
    };
    std::vector<Lane*> found;
    for (const auto& each : lines_) {
        if (each && ((is_named(first, each->lane.from()) && is_named(second, each->lane.to())) ||
                     (both_ways && is_named(second, each->lane.from()) &&
                      is_named(first, each->lane.to())))) {
            found.push_back(&each->lane);
        }
    }
    if (found.empty()) {
        throw Problem{"pairs", std::string{pairs}, "two different nodes, one of them no client"};
    }
    return found;
}

void Relay::set_address(std::string_view node, const Address& address) {
    const auto index = node_named(node);
    if (!index || !nodes_[*index].address) {
        throw Problem{"node", std::string{node}, "the name of a node that has an address"};
    }
    nodes_[*index].address = address;
}

void Relay::set_seed(uint64_t seed) {
    for (const auto& each : lines_) {
        if (each) {
            each->lane.set_seed(seed);
        }
    }
}

void Relay::start_capture(const std::string& file, CaptureWhat what) {
    std::vector<std::string> names;
    for (const NodeSpec& node : nodes_) {
        names.push_back(node.name);
    }
    capture_.reset();
    capture_ = std::make_unique<CaptureWriter>(file, what, names);
}

Json Relay::stop_capture() {
    const Json told = capture_ ? capture_->json() : Json{};
    capture_.reset();
    return told;
}

void Relay::flush_capture() {
    if (capture_) {
        capture_->flush();
    }
}

Json Relay::nodes_json() const {
    Json json = Json::array();
    for (const NodeSpec& node : nodes_) {
        json.push_back({{"name", node.name},
                        {"address", node.address ? Json(text_of(*node.address)) : Json{}}});
    }
    return json;
}

Json Relay::pairs_json() const {
    Json json = Json::array();
    for (const auto& each : lines_) {
        if (each && each->socket.is_open()) {
            json.push_back({{"from", each->lane.from()},
                            {"to", each->lane.to()},
                            {"address", text_of(each->address)}});
        }
    }
    return json;
}

uint64_t Relay::kernel_drops() const {
    uint64_t drops = 0;
    for (const auto& each : lines_) {
        if (each && each->socket.is_open()) {
            drops += netem::kernel_drops(each->socket);
            for (const auto& [id, flow] : each->flows) {
                drops += netem::kernel_drops(flow.socket);
            }
        }
    }
    return drops;
}

} // namespace grafos::netem
