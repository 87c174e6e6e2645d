// SPDX-License-Identifier: Apache-2.0
// mem and block: the bytes of a lease, in pieces of one request each.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tools/cli/asking.hpp"

namespace grafos::cli {
namespace {

using wire::MessageType;

struct ByteOptions {
    bool is_block = false;
    std::string lease;
    uint64_t offset = 0; ///< bytes, or blocks
    uint64_t length = 0; ///< bytes, or blocks
    std::string out_file;
    std::string hex;
    std::string text;
    std::string in_file;
    std::string token;

    [[nodiscard]] uint64_t unit() const { return is_block ? limits::block_bytes : 1; }
};

/// Most bytes that one command keeps in memory.
constexpr uint64_t whole_bytes_max = 256ull << 20;

/// Says how far it is, once it takes more than two seconds.
class Progress {
public:
    Progress(const Output& out, uint64_t total) : out_{out}, total_{total} {}
    ~Progress() {
        if (has_said_) {
            out_.progress("");
        }
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void at(uint64_t done) {
        const auto now = Clock::now();
        if (now - began_ >= std::chrono::seconds{2} && now >= next_) {
            out_.progress(bytes_text(done) + " of " + bytes_text(total_));
            next_ = now + std::chrono::milliseconds{200};
            has_said_ = true;
        }
    }

private:
    using Clock = std::chrono::steady_clock;
    const Output& out_;
    uint64_t total_;
    Clock::time_point began_ = Clock::now();
    Clock::time_point next_{};
    bool has_said_ = false;
};

/// What is asked for lies in a lease of this size; so it is refused whole, and with its own
/// numbers, not with those of the piece that would leave the lease.
std::optional<Error> check_place(uint64_t first, uint64_t total, uint64_t size) {
    if (first > size) {
        return Error{ErrorCode::capacity_exceeded, Field::offset, first, size};
    }
    if (total > size - first) {
        return Error{ErrorCode::capacity_exceeded, Field::length, total, size - first};
    }
    return std::nullopt;
}

/// `total`: of bytes that are asked for.
std::optional<Error> take_token(Asker& asker, size_t node, const ByteOptions& options,
                                uint64_t total, std::vector<uint8_t>& token) {
    if (!options.token.empty()) {
        token = bytes_of_hex(options.token);
        return std::nullopt;
    }
    Held held;
    const Answer attached = attach(asker, node, id_of<LeaseId>(options.lease), held);
    token = std::move(held.token);
    if (const Error* const error = std::get_if<Error>(&attached)) {
        return *error;
    }
    return check_place(options.offset * options.unit(), total, held.size_bytes);
}

// --- read ---

template <typename Request, typename Reply>
Answer read_piece(Asker& asker, size_t node, MessageType type, const Request& request,
                  std::vector<uint8_t>& to) {
    return asker.ask<Reply>(node, type, request, [&to](const Reply& reply) {
        to.insert(to.end(), reply.data.begin(), reply.data.end());
        return Json();
    });
}

Answer read_all(Asker& asker, size_t node, const ByteOptions& options, Progress& progress,
                std::vector<uint8_t>& to) {
    const uint64_t first = options.offset * options.unit();
    const uint64_t total = options.length * options.unit();
    std::vector<uint8_t> token;
    if (const auto error = take_token(asker, node, options, total, token)) {
        return *error;
    }
    while (to.size() < total) {
        const auto size =
            static_cast<uint32_t>(std::min<uint64_t>(total - to.size(), wire::transfer_bytes_max));
        const uint64_t at = first + to.size();
        const size_t before = to.size();
        Answer piece = options.is_block
                           ? read_piece<wire::BlockReadRequest, wire::BlockReadReply>(
                                 asker, node, MessageType::block_read, {token, at, size}, to)
                           : read_piece<wire::MemReadRequest, wire::MemReadReply>(
                                 asker, node, MessageType::mem_read, {token, at, size}, to);
        if (std::holds_alternative<Error>(piece)) {
            return piece;
        }
        if (to.size() != before + size) { // a node that answers less would be asked for ever
            return Error{ErrorCode::corrupt, Field::length, to.size() - before, size};
        }
        progress.at(to.size());
    }
    return Json();
}

/// The file that bytes go into. It is tried before anything is asked, and what was in it stays
/// until the bytes are there.
class Target {
public:
    explicit Target(std::string name) : name_{std::move(name)} {}
    ~Target() {
        if (is_new_ && !is_written_) {
            (void)std::remove(name_.c_str());
        }
    }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    /// Both throw what is wrong with it: this machine's, and no node's.
    void try_it() {
        const bool was_there = std::filesystem::exists(name_);
        const std::ofstream file{name_, std::ios::binary | std::ios::app};
        if (!file) {
            fail();
        }
        is_new_ = !was_there;
    }
    void write(const std::vector<uint8_t>& data) {
        std::ofstream file{name_, std::ios::binary};
        file.write(reinterpret_cast<const char*>(data.data()),
                   static_cast<std::streamsize>(data.size()));
        file.close();
        if (!file) {
            fail();
        }
        is_written_ = true;
    }

private:
    [[noreturn]] void fail() const {
        throw std::runtime_error{"--out: " + name_ + " cannot be written: " + std::strerror(errno)};
    }

