// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/collector.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto/sha256.hpp"

namespace grafos::cli {
namespace {

constexpr mode_t file_mode = 0640;
using LineBuffer = std::array<char, lease::jsonl_line_bytes_max>;

std::string system_problem(const std::string& name) {
    return name + ": " + std::strerror(errno);
}

Error system_error() {
    return Error{ErrorCode::io, Field::device, static_cast<uint64_t>(errno), 0};
}

/// A new name is on the medium only when its folder is.
bool sync_folder_of(const std::filesystem::path& file) {
    const auto folder = std::filesystem::absolute(file).parent_path();
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = descriptor >= 0 && fsync(descriptor) == 0;
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return is_synced;
}

bool write_all(int file, const std::string& text, uint64_t offset) {
    size_t done = 0;
    while (done < text.size()) {
        const ssize_t count =
            pwrite(file, text.data() + done, text.size() - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno != EINTR) {
            return false;
        }
        done += count < 0 ? 0u : static_cast<size_t>(count);
    }
    return true;
}

/// Whether the record is about the collecting itself.
bool is_trim(const lease::RecordView& view) {
    return view.event.kind == lease::EventKind::log_trimmed;
}

} // namespace

Result<std::string> line_of(Bytes canonical, const Digest& hash) {
    LineBuffer buffer;
    GRAFOS_TRY_ASSIGN(const std::string_view line,
                      lease::encode_json_record(canonical, hash, buffer));
    return std::string{line} + "\n";
}

Result<std::string> line_of(const lease::SignedHead& head) {
    LineBuffer buffer;
    GRAFOS_TRY_ASSIGN(const std::string_view line, lease::encode_json_head(head, buffer));
    return std::string{line} + "\n";
}

std::optional<std::string> replace_file(const std::filesystem::path& file,
                                        const std::string& text) {
    const std::string draft = file.string() + ".new";
    const int descriptor =
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode);
    if (descriptor < 0) {
        return system_problem(draft);
    }
    const bool is_written = write_all(descriptor, text, 0) && fsync(descriptor) == 0;
    (void)close(descriptor);
    if (!is_written || rename(draft.c_str(), file.c_str()) != 0 || !sync_folder_of(file)) {
        return system_problem(file.string());
    }
    return std::nullopt;
}

StoredChain::~StoredChain() {
    if (file_ >= 0) {
        (void)close(file_);
    }
}

std::optional<std::string> StoredChain::open(const std::filesystem::path& file) {
    name_ = file;
    const std::string name = file.string();
    file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
    if (file_ < 0) {
        return system_problem(name);
    }
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        return name + ": another collector writes it";
    }
    if (auto problem = read_tail(name)) {
        return problem;
    }
    // What a killed collector left in the page cache may not be on the medium yet.
    if (ftruncate(file_, static_cast<off_t>(size_)) != 0 || fsync(file_) != 0 ||
        !sync_folder_of(file)) {
        return system_problem(name);
    }
    return std::nullopt;
}

std::optional<std::string> StoredChain::read_tail(const std::string& name) {
    struct stat status{};
    if (fstat(file_, &status) != 0) {
        return system_problem(name);
    }
    const auto size = static_cast<uint64_t>(status.st_size);
    // A torn line, the last whole one, and the end of the one before it.
    const uint64_t tail_bytes = std::min<uint64_t>(size, 3 * (lease::jsonl_line_bytes_max + 1));
    std::string tail(tail_bytes, '\0');
    if (pread(file_, tail.data(), tail.size(), static_cast<off_t>(size - tail_bytes)) !=
        static_cast<ssize_t>(tail.size())) {
        return system_problem(name);
    }
    const size_t end = tail.rfind('\n');
    if (end == std::string::npos) {
        return tail_bytes == size && size <= lease::jsonl_line_bytes_max
                   ? std::nullopt // nothing, or the first line torn
                   : std::optional{name + ": does not end in an audit record"};
    }
    const size_t before = end == 0 ? std::string::npos : tail.rfind('\n', end - 1);
    const size_t begin = before == std::string::npos ? 0 : before + 1;
    std::array<uint8_t, limits::record_bytes_max> canonical{};
    const Result<lease::JsonLine> line =
        lease::decode_json_line({tail.data() + begin, end - begin}, canonical);
    if (!line.is_ok() || line.value().kind != lease::JsonLine::Kind::record ||
        crypto::sha256(line.value().canonical) != line.value().current_event_hash) {
        return name + ": its last line is not an audit record with its hash";
    }
    const Result<lease::RecordView> view = lease::decode_record(line.value().canonical);
    if (!view.is_ok()) {
        return name + ": its last record cannot be decoded";
    }
    size_ = size - tail_bytes + end + 1;
    state_ = {{{view.value().place.sequence.value + 1}, line.value().current_event_hash},
              view.value().place.node_id,
              view.value().place.boot};
    has_untrimmed_ = !is_trim(view.value());
    return std::nullopt;
}

Result<> StoredChain::claim(const NodeId& node_id) {
    if (size_ == 0) {
        state_.node_id = node_id;
    }
    if (state_.node_id != node_id) {
        return Error{ErrorCode::foreign, Field::node_id,
                     load_big_endian<uint64_t>(node_id.bytes.data()),
                     load_big_endian<uint64_t>(state_.node_id.bytes.data())};
    }
    return ok();
}

Digest StoredChain::hash_at(Sequence sequence) const {
    std::ifstream lines{name_};
    std::array<uint8_t, limits::record_bytes_max> canonical{};
    for (std::string text; std::getline(lines, text);) {
        const Result<lease::JsonLine> line = lease::decode_json_line(text, canonical);
        if (!line.is_ok()) {
            break;
        }
        const Result<lease::RecordView> view = lease::decode_record(line.value().canonical);
        if (view.is_ok() && view.value().place.sequence == sequence) {
            return line.value().current_event_hash;
        }
    }
    return {};
}

Result<> StoredChain::append(const std::vector<RecordBytes>& records, std::optional<Fork>& fork) {
    lease::ChainVerifier verifier{state_};
    std::string lines;
    bool has_news = false;
    for (const RecordBytes& record : records) {
        const Digest hash = crypto::sha256(Bytes{record});
        const Result<lease::RecordView> view = verifier.ingest(Bytes{record}, hash);
        if (!view.is_ok()) {
            const Result<lease::RecordView> read = lease::decode_record(Bytes{record});
            if (view.error().field == Field::previous_hash && read.is_ok()) {
                fork = Fork{{state_.anchor.next.value - 1},
                            state_.anchor.hash,
                            read.value().place.previous_hash};
            }
            return view.error();
        }
        has_news = has_news || !is_trim(view.value());
        GRAFOS_TRY_ASSIGN(const std::string line, line_of(Bytes{record}, hash));
        lines += line;
    }
    GRAFOS_TRY_ASSIGN(const lease::VerifierState state, verifier.commit());
    GRAFOS_TRY(write_out(lines));
    state_ = state;
    has_untrimmed_ = has_untrimmed_ || has_news;
    return ok();
}

Result<> StoredChain::write_out(const std::string& lines) {
    if (!write_all(file_, lines, size_) || fsync(file_) != 0) {
        const Error error = system_error();
        (void)ftruncate(file_, static_cast<off_t>(size_)); // as a torn line, if this fails too
        return error;
    }
    size_ += lines.size();
    return ok();
}

} // namespace grafos::cli
