// SPDX-License-Identifier: Apache-2.0
/// A settings file of an emulated system, in TOML.
///
/// The file is written by hand, so each mistake has to lead to its place: whatever is wrong is said
/// with file, line, column, key, value and what is accepted. A program asks for the keys that it
/// knows; what it never asked for is a mistake too, and is told with the nearest key that it did
/// ask for, so that a misspelt key never means the default.
///
///     SettingsFile file{"config.toml"};
///     const uint64_t servers = file.number("num_servers", {1, 100}, 3);
///     const uint64_t loss = file.number("network.loss_permille", {0, 1000}, 0);
///     if (const auto problem = file.finish()) { … }
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grafos::emulation_host {

/// What is wrong with a file, for people.
struct Problem {
    std::string file;
    size_t line = 0; ///< from 1; 0: the file as a whole
    size_t column = 0;
    std::string key; ///< dotted, entries of a list from 1: network.cut[1].from_ms
    std::string value;
    std::string accepted;

    /// `config.toml:1:15: num_servers: got 0, accepted: an integer, 1 to 100`
    [[nodiscard]] std::string text() const;
};

/// Both ends are accepted.
struct Range {
    uint64_t least;
    uint64_t most;
};

class SettingsFile {
public:
    /// Reads it whole. What fails is kept for `finish`; until then every answer is the default.
    explicit SettingsFile(const std::filesystem::path& file);
    ~SettingsFile();
    SettingsFile(const SettingsFile&) = delete;
    SettingsFile& operator=(const SettingsFile&) = delete;

    /// An integer, or `otherwise` if the key is missing.
    [[nodiscard]] uint64_t number(const std::string& key, Range range, uint64_t otherwise);
    /// A list of `count` words, each one of `accepted`; empty if the key is missing.
    [[nodiscard]] std::vector<std::string> words(const std::string& key,
                                                 const std::vector<std::string>& accepted,
                                                 Range count);
    /// How many tables `[[key]]` there are, at most `count_max`; their keys are asked for as
    /// `key[1].name`, …
    [[nodiscard]] size_t tables(const std::string& key, size_t count_max);

    /// This key of a table has to be there.
    void need(const std::string& key);
    /// A mistake that the program finds in what it read: the value of `key` is not accepted.
    void refuse(const std::string& key, const std::string& accepted);
    /// The first mistake, unknown keys included. Called once everything was asked for.
    [[nodiscard]] std::optional<Problem> finish();

private:
    struct Contents;
    std::unique_ptr<Contents> contents_;
};

} // namespace grafos::emulation_host
