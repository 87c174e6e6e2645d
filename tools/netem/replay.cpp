// SPDX-License-Identifier: Apache-2.0
/// Sends recorded payloads again: whole, in part, shuffled, damaged.
#include <algorithm>
#include <cstdio>
#include <random>

#include "tools/netem/capture.hpp"
#include "tools/netem/commands.hpp"
#include "tools/netem/pacer.hpp"
#include "tools/netem/words.hpp"

namespace grafos::netem {
namespace {

/// A node of a capture: by its name in FILE.hosts, its number from 1, or its address.
uint32_t node_of(const Recording& recording, const std::string& text) {
    std::string known;
    for (const auto& [ipv4, name] : recording.names) {
        if (name == text) {
            return ipv4;
        }
        known += name + ", ";
    }
    if (const auto number = whole_number(text, nodes_in_capture_max); number && *number > 0) {
        return capture_network + static_cast<uint32_t>(*number);
    }
    throw Problem{"--from-pair", text, known + "or the number of a node, from 1"};
}

std::vector<Recorded> chosen(const ReplayOptions& options, Recording recording) {
    std::vector<Recorded>& packets = recording.packets;
    if (!options.pair.empty()) {
        const size_t colon = options.pair.find(':');
        if (colon == std::string::npos) {
            throw Problem{"--from-pair", options.pair, "FROM:TO"};
        }
        const uint32_t from = node_of(recording, options.pair.substr(0, colon));
        const uint32_t to = node_of(recording, options.pair.substr(colon + 1));
        std::erase_if(packets, [from, to](const Recorded& packet) {
            return packet.from.ipv4 != from || packet.to.ipv4 != to;
        });
    }
    if (!options.ttl.empty()) { // in: 64, out: 63
        const uint8_t ttl = capture_what_of(options.ttl) == CaptureWhat::in ? 64 : 63;
        std::erase_if(packets, [ttl](const Recorded& packet) { return packet.ttl != ttl; });
    }
    const size_t first = std::min<size_t>(options.first, packets.size());
    const size_t count = std::min<size_t>(options.count, packets.size() - first);
    return {packets.begin() + static_cast<ptrdiff_t>(first),
            packets.begin() + static_cast<ptrdiff_t>(first + count)};
}

} // namespace

int replay(const ReplayOptions& options) {
    Recording recording = read_capture(options.file);
    const uint64_t read = recording.packets.size(), skipped = recording.skipped;
    std::vector<Recorded> packets = chosen(options, std::move(recording));
    std::mt19937_64 random{options.seed};
    Sender sender{address_of("--from", options.from), address_of("--to", options.to)};
    const auto is_hit = [&random](double probability) {
        return std::uniform_real_distribution<double>{0, 1}(random) < probability;
    };
    uint64_t flipped = 0;
    for (uint64_t round = 0; round < options.repeat; ++round) {
        if (options.is_shuffled) {
            std::shuffle(packets.begin(), packets.end(), random);
        }
        const auto began = Sender::Clock::now();
        for (const Recorded& packet : packets) {
            if (!is_hit(options.part)) {
                continue;
            }
            if (options.keeps_time && packet.at_ns > packets.front().at_ns) {
                std::this_thread::sleep_until(
                    began + std::chrono::nanoseconds(packet.at_ns - packets.front().at_ns));
            }
            std::vector<uint8_t> bytes = packet.payload;
            if (!bytes.empty() && is_hit(options.flip)) {
                const uint64_t bit = random() % (bytes.size() * 8);
                bytes[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
                ++flipped;
            }
            sender.send_paced(bytes, options.rate);
        }
    }
    sender.collect_for(options.wait_ms);
    Json json = {{"read", read}, {"skipped", skipped}, {"chosen", packets.size()}};
    json["flipped"] = flipped;
    json.update(sender.json());
    std::puts(line_of(json).c_str());
    return 0;
}

} // namespace grafos::netem
