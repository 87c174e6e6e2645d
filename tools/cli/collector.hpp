// SPDX-License-Identifier: Apache-2.0
/// What one node's chain has become on a collector's disk: one JSON line a record, append-only.
///
/// Problem: a collector and a node may both die at any instant, and a node frees the space of what
/// it is told is collected. Idea: the file is the only state; its last whole line says where to go
/// on, and nothing counts as stored before it is on the medium. Rule: a record that does not follow
/// from the stored ones is never written, and nothing stored is ever changed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/lease/audit/jsonl.hpp"

namespace grafos::cli {

/// A record as a node answered it.
using RecordBytes = std::vector<uint8_t>;

/// One place in a chain, two hashes: somebody's history is not the other's.
struct Fork {
    Sequence sequence{}; ///< of the record both claim
    Digest stored{};
    Digest other{};
};

class StoredChain {
public:
    StoredChain() = default;
    ~StoredChain();
    StoredChain(const StoredChain&) = delete;
    StoredChain& operator=(const StoredChain&) = delete;

    /// Opens or makes `file`, cuts a torn last line, and goes on behind the last whole one. One
    /// collector at a time. What is wrong, or nothing.
    [[nodiscard]] std::optional<std::string> open(const std::filesystem::path& file);

    /// Whose chain this is; an empty file belongs to whoever comes first. Failures: foreign.
    [[nodiscard]] Result<> claim(const NodeId& node_id);

    /// Where the next record goes; its hash is the last stored record's.
    [[nodiscard]] const lease::Anchor& anchor() const { return state_.anchor; }
    [[nodiscard]] const NodeId& node_id() const { return state_.node_id; }
    /// Of a stored record; zero if there is none. Reads the file: for evidence only.
    [[nodiscard]] Digest hash_at(Sequence sequence) const;
    /// Something is stored that a trim has not been told of, other than trims themselves: a
    /// collector that trimmed for the sake of its own trims would never come to rest.
    [[nodiscard]] bool has_untrimmed() const { return has_untrimmed_; }
    void note_trimmed() { has_untrimmed_ = false; }

    /// Verifies that `records` follow, appends them, and waits for the medium; all or none.
    /// Failures: as ChainVerifier::ingest, io. `fork` is filled if the first one links elsewhere.
    [[nodiscard]] Result<> append(const std::vector<RecordBytes>& records,
                                  std::optional<Fork>& fork);

private:
    [[nodiscard]] std::optional<std::string> read_tail(const std::string& name);
    [[nodiscard]] Result<> write_out(const std::string& lines);

    lease::VerifierState state_{};
    std::filesystem::path name_;
    int file_ = -1;
    uint64_t size_ = 0; ///< of the whole lines
    bool has_untrimmed_ = false;
};

/// Writes `text` to `file` so that it is there whole or not at all. What is wrong, or nothing.
[[nodiscard]] std::optional<std::string> replace_file(const std::filesystem::path& file,
                                                      const std::string& text);

/// The line of a record or head, with its end.
[[nodiscard]] Result<std::string> line_of(Bytes canonical, const Digest& hash);
[[nodiscard]] Result<std::string> line_of(const lease::SignedHead& head);

} // namespace grafos::cli
