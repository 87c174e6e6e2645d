// SPDX-License-Identifier: Apache-2.0
/// What the actor layer of the emulated systems costs, beside the least that could do the same
/// work: a ring of structs and a switch.
///
/// Both sides move the same tokens between the same 64 actors, and ask the same questions. The loop
/// knows its five messages and its actors by heart; it has no encoding, no net, no patience, no
/// bounds, nobody who watches and no order but the ring's.
#include <array>
#include <memory>

#include "examples/ec_counter/assembly.hpp"
#include "examples/emulation/network.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/runner.hpp"

namespace grafos::bench {

namespace {

constexpr size_t actor_count = 64;
constexpr size_t token_count = 16;

/// The layer.
class Layer {
public:
    static constexpr emulation::SystemLimits limits{.actors_max = actor_count, .letters_max = 256};

    explicit Layer(emulation::Weather* weather) : system_{1} {
        system_.set_weather(weather);
        std::array<emulation::Address<RunnerProtocol>, actor_count> addresses;
        for (size_t i = 0; i < actor_count; ++i) {
            addresses[i] = system_.start(runners_[i], "runner").value();
        }
        for (size_t i = 0; i < actor_count; ++i) {
            runners_[i].next = addresses[(i * 5 + 7) % actor_count];
        }
    }
    void put(size_t to, uint8_t message, uint64_t value) {
        std::array<uint8_t, 8> bytes{};
        store_big_endian(bytes.data(), value);
        (void)system_.take_in(to, message, bytes, std::nullopt).is_ok();
    }
    void run() {
        while (system_.next_deadline() != Instant::never()) {
            (void)system_.tick(system_.next_deadline());
        }
    }
    [[nodiscard]] uint64_t sum() const {
        uint64_t all = 0;
        for (const Runner& runner : runners_) {
            all += runner.sum;
        }
        return all;
    }

private:
    emulation::SystemOf<limits> system_;
    std::array<Runner, actor_count> runners_{};
};

/// The least that does the same: structs in a ring, and a switch.
class Loop {
public:
    enum class Kind : uint8_t { hop, ask, answer, begin };
    struct Message {
        uint32_t from;
        uint32_t to;
        Kind kind;
        uint64_t value;
    };
    void put(uint32_t to, Kind kind, uint64_t value) { push({0, to, kind, value}); }
    void run() {
        while (first_ != last_) {
            const Message message = ring_[first_ % ring_.size()];
            first_ += 1;
            handle(message);
        }
    }
    [[nodiscard]] uint64_t sum() const {
        uint64_t all = 0;
        for (const Actor& actor : actors_) {
            all += actor.sum;
        }
        return all;
    }

private:
    struct Actor {
        uint64_t sum = 0;
        uint64_t left = 0;
    };
    void push(const Message& message) {
        ring_[last_ % ring_.size()] = message;
        last_ += 1;
    }
    void handle(const Message& message) {
        Actor& actor = actors_[message.to];
        const auto next = static_cast<uint32_t>((message.to * 5 + 7) % actor_count);
        switch (message.kind) {
        case Kind::hop:
            actor.sum += message.value;
            if (message.value > 0) {
                push({message.to, next, Kind::hop, message.value - 1});
            }
            return;
        case Kind::ask:
            actor.sum += message.value;
            push({message.to, message.from, Kind::answer, actor.sum});
            return;
        case Kind::answer:
            actor.sum += message.value;
            actor.left -= 1;
            if (actor.left > 0) {
                push({message.to, next, Kind::ask, actor.left});
            }
            return;
        case Kind::begin:
            actor.left = message.value;
            push({message.to, next, Kind::ask, actor.left});
            return;
        }
    }
    std::array<Message, 256> ring_{};
    size_t first_ = 0;
    size_t last_ = 0;
    std::array<Actor, actor_count> actors_{};
};

/// Nanoseconds a message, and a call with its answer, of either side.
struct Costs {
    double message = 0;
    double call = 0;
    uint64_t sum = 0;
};

Costs measure_layer(uint64_t hops, emulation::Weather* weather) {
    const auto layer = std::make_unique<Layer>(weather);
    Stopwatch messages;
    Stopwatch calls;
    for (size_t i = 0; i < token_count; ++i) {
        layer->put(i * 4, 0, hops);
    }
    messages.start();
    layer->run();
    messages.stop((hops + 1) * token_count);
    layer->put(0, 2, hops);
    calls.start();
    layer->run();
    calls.stop(hops);
    return {messages.ns_each(), calls.ns_each(), layer->sum()};
}

Costs measure_loop(uint64_t hops) {
    const auto loop = std::make_unique<Loop>();
    Stopwatch messages;
    Stopwatch calls;
    for (uint32_t i = 0; i < token_count; ++i) {
        loop->put(i * 4, Loop::Kind::hop, hops);
    }
    messages.start();
    loop->run();
    messages.stop((hops + 1) * token_count);
    loop->put(0, Loop::Kind::begin, hops);
    calls.start();
    loop->run();
    calls.stop(hops);
    return {messages.ns_each(), calls.ns_each(), loop->sum()};
}

void add_row(Report& report, uint64_t actors, const std::string& what, const std::string& unit,
             Sample ours, const std::string& peer = "", Sample theirs = {}) {
    report.add({.suite = "ec-counter",
                .what = what,
                .count = actors,
                .unit = unit,
                .ours = std::move(ours),
                .peer = peer,
                .theirs = std::move(theirs),
                .goal = {}});
}

/// A whole run, everybody at once: what of it is the layer's and what the actors'.
void measure_runs(const Options& options, Report& report) {
    using Counter = ec_counter::EcCounterOf<ec_counter::large>;
    Sample each;
    Sample bytes;
    const ec_counter::Settings settings{
        .num_servers = 100, .num_clients = options.is_quick ? 100u : 1'000u, .requests = 20};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        const auto counter = std::make_unique<Counter>(settings, ec_counter::Break::none);
        if (!counter->start().is_ok()) {
            return;
        }
        Stopwatch watch;
        watch.start();
        while (!counter->is_over()) {
            (void)counter->system().tick(counter->system().next_deadline());
        }
        watch.stop(counter->system().figures().handled);
        each.add(1'000 / watch.ns_each());
    }
    constexpr size_t actor_bytes =
        sizeof(emulation::ActorSlot) + sizeof(emulation::DueHeap::Entry) + sizeof(uint32_t);
    constexpr size_t letter_bytes =
        sizeof(emulation::PooledLetter) + sizeof(emulation::DueHeap::Entry) + sizeof(uint32_t);
    Sample actor;
    Sample server;
    Sample letter;
    actor.add(actor_bytes);
    server.add(actor_bytes + sizeof(ec_counter::Server));
    letter.add(letter_bytes);
    add_row(report, 1 + settings.num_servers + settings.num_clients,
            "messages a second, a whole run", "M/s", each);
    add_row(report, 1, "bytes of an actor in the layer", "B", actor);
    add_row(report, 1, "bytes of a server, all in all", "B", server);
    add_row(report, 1, "bytes of a letter", "B", letter);
}

} // namespace

void run_ec_counter(const Options& options, Report& report) {
    const uint64_t hops = options.is_quick ? 10'000 : 60'000;
    Sample message;
    Sample plain_message;
    Sample call;
    Sample plain_call;
    Sample rate;
    Sample plain_rate;
    Sample net_message;
    const emulation::NetworkPlan plan{.latency = Duration{1}, .jitter = Duration{4}};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        const Costs loop = measure_loop(hops);
        const Costs layer = measure_layer(hops, nullptr);
        if (loop.sum != layer.sum) { // they did not do the same
            return;
        }
        emulation::Network network{plan, 1};
        net_message.add(measure_layer(hops, &network).message);
        message.add(layer.message);
        call.add(layer.call);
        rate.add(1'000 / layer.message);
        plain_message.add(loop.message);
        plain_call.add(loop.call);
        plain_rate.add(1'000 / loop.message);
    }
    add_row(report, actor_count, "messages a second", "M/s", rate, "ring and switch", plain_rate);
    add_row(report, actor_count, "a message", "ns", message, "ring and switch", plain_message);
    add_row(report, actor_count, "a call and its answer", "ns", call, "ring and switch",
            plain_call);
    add_row(report, actor_count, "a message over a net of 1 ... 5 ms", "ns", net_message);
    measure_runs(options, report);
}

} // namespace grafos::bench
