// SPDX-License-Identifier: Apache-2.0
/// A line from anybody: refused with a typed error that names a key, or the one spelling of a
/// record or a head.
#include "core/base/assert.hpp"
#include "core/lease/audit/jsonl.hpp"

using namespace grafos;
using namespace grafos::lease;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view line = text_of({data, size});
    std::array<uint8_t, limits::record_bytes_max> canonical;
    std::array<char, jsonl_line_bytes_max> again;
    const Result<JsonLine> decoded = decode_json_line(line, canonical);
    if (!decoded.is_ok()) {
        GRAFOS_ASSERT(decoded.error().field != Field::none);
        return 0;
    }
    const JsonLine& found = decoded.value();
    const bool is_head = found.kind == JsonLine::Kind::head;
    const Result<std::string_view> spelled =
        is_head ? encode_json_head(found.head, again)
                : encode_json_record(found.canonical, found.current_event_hash, again);
    GRAFOS_ASSERT(spelled.is_ok() && spelled.value() == line);
    return 0;
}
