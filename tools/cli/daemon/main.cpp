// SPDX-License-Identifier: Apache-2.0
/// grafosd: a node that runs on this machine, from a file.
///
/// Reads [daemon] and [[principal]] of `fabric.toml`, turns them into the words of a node, and
/// becomes the `grafos-node` that lies beside it: one process, one pid, nothing in between that
/// could die alone. SIGTERM ends the node cleanly. With --identity it only says who that node is.
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "tools/cli/config.hpp"
#include "tools/cli/daemon/identity.hpp"

namespace grafos::cli {
namespace {

constexpr int exit_refused = 1;
constexpr int exit_bad_usage = 2;
constexpr const char* usage =
    "usage: grafosd [--config FILE] [--identity | --words]\n"
    "  --config    fabric.toml with [daemon] and [[principal]]\n"
    "  --identity  only show the node's [[node]] entry for the fabric.toml of\n"
    "              who asks it; makes its keys if the disk is new\n"
    "  --words     only show what grafos-node would be given\n";

struct Options {
    std::filesystem::path config = "fabric.toml";
    bool is_dry = false;
    bool is_identity = false;
    bool is_help = false;
};

int misuse(const std::string& why) {
    (void)std::fprintf(stderr, "grafosd: %s\n", why.c_str());
    return exit_bad_usage;
}

std::optional<std::string> read_options(int count, char** words, Options& to) {
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--words") {
            to.is_dry = true;
        } else if (word == "--identity") {
            to.is_identity = true;
        } else if (word == "--help") {
            to.is_help = true;
        } else if (word == "--config" && i + 1 < count) {
            ++i;
            to.config = words[i];
        } else {
            return "got " + std::string{word} +
                   ", accepted: --config FILE, --identity, --words, --help";
        }
    }
    return std::nullopt;
}

/// Of a node that nobody can reach.
std::vector<std::string> words_alone(const std::string& program, const Daemon& daemon) {
    return {program,
            "name=" + daemon.name,
            "disk=" + daemon.disk.string(),
            "disk_bytes=" + std::to_string(daemon.disk_bytes),
            "memory_bytes=" + std::to_string(daemon.memory_bytes),
            "console=plain"};
}

std::vector<std::string> words_of(const std::string& program, const Config& config) {
    std::vector<std::string> words = words_alone(program, *config.daemon);
    words.push_back("address=" + text_of(config.daemon->listen));
    for (const wire::Principal& principal : config.principals) {
        words.push_back("peer=" + peer_word(principal));
    }
    return words;
}

int show_identity(const std::string& program, const Daemon& daemon) {
    const auto asked = ask_identity(words_alone(program, daemon));
    if (const auto* const problem = std::get_if<std::string>(&asked)) {
        (void)std::fprintf(stderr, "grafosd: %s\n", problem->c_str());
        return exit_refused;
    }
    const NodeKeys& keys = std::get<NodeKeys>(asked);
    (void)std::printf("[[node]]\nname = \"%s\"\naddress = \"%s\"\nexchange_key = \"%s\"\n"
                      "node_id = \"%s\"   # its signing key\n",
                      daemon.name.c_str(), text_of(daemon.listen).c_str(),
                      keys.exchange_key.c_str(), keys.node_id.c_str());
    return 0;
}

/// Only comes back if it failed.
int become(std::vector<std::string>& words) {
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) {
        return misuse(std::string{"/dev/null: "} + std::strerror(errno));
    }
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    (void)execv(pointers.front(), pointers.data());
    return misuse(words.front() + ": " + std::strerror(errno));
}

int run(int count, char** given) {
    Options options;
    if (const auto problem = read_options(count, given, options)) {
        return misuse(*problem);
    }
    if (options.is_help) {
        (void)std::fputs(usage, stdout);
        return 0;
    }
    const auto read = read_config(options.config);
    if (const auto* const problem = std::get_if<Problem>(&read)) {
        return misuse(problem->text());
    }
    const auto& config = std::get<Config>(read);
    if (!config.daemon) {
        return misuse(options.config.string() + ":1: daemon: got nothing, accepted: a [daemon]");
    }
    std::error_code error;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::string node = own.parent_path() / "grafos-node";
    if (options.is_identity) {
        return show_identity(node, *config.daemon);
    }
    std::vector<std::string> words = words_of(node, config);
    if (options.is_dry) {
        for (const std::string& word : words) {
            (void)std::printf("%s\n", word.c_str());
        }
        return 0;
    }
    return become(words);
}

} // namespace
} // namespace grafos::cli

int main(int count, char** words) {
    return grafos::cli::run(count, words);
}
