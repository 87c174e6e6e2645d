// SPDX-License-Identifier: Apache-2.0
/// Every message, and the answer to one that was refused.
#pragma once

#include "core/wire/messages_data.hpp"
#include "core/wire/messages_end.hpp"
#include "core/wire/messages_lease.hpp"
#include "core/wire/messages_lock.hpp"
#include "core/wire/messages_node.hpp"
#include "core/wire/messages_operate.hpp"
#include "core/wire/messages_program.hpp"
#include "core/wire/messages_token.hpp"

namespace grafos::wire {

/// The payload of a reply whose status is not 0; the status is the same code again.
struct Refusal {
    ErrorCode code{};
    uint16_t field = 0; ///< a `Field`; of a newer build perhaps one that we do not know
    uint64_t value = 0;
    uint64_t expected = 0;
};
inline constexpr FieldLayout refusal_fields[] = {
    GRAFOS_WIRE_FIELD(Refusal, code, reason_code,
                      closed(ErrorCode::lease_expired, ErrorCode::exhausted)),
    GRAFOS_WIRE_FIELD(Refusal, field, name, any()), GRAFOS_WIRE_FIELD(Refusal, value, data, any()),
    GRAFOS_WIRE_FIELD(Refusal, expected, data, any())};
template <>
inline constexpr Layout layout_of<Refusal> = layout<Refusal>(refusal_fields);

[[nodiscard]] constexpr Refusal refusal_of(const Error& error) noexcept {
    return {error.code, static_cast<uint16_t>(error.field), error.value, error.expected};
}
/// A field that we do not know reads as Field::none.
[[nodiscard]] constexpr Error error_of(const Refusal& refusal) noexcept {
    const bool is_known = refusal.field <= static_cast<uint16_t>(field_last);
    return {refusal.code, is_known ? static_cast<Field>(refusal.field) : Field::none, refusal.value,
            refusal.expected};
}

} // namespace grafos::wire
