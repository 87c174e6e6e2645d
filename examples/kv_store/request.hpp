// SPDX-License-Identifier: Apache-2.0
/// A request to the server, read out of a letter by whoever watches.
#pragma once

#include "examples/emulation/letter.hpp"
#include "examples/kv_store/store.hpp"

namespace grafos::kv_store {

enum class RequestKind : uint8_t { put, get, remove };

struct Request {
    RequestKind kind = RequestKind::get;
    emulation::ActorNumber from = emulation::ActorNumber::nobody;
    uint32_t call = 0;
    Kept<key_bytes_max> key{};
    Kept<value_bytes_max> value{};
};

/// What stands in a question to the server; empty: it does not decode, there neither.
[[nodiscard]] std::optional<Request> request_in(const emulation::Letter& letter) noexcept;
/// `PUT`
[[nodiscard]] std::string_view verb_of(RequestKind kind) noexcept;
/// `PUT "a" = "val_1"` or `GET "a"`; the value only if it is wanted.
void put_request(TextWriter& to, const Request& request, bool has_value) noexcept;

} // namespace grafos::kv_store
