// SPDX-License-Identifier: Apache-2.0
/// Sending at a given rate, and looking at what comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <poll.h>

#include "tools/netem/batch.hpp"
#include "tools/netem/problem.hpp"

namespace grafos::netem {

/// One attacker's or tester's socket: counts what it sends and what is answered.
class Sender {
public:
    using Clock = std::chrono::steady_clock;

    Sender(const Address& from, const Address& to) : socket_(udp_socket(from)), to_(to) {}

    /// Waits for its moment (`rate` a second; 0: none), then sends.
    void send_paced(Payload bytes, double rate) {
        if (rate > 0) {
            std::this_thread::sleep_until(
                began_ + std::chrono::duration_cast<Clock::duration>(
                             std::chrono::duration<double>(static_cast<double>(sent_) / rate)));
        }
        send(bytes);
    }
    void send(Payload bytes) {
        ++sent_;
        sent_bytes_ += bytes.size();
        shortest_ = std::min(shortest_, bytes.size());
        outbox_.put(socket_.number(), to_, bytes, refused_);
        outbox_.flush();
        collect();
    }
    /// Reads what is there; keeps the last answer.
    void collect() {
        while (const size_t count = inbox_.receive(socket_.number())) {
            for (size_t i = 0; i < count; ++i) {
                const Payload answer = inbox_.payload(i);
                ++answers_;
                answer_bytes_ += answer.size();
                longest_answer_ = std::max(longest_answer_, answer.size());
                last_answer_.assign(answer.begin(), answer.end());
            }
        }
    }
    /// For so long, or until an answer comes if `until_first`.
    void collect_for(uint64_t ms, bool until_first = false) {
        const auto end = Clock::now() + std::chrono::milliseconds(ms);
        const uint64_t before = answers_;
        collect();
        while (Clock::now() < end && !(until_first && answers_ > before)) {
            pollfd waiting{socket_.number(), POLLIN, 0};
            poll(&waiting, 1, 5);
            collect();
        }
    }
    [[nodiscard]] const std::vector<uint8_t>& last_answer() const { return last_answer_; }
    [[nodiscard]] uint64_t answers() const { return answers_; }
    [[nodiscard]] Json json() const {
        const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
        return {{"sent", sent_},
                {"sent_bytes", sent_bytes_},
                {"refused", refused_},
                {"shortest_request", sent_ > 0 ? shortest_ : 0},
                {"answers", answers_},
                {"answer_bytes", answer_bytes_},
                {"longest_answer", longest_answer_},
                {"seconds", seconds}};
    }

private:
    Descriptor socket_;
    Address to_;
    Inbox inbox_;
    Outbox outbox_;
    Clock::time_point began_ = Clock::now();
    uint64_t sent_ = 0, sent_bytes_ = 0, refused_ = 0, answers_ = 0, answer_bytes_ = 0;
    size_t shortest_ = SIZE_MAX, longest_answer_ = 0;
    std::vector<uint8_t> last_answer_;
};

} // namespace grafos::netem
