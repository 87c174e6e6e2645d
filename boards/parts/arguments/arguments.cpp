// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/arguments/arguments.hpp"

#include "core/base/ipv4.hpp"

namespace grafos::board {

namespace {

constexpr size_t shown_bytes_max = 64;

using Apply = bool (*)(std::string_view value, Arguments& to) noexcept;

/// One key: how its value is taken, what is expected of it, and what it is for.
struct Key {
    std::string_view name;
    std::string_view expected;
    std::string_view meaning;
    Apply apply;
    bool may_repeat = false;
};

bool take_text(std::string_view value, ArgumentText& to) noexcept {
    if (value.empty() || value.size() > argument_text_bytes_max) {
        return false;
    }
    for (const char c : value) {
        if (c <= ' ' || c > '~') {
            return false;
        }
    }
    for (size_t i = 0; i < value.size(); ++i) {
        to.bytes[i] = value[i];
    }
    to.bytes[value.size()] = '\0';
    to.size = static_cast<uint8_t>(value.size());
    return true;
}

bool take_number(std::string_view value, uint64_t least, uint64_t most, uint64_t& to) noexcept {
    const Result<uint64_t> number = parse_decimal(value, most, Field::argument);
    if (!number.is_ok() || number.value() < least) {
        return false;
    }
    to = number.value();
    return true;
}

bool take_name(std::string_view value, ArgumentText& to) noexcept {
    if (value.size() > 32) {
        return false;
    }
    for (const char c : value) {
        const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (!is_allowed) {
            return false;
        }
    }
    return take_text(value, to);
}

bool take_mode(std::string_view value, Arguments& to) noexcept {
    constexpr std::pair<std::string_view, Mode> modes[] = {
        {"node", Mode::node},
        {"scenario", Mode::scenario},
        {"test", Mode::test},
        {"bench", Mode::bench},
    };
    for (const auto& [name, mode] : modes) {
        if (value == name) {
            to.mode = mode;
            return true;
        }
    }
    return false;
}

bool take_console(std::string_view value, Arguments& to) noexcept {
    if (value != "plain" && value != "terminal") {
        return false;
    }
    to.console = value == "plain" ? ConsoleMode::plain : ConsoleMode::terminal;
    return true;
}

bool take_unix_ms(std::string_view value, Arguments& to) noexcept {
    uint64_t ms = 0;
    if (!take_number(value, 0, 253'402'300'799'999, ms)) { // the end of the year 9999
        return false;
    }
    to.unix_ms = UnixMillis{ms};
    return true;
}

bool take_address(std::string_view value, Arguments& to) noexcept {
    const Result<Ipv4Port> address = parse_ipv4_port(value, Field::argument);
    if (!address.is_ok()) {
        return false;
    }
    to.address = hal::DatagramAddress{address.value().ipv4, address.value().port};
    return true;
}

/// Ones, then zeroes, and some of both: 128.0.0.0 … 255.255.255.252.
bool take_netmask(std::string_view value, Arguments& to) noexcept {
    const Result<uint32_t> mask = parse_ipv4(value, Field::argument);
    if (!mask.is_ok()) {
        return false;
    }
    const uint32_t hosts = ~mask.value();
    if ((hosts & (hosts + 1)) != 0 || hosts < 3 || hosts > INT32_MAX) {
        return false;
    }
    to.netmask = mask.value();
    return true;
}

bool take_gateway(std::string_view value, Arguments& to) noexcept {
    const Result<uint32_t> gateway = parse_ipv4(value, Field::argument);
    if (gateway.is_ok()) {
        to.gateway = gateway.value();
    }
    return gateway.is_ok();
}

bool take_peer(std::string_view value, Arguments& to) noexcept {
    if (to.peer_count == to.peers.size() || !take_text(value, to.peers[to.peer_count])) {
        return false;
    }
    to.peer_count += 1;
    return true;
}

constexpr Key keys[] = {
    {"name", "1 to 32 of a-z A-Z 0-9 - _ .", "how the node calls itself (default node)",
     [](std::string_view value, Arguments& to) noexcept { return take_name(value, to.name); }},
    {"seed", "a decimal number below 2^64", "seed of scenario and tests (default 1)",
     [](std::string_view value, Arguments& to) noexcept {
         return take_number(value, 0, UINT64_MAX, to.seed);
     }},
    {"mode", "node, scenario, test or bench", "what to run (default node)", take_mode},
    {"operations", "a decimal number from 1 to 1000000000",
     "operations of a scenario or benchmark (default 10000)",
     [](std::string_view value, Arguments& to) noexcept {
         return take_number(value, 1, 1'000'000'000, to.operations);
     }},
    {"restarts", "a decimal number up to 1000", "restarts of a scenario (default 2)",
     [](std::string_view value, Arguments& to) noexcept {
         return take_number(value, 0, 1'000, to.restarts);
     }},
    {"filter", "1 to 255 printable characters", "which tests to run (default all)",
     [](std::string_view value, Arguments& to) noexcept { return take_text(value, to.filter); }},
    {"start_time", "a decimal number below 2^64",
     "milliseconds at which the clock starts (default 0)",
     [](std::string_view value, Arguments& to) noexcept {
         return take_number(value, 0, UINT64_MAX, to.start_time.ms);
     }},
    {"unix_ms", "milliseconds since 1970 in decimal, up to the year 9999",
     "wall clock at start, for stamps only (bare boards; default none)", take_unix_ms},
    {"console", "plain or terminal", "for programs or for a person (default plain)", take_console},
    {"disk", "1 to 255 printable characters", "path of the block file (Linux; default none)",
     [](std::string_view value, Arguments& to) noexcept { return take_text(value, to.disk); }},
    {"disk_bytes", "a decimal number from 65536 to 2^40",
     "size of the block file if it is made (Linux; default 16777216)",
     [](std::string_view value, Arguments& to) noexcept {
         return take_number(value, 65'536, 1ull << 40, to.disk_bytes);
     }},
    {"memory_bytes", "a decimal number from 4096 to 2^40",
     "memory that can be leased (Linux; default 134217728)",
     [](std::string_view value, Arguments& to) noexcept {
         return take_number(value, 4'096, 1ull << 40, to.memory_bytes);
     }},
    {"extra", "1 to 255 printable characters", "free text for the executable or its program",
     [](std::string_view value, Arguments& to) noexcept { return take_text(value, to.extra); }},
    {"program", "1 to 32 of a-z A-Z 0-9 - _ .",
     "program that the node runs beside its console (default none; a name it does not have is "
     "answered with those it has)",
     [](std::string_view value, Arguments& to) noexcept { return take_name(value, to.program); }},
    {"address", "A.B.C.D:PORT in decimal",
     "own address and UDP port (default 10.0.2.15:7000; Linux: no network unless given, "
     "port 0 = a free one)",
     take_address},
    {"netmask", "A.B.C.D, ones before zeroes, from 128.0.0.0 to 255.255.255.252",
     "network of the own address (bare boards; default 255.255.255.0)", take_netmask},
    {"gateway", "A.B.C.D in decimal",
     "way out of that network (bare boards; default 10.0.2.2, 0.0.0.0 = none)", take_gateway},
    {"peer", "at most 16 peers of 1 to 255 printable characters",
     "who may talk to this node; up to 16 times", take_peer, true},
};
static_assert(std::size(keys) <= 32, "the set of keys seen is a u32");

constexpr std::string_view key_list =
    "name, seed, mode, operations, restarts, filter, start_time, unix_ms, console, disk, "
    "disk_bytes, memory_bytes, extra, program, address, netmask, gateway, peer or help";

std::optional<ArgumentProblem> apply_word(std::string_view word, uint32_t& seen,
                                          Arguments& to) noexcept {
    if (word.starts_with("--")) {
        word.remove_prefix(2);
    }
    if (word == "help") {
        to.help = true;
        return std::nullopt;
    }
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
        return ArgumentProblem{word, {}, "key=value"};
    }
    const std::string_view name = word.substr(0, equals);
    const std::string_view value = word.substr(equals + 1);
    for (size_t i = 0; i < std::size(keys); ++i) {
        if (keys[i].name != name) {
            continue;
        }
        if ((seen & (1u << i)) != 0 && !keys[i].may_repeat) {
            return ArgumentProblem{name, value, "each key once"};
        }
        seen |= 1u << i;
        if (!keys[i].apply(value, to)) {
            return ArgumentProblem{name, value, keys[i].expected};
        }
        return std::nullopt;
    }
    return ArgumentProblem{name, value, key_list};
}

void put_printable(TextWriter& out, std::string_view text) noexcept {
    for (const char c : text.substr(0, shown_bytes_max)) {
        out.put(c >= ' ' && c <= '~' ? c : '?');
    }
    if (text.size() > shown_bytes_max) {
        out.put("...");
    }
}

} // namespace

std::optional<ArgumentProblem> parse_arguments(std::span<const std::string_view> words,
                                               Arguments& to) noexcept {
    Arguments parsed;
    uint32_t seen = 0;
    size_t bytes = 0;
    if (words.size() > arguments_count_max) {
        return ArgumentProblem{words[arguments_count_max], {}, "at most 64 words"};
    }
    for (const std::string_view word : words) {
        bytes += word.size() + 1;
        if (bytes > arguments_bytes_max) {
            return ArgumentProblem{word, {}, "at most 8192 bytes of arguments"};
        }
        const auto problem = apply_word(word, seen, parsed);
        if (problem.has_value()) {
            return problem;
        }
    }
    if (parsed.name.is_empty()) {
        const bool is_taken = take_text("node", parsed.name);
        GRAFOS_ASSERT(is_taken);
    }
    to = parsed;
    return std::nullopt;
}

std::optional<ArgumentProblem> parse_arguments(std::string_view line, Arguments& to) noexcept {
    std::array<std::string_view, arguments_count_max> words;
    size_t count = 0;
    size_t at = 0;
    if (line.size() > arguments_bytes_max) {
        return ArgumentProblem{
            line.substr(0, shown_bytes_max), {}, "at most 8192 bytes of arguments"};
    }
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (at < line.size()) {
        if (is_blank(line[at])) {
            ++at;
            continue;
        }
        size_t end = at;
        while (end < line.size() && !is_blank(line[end])) {
            ++end;
        }
        if (count == words.size()) {
            return ArgumentProblem{line.substr(at, end - at), {}, "at most 64 words"};
        }
        words[count] = line.substr(at, end - at);
        ++count;
        at = end;
    }
    return parse_arguments(std::span{words}.first(count), to);
}

void put_problem(TextWriter& out, const ArgumentProblem& problem) noexcept {
    out.put("argument ");
    put_printable(out, problem.key);
    out.put(": got \"");
    put_printable(out, problem.value);
    out.put("\", expected ").put(problem.expected);
}

void put_arguments_help(TextWriter& out) noexcept {
    out.put("arguments, each key=value or --key=value, each but peer at most once:\n");
    for (const Key& key : keys) {
        out.put("  ")
            .put(key.name)
            .put("=  ")
            .put(key.meaning)
            .put("; ")
            .put(key.expected)
            .put("\n");
    }
    out.put("  help  prints this\n");
}

} // namespace grafos::board
