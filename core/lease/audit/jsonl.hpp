// SPDX-License-Identifier: Apache-2.0
/// The chain as text: one record a line, and a signed last line (README.md).
///
///     {"prev_event_hash":"…","sequence":"0","timestamp_unix_ms":"…","node_id":"…","boot":"1",
///      "kind":"boot","kind_code":1,"identity":"","tenant":0,"lease_ref":"…",
///      "resource_id":"…","epoch":"0","reason":"first_boot","reason_code":23,
///      "event_data":"…","current_event_hash":"…"}
///     {"checkpoint":true,"node_id":"…","sequence":"0","current_event_hash":"…","signature":"…"}
///
/// Bytes are lower-case hexadecimal at full width; integers that may pass 2^53 are decimal strings;
/// names stand beside their numbers. There is one spelling: keys in this order, no blanks, no
/// escapes, no leading zeroes. So decoding and encoding again gives the same line, and two
/// collectors that hold the same records hold the same bytes. A line is handled without its line
/// end.
#pragma once

#include <span>

#include "core/lease/audit/chain.hpp"

namespace grafos::lease {

/// No line is longer, the line end not counted.
inline constexpr size_t jsonl_line_bytes_max = 1024;

/// The line of the record `canonical` with the hash `current`, in the front of `to`. Failures: as
/// `decode_record`; capacity_exceeded (length: `to` is smaller than jsonl_line_bytes_max). Context:
/// any.
[[nodiscard]] Result<std::string_view> encode_json_record(Bytes canonical, const Digest& current,
                                                          std::span<char> to) noexcept;

/// The last line. Failures: capacity_exceeded (length), as above. Context: any.
[[nodiscard]] Result<std::string_view> encode_json_head(const SignedHead& head,
                                                        std::span<char> to) noexcept;

/// One decoded line. It is well-formed and each name fits its number; whether its hash is right and
/// the record has its place in a chain is `ChainVerifier`'s question.
struct JsonLine {
    enum class Kind : uint8_t { record, head } kind{};
    Bytes canonical{};           ///< record: its canonical bytes, in the caller's buffer
    Digest current_event_hash{}; ///< record: the hash beside it
    SignedHead head{};           ///< head
};

/// Reads one line from anybody. `canonical` has limits::record_bytes_max (asserted). Failures, the
/// field naming the key: corrupt (syntax; value = offset in the line, expected = length of the text
/// that should stand there; json: bytes behind the end), capacity_exceeded (line: length; identity,
/// event_data: digits), invalid_argument (digits; kind_code, reason_code: no such number; kind,
/// reason: the name is not the number's, value = the number). Context: any.
[[nodiscard]] Result<JsonLine> decode_json_line(std::string_view line,
                                                MutableBytes canonical) noexcept;

} // namespace grafos::lease
