// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/refusal.hpp"

namespace grafos::emulation {

std::array<uint8_t, refusal_bytes> encoded(const Error& error) noexcept {
    std::array<uint8_t, refusal_bytes> bytes{};
    ByteWriter writer{bytes};
    writer.put(static_cast<uint16_t>(error.code));
    writer.put(static_cast<uint16_t>(error.field));
    writer.put(error.value);
    writer.put(error.expected);
    GRAFOS_ASSERT(writer.size() == bytes.size());
    return bytes;
}

Error refusal_of(Bytes bytes) noexcept {
    ByteReader reader{bytes};
    const auto code = reader.take<uint16_t>();
    const auto field = reader.take<uint16_t>();
    const auto value = reader.take<uint64_t>();
    const auto expected = reader.take<uint64_t>();
    const bool is_sound = reader.is_ok() && reader.left() == 0 && code > 0 &&
                          code <= error_code_count && field <= static_cast<uint16_t>(field_last);
    return is_sound
               ? Error{static_cast<ErrorCode>(code), static_cast<Field>(field), value, expected}
               : Error{ErrorCode::corrupt, Field::message};
}

} // namespace grafos::emulation
