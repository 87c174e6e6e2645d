// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/request.hpp"

#include "core/wire/codec.hpp"

namespace grafos::kv_store {

using emulation::Letter;

std::optional<Request> request_in(const Letter& letter) noexcept {
    Request request{.from = letter.from, .call = letter.call};
    const auto take = [&](RequestKind kind, const auto& message) {
        request.kind = kind;
        if (message.is_ok()) {
            request.key.keep(text_of(message.value().key));
        }
        return message.is_ok();
    };
    bool is_sound = false;
    if (letter.message == ServerProtocol::number_of<Put>()) {
        const Result<Put> put = wire::decode<Put>(letter.view());
        is_sound = take(RequestKind::put, put);
        if (is_sound) {
            request.value.keep(text_of(put.value().value));
        }
    } else if (letter.message == ServerProtocol::number_of<Get>()) {
        is_sound = take(RequestKind::get, wire::decode<Get>(letter.view()));
    } else {
        is_sound = take(RequestKind::remove, wire::decode<Delete>(letter.view()));
    }
    return is_sound ? std::optional{request} : std::nullopt;
}

std::string_view verb_of(RequestKind kind) noexcept {
    switch (kind) {
    case RequestKind::put: return "PUT";
    case RequestKind::get: return "GET";
    case RequestKind::remove: return "DELETE";
    }
    GRAFOS_UNREACHABLE();
}

void put_request(TextWriter& to, const Request& request, bool has_value) noexcept {
    to.put(verb_of(request.kind)).put(" \"").put(request.key.view()).put('"');
    if (has_value && request.kind == RequestKind::put) {
        to.put(" = \"").put(request.value.view()).put('"');
    }
}

} // namespace grafos::kv_store
