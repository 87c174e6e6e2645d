// SPDX-License-Identifier: Apache-2.0
/// The arguments of a machine: bounded `key=value` words, the same on all boards.
///
/// They come through fw_cfg (`opt/grafos/args`, one string, words between blanks) or on the command
/// line of the Linux process (one word an argument; leading `--` allowed). Whoever gave them sees a
/// typed error that names the key, the value and what was expected; nothing is half applied.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "hal/datagram_link.hpp"

namespace grafos::board {

inline constexpr size_t argument_text_bytes_max = 255; ///< longest value
inline constexpr size_t arguments_bytes_max = 8192;    ///< all words together
inline constexpr size_t arguments_count_max = 64;      ///< words
inline constexpr size_t argument_peers_max = 16;       ///< how often `peer=` may stand
static_assert(arguments_bytes_max >= argument_peers_max * (argument_text_bytes_max + 8) + 2048,
              "all peers and as much of the rest as fitted before there were peers");

/// A short text owned by the arguments.
struct ArgumentText {
    std::array<char, argument_text_bytes_max + 1> bytes{}; ///< zero-terminated, for system calls
    uint8_t size = 0;
    [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
    [[nodiscard]] bool is_empty() const noexcept { return size == 0; }
};

enum class Mode : uint8_t { node, scenario, test, bench };

/// `terminal`: echo, prompt, line editing for a person. `plain`: lines in, lines out, for programs.
enum class ConsoleMode : uint8_t { plain, terminal };

struct Arguments {
    ArgumentText name;                        ///< `name=`: how the node calls itself; "node"
    uint64_t seed = 1;                        ///< `seed=`: scenario and tests
    Mode mode = Mode::node;                   ///< `mode=node|scenario|test|bench`
    uint64_t operations = 10'000;             ///< `operations=`: scenario, bench
    uint64_t restarts = 2;                    ///< `restarts=`: scenario
    ArgumentText filter;                      ///< `filter=`: which tests; empty = all
    Instant start_time;                       ///< `start_time=`: ms the clock starts at
    std::optional<UnixMillis> unix_ms;        ///< `unix_ms=`: wall clock at start (bare boards)
    ConsoleMode console = ConsoleMode::plain; ///< `console=plain|terminal`
    ArgumentText disk;                        ///< `disk=`: path of the block file (Linux)
    uint64_t disk_bytes = 16ull << 20;        ///< `disk_bytes=`: size if it is made (Linux)
    uint64_t memory_bytes = 128ull << 20;     ///< `memory_bytes=`: leasable span (Linux)
    ArgumentText extra;                       ///< `extra=`: free text for the executable itself
    ArgumentText program;                     ///< `program=`: run beside the node; empty = none
    bool help = false;                        ///< `help` or `--help`

    // The network. Who is a peer is the node's to read; here it is text.
    std::optional<hal::DatagramAddress> address; ///< `address=`: own address; none = the board's
    uint32_t netmask = 0xffffff00;               ///< `netmask=` (bare boards); 255.255.255.0
    uint32_t gateway = 0x0a000202;               ///< `gateway=` (bare boards); 10.0.2.2, 0 = none
    std::array<ArgumentText, argument_peers_max> peers; ///< `peer=`, each as it was given
    size_t peer_count = 0;
};

/// Why the arguments were refused. Views into what the caller gave (and into static text).
struct ArgumentProblem {
    std::string_view key;
    std::string_view value;
    std::string_view expected;
};

/// Fills `to` from `words`, in order; a key other than `peer` given twice is refused. Answers what
/// is wrong with the first bad word, or nothing; then `to` is complete. Context: boot.
[[nodiscard]] std::optional<ArgumentProblem> parse_arguments(
    std::span<const std::string_view> words, Arguments& to) noexcept;

/// Cuts `line` at blanks and parses the words. Context: boot.
[[nodiscard]] std::optional<ArgumentProblem> parse_arguments(std::string_view line,
                                                             Arguments& to) noexcept;

/// `argument operations: got "12x", expected a decimal number`; the value is cut to 64 bytes and
/// unprintable bytes are shown as '?'. Context: boot.
void put_problem(TextWriter& out, const ArgumentProblem& problem) noexcept;

/// One line for each key: name, values, meaning. Context: boot.
void put_arguments_help(TextWriter& out) noexcept;

} // namespace grafos::board
