// SPDX-License-Identifier: Apache-2.0
/// What a payload looks like, written down once: a table of fields for each struct.
///
/// Encoder, decoder, bounds, the tables of the README, the dissector and the tests all read the
/// same rows, so that none of them can drift from the others. A row names the member, how it stands
/// on the wire, which values are accepted, and which `Field` a refusal names.
///
///     struct PingRequest { Bytes echo{}; };
///     inline constexpr FieldLayout ping_request_fields[] = {
///         GRAFOS_WIRE_FIELD(PingRequest, echo, data, counted(0, ping_bytes_max))};
///     template <> inline constexpr Layout layout_of<PingRequest> =
///     layout<PingRequest>(ping_request_fields);
///
/// Big-endian, no padding. Behind its fields every payload may carry message TLVs.
#pragma once

#include <type_traits>

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"

namespace grafos::wire {

/// Longest payload of one message, in fragments if need be.
inline constexpr size_t payload_bytes_max = 4096;
/// Most bytes of the entries of one list: a whole payload, but for the fields beside it.
inline constexpr size_t list_bytes_max = 3840;

enum class Shape : uint8_t {
    u8,
    u16,
    u32,
    u64,
    fixed,   ///< `size` bytes
    counted, ///< u32 length, then the bytes
    list,    ///< u16 count, then entries one behind the other
};

/// Which values are accepted. Every rule includes `least` … `most`.
enum class Rule : uint8_t {
    range,
    zero_or_range,
    blocks,     ///< a multiple of limits::block_bytes
    aligned,    ///< a multiple of 8
    not_zero,   ///< fixed: not all zeroes
    text,       ///< counted: printable ASCII
    reason,     ///< a `lease::Reason` that is no refusal's
    parameters, ///< counted: what parameters.hpp accepts
};

struct Layout;

struct FieldLayout {
    const char* name;
    const Layout* entry; ///< of a list
    uint32_t least;      ///< value, length or count
    uint32_t most;       ///< all ones: no bound but the width
    uint16_t size;       ///< fixed: bytes; list: most bytes of all entries together
    uint16_t offset;     ///< of the member
    Field where;
    Shape shape;
    Rule rule;
};

struct Layout {
    const FieldLayout* fields;
    uint16_t field_count;
    uint16_t struct_bytes; ///< sizeof
    uint16_t bytes_min;
    uint16_t bytes_max; ///< without message TLVs
};

/// Specialised behind each struct.
template <typename Message>
inline constexpr Layout layout_of{};

/// What a row allows; made by the functions below.
struct Limit {
    uint32_t least = 0;
    uint32_t most = UINT32_MAX;
    Rule rule = Rule::range;
    uint16_t size = 0;
};

consteval Limit any() {
    return {};
}
consteval Limit ruled(Rule rule) {
    return {0, UINT32_MAX, rule, 0};
}
consteval Limit between(uint32_t least, uint32_t most) {
    return {least, most, Rule::range, 0};
}
consteval Limit between(Duration least, Duration most) {
    return between(static_cast<uint32_t>(least.ms), static_cast<uint32_t>(most.ms));
}
template <typename Enum>
consteval Limit closed(Enum first, Enum last) {
    return between(static_cast<uint32_t>(first), static_cast<uint32_t>(last));
}
consteval Limit counted(size_t least, size_t most, Rule rule = Rule::range) {
    return {static_cast<uint32_t>(least), static_cast<uint32_t>(most), rule, 0};
}
consteval Limit listed(size_t count_most, size_t bytes_most) {
    return {0, static_cast<uint32_t>(count_most), Rule::range, static_cast<uint16_t>(bytes_most)};
}
consteval Limit with(Limit limit, Rule rule) {
    limit.rule = rule;
    return limit;
}

namespace detail {

template <typename T>
concept IsList = requires { typename T::Entry; };

template <typename Member>
consteval Shape shape_of() {
    if constexpr (std::is_same_v<Member, Bytes>) {
        return Shape::counted;
    } else if constexpr (IsList<Member>) {
        return Shape::list;
    } else if constexpr (requires(Member m) { m.bytes; } || requires(Member m) { m.size(); }) {
        return Shape::fixed;
    } else {
        static_assert(sizeof(Member) <= 8 && (sizeof(Member) & (sizeof(Member) - 1)) == 0);
        return sizeof(Member) == 1   ? Shape::u8
               : sizeof(Member) == 2 ? Shape::u16
               : sizeof(Member) == 4 ? Shape::u32
                                     : Shape::u64;
    }
}

template <typename Member>
consteval FieldLayout field_of(const char* name, size_t offset, Field where, Limit limit) {
    constexpr Shape shape = shape_of<Member>();
    FieldLayout field{name, nullptr, limit.least, limit.most, limit.size,
                      0,    where,   Shape::u64,  limit.rule};
    field.offset = static_cast<uint16_t>(offset);
    field.shape = shape;
    if constexpr (shape == Shape::fixed) {
        field.size = static_cast<uint16_t>(sizeof(Member));
    }
    if constexpr (shape == Shape::list) {
        field.entry = &layout_of<typename Member::Entry>;
    }
    if constexpr (std::is_same_v<Member, bool>) {
        field.most = 1;
    }
    return field;
}

consteval uint16_t bytes_of(const FieldLayout& field, bool is_most) {
    switch (field.shape) {
    case Shape::u8: return 1;
    case Shape::u16: return 2;
    case Shape::u32: return 4;
    case Shape::u64: return 8;
    case Shape::fixed: return field.size;
    case Shape::counted: return static_cast<uint16_t>(4 + (is_most ? field.most : field.least));
    case Shape::list: return static_cast<uint16_t>(2 + (is_most ? field.size : 0));
    }
    return 0;
}

} // namespace detail

template <typename Message, size_t N>
consteval Layout layout(const FieldLayout (&fields)[N]) {
    Layout made{fields, N, sizeof(Message), 0, 0};
    for (const FieldLayout& field : fields) {
        made.bytes_min = static_cast<uint16_t>(made.bytes_min + detail::bytes_of(field, false));
        made.bytes_max = static_cast<uint16_t>(made.bytes_max + detail::bytes_of(field, true));
    }
    return made;
}

inline constexpr FieldLayout no_fields[1] = {};
/// Of a payload without fields.
inline constexpr Layout empty_layout{no_fields, 0, 1, 0, 0};

} // namespace grafos::wire

/// A row for `Struct::member`: a refusal names Field::`where`; the last argument is a `Limit`.
#define GRAFOS_WIRE_FIELD(Struct, member, where, ...)                                              \
    ::grafos::wire::detail::field_of<decltype(Struct::member)>(                                    \
        #member, __builtin_offsetof(Struct, member), ::grafos::Field::where, __VA_ARGS__)
