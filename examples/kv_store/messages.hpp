// SPDX-License-Identifier: Apache-2.0
/// What the nodes say to each other.
///
///     main ──Start──► client ──Get, Put──► server          Delete: whoever else knows the server
///                     client ◄──Said────── server
///
/// Keys and values are printable text. The rows under each struct are its encoding.
#pragma once

#include "core/wire/layout.hpp"
#include "examples/emulation/protocol.hpp"
#include "examples/kv_store/settings.hpp"

namespace grafos::kv_store {

/// How a request ended, for programs; the text beside it is for people.
enum class Outcome : uint8_t { ok, key_exists, key_not_found, store_full };

/// What the server says to every request.
struct Said {
    Bytes text{}; ///< the value that a Get found; `OK` to others; `key already exists: a`
    Outcome outcome = Outcome::ok;
};
inline constexpr std::string_view done_text = "OK";
/// A value, or the longest reason: `key already exists: ` and a key.
inline constexpr size_t said_bytes_max = value_bytes_max;
static_assert(20 + key_bytes_max <= said_bytes_max);

/// Store `value` under a key that is not there yet.
struct Put {
    static constexpr std::string_view name = "Put";
    using Reply = Said;
    Bytes key{};
    Bytes value{};
};
struct Get {
    static constexpr std::string_view name = "Get";
    using Reply = Said;
    Bytes key{};
};
struct Delete {
    static constexpr std::string_view name = "Delete";
    using Reply = Said;
    Bytes key{};
};

/// From main to each client, once.
struct Start {
    static constexpr std::string_view name = "Start";
};
/// A client to itself: the next request.
struct Continue {
    static constexpr std::string_view name = "Continue";
};

/// Main to itself: everybody is there.
struct Begin {
    static constexpr std::string_view name = "Begin";
};
/// Main to itself: time is up.
struct End {
    static constexpr std::string_view name = "End";
};

} // namespace grafos::kv_store

namespace grafos::wire {

inline constexpr Limit kv_store_key = counted(1, kv_store::key_bytes_max, Rule::text);
inline constexpr Limit kv_store_value = counted(0, kv_store::value_bytes_max, Rule::text);

inline constexpr FieldLayout kv_store_said_fields[] = {
    GRAFOS_WIRE_FIELD(kv_store::Said, text, data, counted(0, kv_store::said_bytes_max, Rule::text)),
    GRAFOS_WIRE_FIELD(kv_store::Said, outcome, kind_code,
                      closed(kv_store::Outcome::ok, kv_store::Outcome::store_full))};
inline constexpr FieldLayout kv_store_put_fields[] = {
    GRAFOS_WIRE_FIELD(kv_store::Put, key, key, kv_store_key),
    GRAFOS_WIRE_FIELD(kv_store::Put, value, data, kv_store_value)};
inline constexpr FieldLayout kv_store_get_fields[] = {
    GRAFOS_WIRE_FIELD(kv_store::Get, key, key, kv_store_key)};
inline constexpr FieldLayout kv_store_delete_fields[] = {
    GRAFOS_WIRE_FIELD(kv_store::Delete, key, key, kv_store_key)};

template <>
inline constexpr Layout layout_of<kv_store::Said> = layout<kv_store::Said>(kv_store_said_fields);
template <>
inline constexpr Layout layout_of<kv_store::Put> = layout<kv_store::Put>(kv_store_put_fields);
template <>
inline constexpr Layout layout_of<kv_store::Get> = layout<kv_store::Get>(kv_store_get_fields);
template <>
inline constexpr Layout layout_of<kv_store::Delete> =
    layout<kv_store::Delete>(kv_store_delete_fields);
template <>
inline constexpr Layout layout_of<kv_store::Start> = empty_layout;
template <>
inline constexpr Layout layout_of<kv_store::Continue> = empty_layout;
template <>
inline constexpr Layout layout_of<kv_store::Begin> = empty_layout;
template <>
inline constexpr Layout layout_of<kv_store::End> = empty_layout;

} // namespace grafos::wire

namespace grafos::kv_store {

// Behind the rows, because a protocol asks for them.
struct ServerProtocol : emulation::Protocol<Put, Get, Delete> {};
struct ClientProtocol : emulation::Protocol<Start, Continue> {};
struct MainProtocol : emulation::Protocol<Begin, End> {};

} // namespace grafos::kv_store