    std::string name_;
    bool is_new_ = false;
    bool is_written_ = false;
};

Exit run_read(const Context& context, const ByteOptions& options) {
    const Output out = context.output();
    const std::string what = options.is_block ? "block read" : "mem read";
    if (options.length > whole_bytes_max / options.unit()) {
        return out.misuse("LENGTH: got " + std::to_string(options.length) + ", accepted: up to " +
                          bytes_text(whole_bytes_max));
    }
    const bool has_file = !options.out_file.empty();
    Target target{options.out_file};
    if (has_file) {
        target.try_it();
    }
    std::vector<uint8_t> data;
    const Question read = [&](Asker& asker, size_t node) -> Answer {
        Progress progress{out, options.length * options.unit()};
        Answer answer = read_all(asker, node, options, progress, data);
        if (std::holds_alternative<Error>(answer)) {
            return answer;
        }
        Json shown{{"offset", number_of(options.offset * options.unit())},
                   {"bytes", number_of(data.size())}};
        if (has_file) {
            target.write(data);
            shown["file"] = options.out_file;
        } else {
            shown["data"] = hex_of(data);
        }
        return shown;
    };
    return act(context, what, read);
}

// --- write ---

Answer write_all(Asker& asker, size_t node, const ByteOptions& options, Progress& progress,
                 Bytes data) {
    std::vector<uint8_t> token;
    if (const auto error = take_token(asker, node, options, data.size(), token)) {
        return *error;
    }
    const auto nothing = [](const auto&) { return Json(); };
    const uint64_t first = options.offset * options.unit();
    for (size_t done = 0; done < data.size();) {
        const Bytes piece =
            data.subspan(done, std::min(data.size() - done, wire::transfer_bytes_max));
        Answer answer = options.is_block
                            ? asker.ask<wire::BlockWriteReply>(
                                  node, MessageType::block_write,
                                  wire::BlockWriteRequest{token, first + done, piece}, nothing)
                            : asker.ask<wire::MemWriteReply>(
                                  node, MessageType::mem_write,
                                  wire::MemWriteRequest{token, first + done, piece}, nothing);
        if (std::holds_alternative<Error>(answer)) {
            return answer;
        }
        done += piece.size();
        progress.at(done);
    }
    if (!options.is_block) {
        return Json();
    }
    return asker.ask<wire::BlockFlushReply>(node, MessageType::block_flush,
                                            wire::BlockFlushRequest{token}, nothing);
}

/// What is to be written; nothing if the file cannot be read.
std::optional<std::vector<uint8_t>> data_of(const ByteOptions& options) {
    if (!options.hex.empty()) {
        return bytes_of_hex(options.hex);
    }
    if (!options.text.empty()) {
        return std::vector<uint8_t>{options.text.begin(), options.text.end()};
    }
    std::ifstream file{options.in_file, std::ios::binary};
    std::vector<uint8_t> data{std::istreambuf_iterator<char>{file}, {}};
    return file.bad() || data.empty() ? std::nullopt : std::optional{std::move(data)};
}

Exit run_write(const Context& context, const ByteOptions& options) {
    const Output out = context.output();
    auto data = data_of(options);
    if (!data) {
        return out.misuse(options.in_file + " cannot be read, or is empty");
    }
    if (data->size() % options.unit() != 0) {
        return out.misuse("got " + std::to_string(data->size()) + " bytes, accepted: blocks of " +
                          std::to_string(options.unit()));
    }
    const Question write = [&](Asker& asker, size_t node) -> Answer {
        Progress progress{out, data->size()};
        Answer answer = write_all(asker, node, options, progress, *data);
        if (std::holds_alternative<Error>(answer)) {
            return answer;
        }
        return Json{{"offset", number_of(options.offset * options.unit())},
                    {"bytes", number_of(data->size())},
                    {"is_flushed", options.is_block},
                    {"is_warned", asker.is_warned()}};
    };
    return act(context, options.is_block ? "block write" : "mem write", write);
}

// --- words ---

void add_place(CLI::App* command, ByteOptions& options) {
    const uint64_t most = UINT64_MAX / options.unit();
    command->add_option("ID", options.lease, "the lease's id")
        ->required()
        ->check(hex_digits(2 * LeaseId::size_bytes));
    command
        ->add_option(options.is_block ? "LBA" : "OFFSET", options.offset,
                     options.is_block ? "first block of 512 bytes" : "first byte")
        ->required()
        ->check(not_negative())
        ->check(CLI::Range(uint64_t{0}, most));
    command->add_option("--token", options.token, "else it is asked for with the id")
        ->check(hex_bytes());
}

void add_read(CLI::App* group, bool is_block, Context& context, Action& chosen) {
    CLI::App* const command = group->add_subcommand("read", "show bytes, or keep them in a file");
    const auto options = std::make_shared<ByteOptions>();
    options->is_block = is_block;
    add_place(command, *options);
    command
        ->add_option(is_block ? "COUNT" : "LENGTH", options->length, is_block ? "blocks" : "bytes")
        ->required()
        ->check(not_negative())
        ->check(CLI::Range(uint64_t{1}, UINT64_MAX));
    command->add_option("--out", options->out_file, "into this file, as they are");
    command->callback([&context, &chosen, options] {
        chosen = [&context, options] { return run_read(context, *options); };
    });
}

void add_write(CLI::App* group, bool is_block, Context& context, Action& chosen) {
    CLI::App* const command =
        group->add_subcommand("write", is_block ? "put whole blocks, and flush them" : "put bytes");
    const auto options = std::make_shared<ByteOptions>();
    options->is_block = is_block;
    add_place(command, *options);
    CLI::Option_group* const source = command->add_option_group("source", "one of these");
    source->add_option("--hex", options->hex, "two digits a byte")->check(hex_bytes());
    source->add_option("--text", options->text, "as it is typed");
    source->add_option("--in", options->in_file, "a whole file")->check(CLI::ExistingFile);
    source->require_option(1);
    command->callback([&context, &chosen, options] {
        chosen = [&context, options] { return run_write(context, *options); };
    });
}

} // namespace

void add_bytes(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const memory = group_of(app, "mem", "bytes of a memory lease");
    CLI::App* const block = group_of(app, "block", "blocks of a block lease");
    add_read(memory, false, context, chosen);
    add_write(memory, false, context, chosen);
    add_read(block, true, context, chosen);
    add_write(block, true, context, chosen);
}

} // namespace grafos::cli
