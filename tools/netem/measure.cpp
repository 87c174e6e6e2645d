// SPDX-License-Identifier: Apache-2.0
/// How many packets a second this relay forwards on this machine: two sockets, a relay in between.
#include <atomic>
#include <cstdio>
#include <ctime>
#include <thread>

#include "tools/netem/commands.hpp"
#include "tools/netem/pacer.hpp"
#include "tools/netem/relay.hpp"
#include "tools/netem/words.hpp"

namespace grafos::netem {
namespace {

constexpr uint64_t patience_ms = 300; // without a packet: the rest is lost

struct Ends {
    Descriptor sender, receiver;
    Address relay_socket{};
};

/// Of this thread: what it would take on a machine with nothing else to do.
double thread_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Keeps `window` packets under way until all have come or no more come. Answers how many came.
uint64_t pump(const MeasureOptions& options, const Ends& ends) {
    const std::vector<uint8_t> packet(options.size, 0x5a);
    Inbox inbox;
    Outbox outbox;
    uint64_t sent = 0, received = 0, refused = 0;
    auto heard_at = Sender::Clock::now();
    while (received < options.count) {
        for (size_t i = 0;
             i < batch_max && sent < options.count && sent - received < options.window; ++i) {
            outbox.put(ends.sender.number(), ends.relay_socket, packet, refused);
            ++sent;
        }
        outbox.flush();
        const size_t count = inbox.receive(ends.receiver.number());
        received += count;
        const auto now = Sender::Clock::now();
        if (count > 0) {
            heard_at = now;
        } else if (now - heard_at > std::chrono::milliseconds(patience_ms)) {
            break;
        } else {
            pollfd waiting{ends.receiver.number(), POLLIN, 0};
            poll(&waiting, 1, 1);
        }
    }
    return received;
}

} // namespace

int measure(const MeasureOptions& options) {
    EventLoop loop;
    Ends ends{udp_socket({loopback, 0}), udp_socket({loopback, 0})};
    RelaySpec spec;
    spec.nodes = {{"a", local_address(ends.sender)}, {"b", local_address(ends.receiver)}};
    Relay relay{loop, spec};
    Faults faults;
    for (const std::string& word : words_of(options.faults)) {
        set_fault(faults, word);
    }
    Lane& lane = *relay.lanes("a:b").front();
    lane.set_faults(faults);
    ends.relay_socket =
        address_of("pair", relay.pairs_json().at(0).at("address").get<std::string>());
    std::atomic<bool> is_done = false;
    double cpu_seconds = 0;
    std::thread forwarder{[&] {
        loop.run([&](Nanoseconds now) {
            if (is_done) {
                loop.stop();
            }
            return std::min(relay.advance(now), now + 20 * ns_per_ms);
        });
        cpu_seconds = thread_seconds();
    }};
    const auto began = Sender::Clock::now();
    const uint64_t received = pump(options, ends);
    const double seconds = std::chrono::duration<double>(Sender::Clock::now() - began).count();
    is_done = true;
    forwarder.join();
    Json json = {{"packets", received},
                 {"lost", options.count - std::min(received, options.count)},
                 {"bytes", options.size},
                 {"seconds", seconds},
                 {"per_second", static_cast<double>(received) / seconds},
                 {"per_cpu_second", static_cast<double>(received) / cpu_seconds}};
    json.update(lane.json());
    std::puts(line_of(json).c_str());
    return 0;
}

} // namespace grafos::netem
