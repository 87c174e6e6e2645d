// SPDX-License-Identifier: Apache-2.0
/// The two secrets of a program that holds leases, in a file that only its owner can read.
///
///     grafos-key-v1
///     signing 64 hex digits
///     exchange 64 hex digits
///
/// A file that others may read is refused: a key that leaked is a principal that cannot be trusted.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/crypto/identity.hpp"

namespace grafos::cli {

/// What is wrong, or nothing; then `secrets` is filled. Erase it after use.
[[nodiscard]] std::optional<std::string> read_key_file(const std::filesystem::path& file,
                                                       crypto::IdentitySecrets& secrets);

/// Makes a new file with mode 0600; never replaces one. What went wrong, or nothing.
[[nodiscard]] std::optional<std::string> write_key_file(const std::filesystem::path& file,
                                                        const crypto::IdentitySecrets& secrets);

} // namespace grafos::cli
