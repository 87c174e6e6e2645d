// SPDX-License-Identifier: Apache-2.0
/// Every way an operation can be refused, as one closed set.
///
/// An `Error` says what went wrong (`code`), where (`field`), what was found (`value`) and what
/// would have been accepted (`expected`). It is a value: nothing is allocated, nothing is thrown.
/// Each code maps to exactly one of the eight `Failure`s of the architecture, which is what a
/// degradation contract is written against.
#pragma once

#include <cstdint>
#include <string_view>

namespace grafos {

/// Closed; 0 is nobody's code. The numbers are part of the audit format (reason = 0x0100 + code)
/// and never change meaning.
enum class ErrorCode : uint16_t {
    lease_expired = 1,        ///< the TTL ran out
    revoked = 2,              ///< taken back by an authority
    released = 3,             ///< given back by the holder
    fenced = 4,               ///< quarantined: a teardown failed and nobody cleared it
    stale_epoch = 5,          ///< value = the epoch (or generation, boot) given, expected = ours
    disconnected = 6,         ///< no answer: the outcome is unknown
    capacity_exceeded = 7,    ///< value = asked for, expected = the most there is room for
    busy = 8,                 ///< try again: something bounded is in use just now
    not_found = 9,            ///< no such thing, or not any more
    invalid_argument = 10,    ///< malformed or out of range
    denied = 11,              ///< the caller lacks the role, the right or the key
    rate_limited = 12,        ///< a budget or quota refused
    corrupt = 13,             ///< bytes that do not prove themselves
    io = 14,                  ///< a device refused; value = the device's own code
    unsupported = 15,         ///< this machine cannot do it
    unsupported_version = 16, ///< a newer format; value = found, expected = newest known
    out_of_fuel = 17,         ///< a metered computation used up its budget
    not_ready = 18,           ///< the node has not finished booting; value = readiness state
    degraded = 19,            ///< the node refuses for its own safety; value = the reason
    foreign = 20,             ///< well-formed, but it belongs to something else
    exhausted = 21,           ///< a counter reached the end of its range
};

inline constexpr uint16_t error_code_count = 21;

/// Where an error was found. One closed list for the whole core, so that a console, a log and a
/// test name the same thing. 0 = nowhere in particular.
// clang-format off
enum class Field : uint16_t {
    none = 0,
    // requests
    operation, tenant, identity, resource, amount, offset, length, ttl, grace, lease, lease_ref,
    epoch, generation, alloc_key, fence_sequence, reason, data, role, ticket,
    // console
    command, option, argument, line, hex,
    // disk and logs
    magic, version, checksum, address, geometry, node_id, boot, sequence, previous_hash, hash,
    record_count, record_length, epoch_mark, checkpoint, log, copy, identity_cell, unit_size,
    unit_count, lease_count, padding,
    // audit records
    kind, kind_code, reason_code, timestamp, resource_id, event_data, signature, json, key,
    // machine
    block, clock, entropy, device, name, seed, time_base, readiness, slot, outbox, memory,
    // wire
    token, message, flags, fragment, session, cookie, peer, quota, port, packet, request, window,
    record, tlv, cursor, parameter,
    // tokens, locks, quotas
    mac, audience, expiry, caveat, rights, holder, nonce, lock, extents, quota_bytes,
    quota_leases,
    // programs
    program,
};
// clang-format on

/// For decoders of records that name a field: nothing above it is a `Field`.
inline constexpr Field field_last = Field::program;

/// The eight outcomes of the architecture. A closed set; contracts name these, never codes.
enum class Failure : uint8_t {
    lease_expired = 1,
    revoked,
    fenced,
    disconnected,
    degraded,
    incompatible,
    rate_limited,
    internal_error,
};

struct Error {
    ErrorCode code;
    Field field = Field::none;
    uint64_t value = 0;
    uint64_t expected = 0;

    friend constexpr bool operator==(const Error&, const Error&) = default;
};

/// The one failure a code stands for. Context: any.
[[nodiscard]] Failure failure_of(ErrorCode code) noexcept;

/// snake_case names, as they stand in records, answers and logs. Context: any.
[[nodiscard]] std::string_view name_of(ErrorCode code) noexcept;
[[nodiscard]] std::string_view name_of(Field field) noexcept;
[[nodiscard]] std::string_view name_of(Failure failure) noexcept;

} // namespace grafos
