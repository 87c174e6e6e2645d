// SPDX-License-Identifier: Apache-2.0
/// `fabric.toml`: a fabric as one program or daemon sees it.
///
///     [me]                              # the command line, and any program that holds leases
///     name = "operator"
///     key = "operator.key"              # made by `grafos keygen`; relative to this file
///     tenant = 1                        # named where a command names none
///
///     [[node]]                          # who can be asked
///     name = "alpha"
///     address = "127.0.0.1:7001"
///     exchange_key = "<64 hex digits>"
///     node_id = "<64 hex digits>"
///
///     [daemon]                          # grafosd only
///     name = "alpha"
///     listen = "127.0.0.1:7001"
///     disk = "/var/lib/grafos/alpha.disk"
///     disk_bytes = 67108864
///     memory_bytes = 134217728
///
///     [[principal]]                     # grafosd only: who may speak to it
///     name = "operator"
///     exchange_key = "<64 hex digits>"
///     roles = ["cap", "revoke", "fence_clear", "collect", "time", "observe", "call"]
///     tenant = 1                        # or "any"
///     quota_bytes = 0                   # 0: none of its own
///     quota_leases = 0
///     ttl_max_ms = 300000
///
/// Whatever is wrong is said with its file, line, field, value and what is accepted; an unknown key
/// is wrong too, so that a misspelt quota does not mean "none".
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/text.hpp"
#include "core/wire/principal.hpp"

namespace grafos::cli {

/// What is wrong with a file, for people.
struct Problem {
    std::string file;
    size_t line = 0;   ///< from 1; 0: the file as a whole
    std::string field; ///< dotted, with the number of the entry: node[2].address
    std::string value;
    std::string accepted;

    /// `fabric.toml:12: node[2].address: got "127.0.0.1", accepted: A.B.C.D:PORT`
    [[nodiscard]] std::string text() const;
};

struct Me {
    std::string name;
    std::filesystem::path key;
    uint32_t tenant = 0;
};

struct Daemon {
    std::string name;
    hal::DatagramAddress listen{};
    std::filesystem::path disk;
    uint64_t disk_bytes = 16ull << 20;
    uint64_t memory_bytes = 128ull << 20;
};

struct Config {
    std::filesystem::path file;
    std::optional<Me> me;
    std::optional<Daemon> daemon;
    std::vector<wire::Principal> nodes;
    std::vector<wire::Principal> principals;
};

/// Reads a whole file or says its first problem. Paths in it are relative to its folder.
[[nodiscard]] std::variant<Config, Problem> read_config(const std::filesystem::path& file);
[[nodiscard]] std::variant<Config, Problem> parse_config(std::string_view text,
                                                         const std::filesystem::path& file);

/// `A.B.C.D:PORT`, nothing else.
[[nodiscard]] std::optional<hal::DatagramAddress> parse_address(std::string_view text);
[[nodiscard]] std::string text_of(const hal::DatagramAddress& address);

/// The word by which a node is told of a principal (`peer=`, PeerList::add_word).
[[nodiscard]] std::string peer_word(const wire::Principal& principal);

} // namespace grafos::cli
