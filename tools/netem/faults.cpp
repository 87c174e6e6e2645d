// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/faults.hpp"

#include <array>
#include <cmath>

#include "tools/netem/words.hpp"

namespace grafos::netem {
namespace {

constexpr double delay_ms_max = 600'000;
constexpr uint64_t depth_max = 1000, flip_bits_max = 64;

struct ProbabilityKey {
    std::string_view name;
    double Faults::* field;
};
struct CountKey {
    std::string_view name;
    uint32_t Faults::* field;
    uint64_t max;
};
struct SwitchKey {
    std::string_view name;
    bool Faults::* field;
};
constexpr std::array probability_keys{
    ProbabilityKey{"drop", &Faults::drop}, ProbabilityKey{"duplicate", &Faults::duplicate},
    ProbabilityKey{"reorder", &Faults::reorder}, ProbabilityKey{"flip", &Faults::flip}};
constexpr std::array count_keys{CountKey{"reorder_depth", &Faults::reorder_depth, depth_max},
                                CountKey{"flip_bits", &Faults::flip_bits, flip_bits_max}};
constexpr std::array switch_keys{SwitchKey{"cut", &Faults::cut}, SwitchKey{"clog", &Faults::clog}};

Problem problem(std::string_view key, std::string_view value, std::string expected) {
    return {std::string{key}, std::string{value}, std::move(expected)};
}

void set_delay(Faults& faults, std::string_view value) {
    const size_t dots = value.find("..");
    const std::string_view low = value.substr(0, dots);
    const std::string_view high = dots == std::string_view::npos ? low : value.substr(dots + 2);
    const auto least = fraction(low, delay_ms_max), most = fraction(high, delay_ms_max);
    if (!least || !most || *least > *most) {
        throw problem("delay", value, "MS or MIN..MAX in milliseconds, 0 to 600000, as 5..20");
    }
    faults.delay_min_ms = *least;
    faults.delay_max_ms = *most;
}

constexpr uint64_t mix(uint64_t value) { // the finalizer of splitmix64
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

constexpr uint64_t hash_of(std::string_view text, uint64_t hash) { // FNV-1a
    for (const char letter : text) {
        hash = (hash ^ static_cast<uint8_t>(letter)) * 0x100000001b3u;
    }
    return hash;
}

} // namespace

void set_fault(Faults& faults, std::string_view key, std::string_view value) {
    for (const ProbabilityKey& known : probability_keys) {
        if (known.name == key) {
            const auto parsed = fraction(value, 1);
            if (!parsed) {
                throw problem(key, value, "a probability from 0 to 1");
            }
            faults.*known.field = *parsed;
            return;
        }
    }
    for (const CountKey& known : count_keys) {
        if (known.name == key) {
            const auto parsed = whole_number(value, known.max);
            if (!parsed || *parsed == 0) {
                throw problem(key, value, "1 to " + std::to_string(known.max));
            }
            faults.*known.field = static_cast<uint32_t>(*parsed);
            return;
        }
    }
    for (const SwitchKey& known : switch_keys) {
        if (known.name == key) {
            if (value != "on" && value != "off") {
                throw problem(key, value, "on or off");
            }
            faults.*known.field = value == "on";
            return;
        }
    }
    if (key != "delay") {
        throw problem("fault", key, std::string{"one of "} + std::string{fault_keys});
    }
    set_delay(faults, value);
}

void set_fault(Faults& faults, std::string_view word) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
        throw problem("fault", word, "KEY=VALUE, as drop=0.1");
    }
    set_fault(faults, word.substr(0, equals), word.substr(equals + 1));
}

Json json_of(const Faults& faults) {
    Json json = Json::object();
    for (const ProbabilityKey& known : probability_keys) {
        json[std::string{known.name}] = faults.*known.field;
    }
    json["delay_ms"] = {faults.delay_min_ms, faults.delay_max_ms};
    for (const CountKey& known : count_keys) {
        json[std::string{known.name}] = faults.*known.field;
    }
    for (const SwitchKey& known : switch_keys) {
        json[std::string{known.name}] = faults.*known.field;
    }
    return json;
}

Dice::Dice(uint64_t seed, std::string_view from, std::string_view to)
    : key_(mix(mix(seed + 0x9e3779b97f4a7c15u) ^
               hash_of(to, hash_of(":", hash_of(from, 0xcbf29ce484222325u))))) {}

uint64_t Dice::draw(uint64_t number, Purpose purpose, uint32_t copy) const {
    const uint64_t which = static_cast<uint64_t>(purpose) << 32 | copy;
    return mix(mix(key_ ^ mix(number + 1)) ^ mix(which + 0x632be59bd9b4e019u));
}

bool Dice::hits(uint64_t number, Purpose purpose, double probability, uint32_t copy) const {
    if (probability <= 0) {
        return false;
    }
    // 53 bits are what a double holds exactly, so that 1 always hits.
    return static_cast<double>(draw(number, purpose, copy) >> 11) < std::ldexp(probability, 53);
}

} // namespace grafos::netem
