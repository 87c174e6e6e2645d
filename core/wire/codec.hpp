// SPDX-License-Identifier: Apache-2.0
/// From structs to payloads and back, by the tables of layout.hpp.
///
/// `encode` refuses what `decode` would refuse, so that nothing leaves a node that its peer, built
/// from the same source, would not take. Spans of a decoded struct view the payload.
#pragma once

#include "core/base/limits.hpp"
#include "core/wire/layout.hpp"

namespace grafos::wire {

/// Most bytes of message TLVs behind the fields of a payload.
inline constexpr size_t payload_tlv_bytes_max = 128;

namespace detail {

[[nodiscard]] Result<size_t> encode_fields(const Layout& layout, const uint8_t* from,
                                           MutableBytes to) noexcept;
/// Bytes of the fields; what follows them are TLVs, and well-formed.
[[nodiscard]] Result<size_t> decode_fields(const Layout& layout, Bytes payload,
                                           uint8_t* to) noexcept;
/// One entry of a list that was checked before; answers its bytes.
size_t take_entry(const Layout& layout, Bytes from, uint8_t* to) noexcept;

template <typename Message>
[[nodiscard]] const uint8_t* bytes_at(const Message& message) noexcept {
    static_assert(std::is_trivially_copyable_v<Message>);
    return reinterpret_cast<const uint8_t*>(&message);
}
template <typename Message>
[[nodiscard]] uint8_t* bytes_at(Message& message) noexcept {
    static_assert(std::is_trivially_copyable_v<Message>);
    return reinterpret_cast<uint8_t*>(&message);
}

} // namespace detail

/// Writes the payload to the front of `to` and answers its size. Failures: capacity_exceeded
/// (length; value = bytes wanted at least, expected = bytes there), else as `decode`; then nothing
/// in `to` means anything. Context: any.
template <typename Message>
[[nodiscard]] Result<size_t> encode(const Message& message, MutableBytes to) noexcept {
    static_assert(layout_of<Message>.fields != nullptr);
    return detail::encode_fields(layout_of<Message>, detail::bytes_at(message), to);
}

/// Failures: corrupt (length: shorter than its fields; value = bytes there, expected = bytes
/// wanted at least; tlv: what follows the fields is no TLV), capacity_exceeded (the field: too
/// long, or too many entries; length: entries too long together; tlv: more than
/// payload_tlv_bytes_max), invalid_argument (the field; value = found, expected = the bound it
/// broke). Context: any.
template <typename Message>
[[nodiscard]] Result<Message> decode(Bytes payload) noexcept {
    Message message{};
    GRAFOS_TRY(detail::decode_fields(layout_of<Message>, payload, detail::bytes_at(message)));
    return message;
}

/// The TLVs behind the fields of a payload; read with `TlvReader`. Failures: as `decode`.
template <typename Message>
[[nodiscard]] Result<Bytes> tlvs_of(Bytes payload) noexcept {
    Message message{};
    GRAFOS_TRY_ASSIGN(const size_t size, detail::decode_fields(layout_of<Message>, payload,
                                                               detail::bytes_at(message)));
    return payload.subspan(size);
}

} // namespace grafos::wire
