// SPDX-License-Identifier: Apache-2.0
/// grafos-disk: looks at a node's disk image with the core's own recovery. Nothing is written to
/// it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/base/text.hpp"
#include "core/lease/audit/jsonl.hpp"
#include "tools/disk/replay.hpp"

namespace grafos {

void assertion_failed(uint32_t site) noexcept {
    std::fprintf(stderr, "grafos-disk: assertion failed: tools/site %08x\n", site);
    std::abort();
}

namespace tools {
namespace {

constexpr int exit_held = 0, exit_failed = 1, exit_usage = 2;

constexpr const char* usage =
    "usage: grafos-disk anchor [--json] IMAGE\n"
    "       grafos-disk export IMAGE\n"
    "       grafos-disk replay [BEFORE] --log WRITES [--size BYTES] [--samples N] [--seed S]\n"
    "                          [--drop-flush K] [--json]\n"
    "\n"
    "  anchor   whose disk this is and where its chain ends\n"
    "  export   its records as JSONL, with the head signed by the key on the disk\n"
    "  replay   cuts the power at every write of a session that QEMU's blklogwrites logged;\n"
    "           BEFORE is the disk before it, or zeroes of --size bytes (64 MiB)\n"
    "\n"
    "  --samples N      subsets and torn writes tried after each write (8)\n"
    "  --drop-flush K   pretend that the K-th flush kept nothing: the check must then fail\n"
    "\n"
    "Exit: 0 all held, 1 the disk does not open or a cut broke it, 2 bad option or file.\n";

struct Options {
    std::string command, image, log;
    uint64_t size = 64u << 20;
    bool is_json = false;
    ReplayOptions replay{};
};

std::string hex_of(Bytes bytes) {
    std::string text(bytes.size() * 2, ' ');
    TextWriter writer{text};
    writer.put_hex(bytes);
    return text;
}

int fail(const std::string& what) {
    std::fprintf(stderr, "grafos-disk: %s\n", what.c_str());
    return exit_usage;
}

/// Empty: understood. Otherwise what is wrong.
std::string parse(int count, char** words, Options& options) {
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        uint64_t* number = nullptr;
        uint64_t samples = options.replay.samples;
        if (word == "--json") {
            options.is_json = true;
            continue;
        }
        if (word == "--log" && i + 1 < count) {
            options.log = words[++i];
            continue;
        }
        number = word == "--size"         ? &options.size
                 : word == "--seed"       ? &options.replay.seed
                 : word == "--drop-flush" ? &options.replay.drop_flush
                 : word == "--samples"    ? &samples
                                          : nullptr;
        if (number != nullptr) {
            const std::string text = i + 1 < count ? words[++i] : "";
            const Result<uint64_t> parsed =
                parse_decimal(text, UINT32_MAX * 1024ull, Field::option);
            if (!parsed.is_ok()) {
                return word + ": got '" + text + "', expected a number";
            }
            *number = parsed.value();
            options.replay.samples = static_cast<uint32_t>(samples);
        } else if (word.size() > 1 && word[0] == '-') {
            return "unknown option '" + word + "'";
        } else if (options.command.empty()) {
            options.command = word;
        } else if (options.image.empty()) {
            options.image = word;
        } else {
            return "unexpected argument '" + word + "'";
        }
    }
    return "";
}

std::string state_of(const lease::LogState& state) {
    switch (state.phase) {
    case lease::LogPhase::ready: return "ready";
    case lease::LogPhase::blank: return "blank";
    case lease::LogPhase::degraded: return "degraded";
    case lease::LogPhase::stopped:
    case lease::LogPhase::booting:
    case lease::LogPhase::formatting: break;
    }
    return "unfinished";
}

int print_anchor(const OpenedLog& opened, bool is_json) {
    const lease::LogState& state = opened.state();
    const lease::DurableLog& log = opened.log();
    const std::string node = log.has_identity() ? hex_of(log.identity().node_id.bytes) : "";
    const lease::Anchor anchor = opened.is_ready() ? log.anchor() : lease::Anchor{};
    const uint64_t boot = opened.is_ready() ? log.previous_boot().value : 0;
    const uint64_t first = opened.is_ready() ? log.log_start().first.value : 0;
    const char* const format =
        is_json ? "{\"node_id\":\"%s\",\"boot\":%llu,\"anchor\":\"%s\",\"records\":%llu,"
                  "\"first\":%llu,\"state\":\"%s\",\"reason\":\"%s\"}\n"
                : "node_id=%s boot=%llu anchor=%s records=%llu first=%llu state=%s reason=%s\n";
    std::printf(format, node.c_str(), static_cast<unsigned long long>(boot),
                hex_of(anchor.hash.bytes).c_str(),
                static_cast<unsigned long long>(anchor.next.value),
                static_cast<unsigned long long>(first), state_of(state).c_str(),
                std::string{name_of(state.reason)}.c_str());
    if (state.phase == lease::LogPhase::degraded) {
        std::array<char, 200> text;
        TextWriter writer{text};
        put_error(writer, state.cause);
        std::fprintf(stderr, "grafos-disk: %.*s\n", static_cast<int>(writer.size()), text.data());
    }
    return opened.is_ready() ? exit_held : exit_failed;
}

int export_records(OpenedLog& opened) {
    if (!opened.is_ready()) {
        return print_anchor(opened, false);
    }
    std::array<char, lease::jsonl_line_bytes_max> line;
    const auto print = [](std::string_view text) {
        std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
    };
    const bool is_read =
        opened.read(opened.log().log_start().first, [&](const lease::GroupRecord& record) {
            print(lease::encode_json_record(record.canonical, record.hash, line).value());
            return true;
        });
    if (!is_read) {
        return fail("the log cannot be read to its end");
    }
    crypto::Identity identity;
    identity.start(opened.log().identity().secrets);
    const lease::IdentitySigner signer{identity};
    const Result<lease::SignedHead> head = lease::sign_anchor(opened.log().anchor(), signer);
    if (head.is_ok()) {
        print(lease::encode_json_head(head.value(), line).value());
    }
    return exit_held;
}

int run_replay(const Options& options) {
    std::vector<uint8_t> before(options.image.empty() ? options.size : 0);
    if (!options.image.empty() && !read_file(options.image, before)) {
        return fail("cannot read " + options.image);
    }
    std::vector<uint8_t> file;
    if (options.log.empty() || !read_file(options.log, file)) {
        return fail("cannot read the log '" + options.log + "'");
    }
    const WriteLog log = parse_write_log(std::move(file));
    if (!log.error.empty()) {
        return fail(options.log + ": " + log.error);
    }
    MemoryDisk disk{std::move(before)};
    const ReplayFigures figures = replay(disk, log, options.replay);
    const unsigned long long numbers[] = {figures.writes,   figures.log_writes, figures.flushes,
                                          figures.prefixes, figures.subsets,    figures.torn,
                                          figures.records,  figures.faults};
    if (!figures.first_fault.empty()) {
        std::fprintf(stderr, "grafos-disk: %s\n", figures.first_fault.c_str());
    }
    std::printf(options.is_json
                    ? "{\"writes\":%llu,\"log_writes\":%llu,\"flushes\":%llu,\"prefixes\":%llu,"
                      "\"subsets\":%llu,\"torn\":%llu,\"records\":%llu,\"faults\":%llu,"
                      "\"anchor\":\"%s\"}\n"
                    : "writes=%llu log_writes=%llu flushes=%llu prefixes=%llu subsets=%llu "
                      "torn=%llu records=%llu faults=%llu anchor=%s\n",
                numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6],
                numbers[7], figures.anchor.c_str());
    return figures.faults == 0 && figures.prefixes > 0 ? exit_held : exit_failed;
}

int run(int count, char** words) {
    Options options;
    const std::string wrong = parse(count, words, options);
    if (!wrong.empty() || options.command.empty()) {
        std::fputs(usage, stderr);
        return wrong.empty() ? exit_usage : fail(wrong);
    }
    if (options.command == "replay") {
        return run_replay(options);
    }
    if (options.command != "anchor" && options.command != "export") {
        return fail("unknown command '" + options.command + "'");
    }
    std::vector<uint8_t> image;
    if (options.image.empty() || !read_file(options.image, image)) {
        return fail("cannot read the image '" + options.image + "'");
    }
    MemoryDisk disk{std::move(image)};
    disk.set_read_only();
    static LogBuffers buffers;
    OpenedLog opened{disk, buffers};
    return options.command == "anchor" ? print_anchor(opened, options.is_json)
                                       : export_records(opened);
}

} // namespace
} // namespace tools
} // namespace grafos

int main(int count, char** words) {
    return grafos::tools::run(count, words);
}
