// SPDX-License-Identifier: Apache-2.0
#include "core/node/console_advice.hpp"

#include "core/base/limits.hpp"

namespace grafos::node {
namespace {

struct Accepted {
    Field field;
    std::string_view words;
};

// The numbers in the words below.
static_assert(limits::lease_ttl_min == Duration{100} && limits::lease_ttl_max == Duration{300'000});
static_assert(limits::revoke_grace_max == Duration{60'000});
static_assert(limits::console_transfer_bytes_max == 512 && limits::block_bytes == 512);
static_assert(limits::console_line_bytes_max == 1280);

constexpr Accepted accepted_words[] = {
    {Field::amount, "BYTES is a number from 1 up, of blocks a multiple of 512"},
    {Field::ttl, "a TTL is 100 to 300000 ms"},
    {Field::grace, "a grace is up to 60000 ms"},
    {Field::lease, "an ID is 32 hexadecimal digits, as lease alloc answered it"},
    {Field::lease_ref, "a REF is 32 hexadecimal digits, as lease list shows it"},
    {Field::resource, "accepted is memory or block"},
    {Field::tenant, "a tenant is a number up to 4294967295"},
    {Field::alloc_key, "a key is 32 hexadecimal digits"},
    {Field::generation, "GENERATION is a number, as lease query shows it"},
    {Field::reason, "a reason is a name, as maintenance_window"},
    {Field::offset, "OFFSET is a number of bytes, of blocks a multiple of 512"},
    {Field::length, "one command takes up to 512 bytes, of blocks whole ones"},
    {Field::hex, "HEX is two hexadecimal digits a byte"},
    {Field::sequence, "SEQUENCE is a number, as audit head and audit export show it"},
    {Field::fence_sequence, "SEQUENCE is a number, as fence list shows it"},
    {Field::hash, "a hash is 64 hexadecimal digits"},
    {Field::epoch, "EPOCH_FLOOR is a number"},
    {Field::boot, "a boot is a number"},
    {Field::option, "an option is one of the command's own, once, with a value, at the end"},
    {Field::line, "a line is up to 1280 bytes of printable ASCII"},
};

std::string_view where_to_find(Field field) noexcept {
    if (field == Field::command) {
        return "no such command; help lists all there are";
    }
    if (field == Field::lease) {
        return "no lease has this ID, as lease alloc answers it; a ref of lease list is none";
    }
    if (field == Field::lease_ref) {
        return "no lease has this ref; lease list shows them, and an ID is none";
    }
    return "see lease list, fence list or help";
}

} // namespace

std::string_view accepted_as(Field field) noexcept {
    for (const Accepted& entry : accepted_words) {
        if (entry.field == field) {
            return entry.words;
        }
    }
    return {};
}

std::string_view next_step_of(const Error& error) noexcept {
    switch (error.code) {
    case ErrorCode::lease_expired:
    case ErrorCode::revoked:
    case ErrorCode::released: return "the lease has ended; lease alloc makes a new one";
    case ErrorCode::fenced: return "see fence list; fence clear SEQUENCE tries the wipe again";
    case ErrorCode::stale_epoch: return "see lease query ID for the current values";
    case ErrorCode::disconnected: return "the outcome is unknown; ask again";
    case ErrorCode::capacity_exceeded: return "see inventory for what is free, or ask for less";
    case ErrorCode::busy: return "try again in a moment";
    case ErrorCode::not_found: return where_to_find(error.field);
    case ErrorCode::invalid_argument: {
        const std::string_view accepted = accepted_as(error.field);
        return accepted.empty() ? "see help for the command's words" : accepted;
    }
    case ErrorCode::denied: return "the lease is in another phase; see lease query ID";
    case ErrorCode::rate_limited: return "wait, then try again";
    case ErrorCode::not_ready: return "see readiness; the node is still booting";
    case ErrorCode::degraded: return "see readiness for the reason; restart the node";
    case ErrorCode::io: return "the device refused; see events";
    case ErrorCode::corrupt:
    case ErrorCode::foreign:
    case ErrorCode::unsupported:
    case ErrorCode::unsupported_version:
    case ErrorCode::out_of_fuel:
    case ErrorCode::exhausted: return "see events and audit head";
    }
    GRAFOS_UNREACHABLE();
}

std::string_view way_out_of(lease::DegradedReason reason) noexcept {
    switch (reason) {
    case lease::DegradedReason::no_durable_state: return "adopt EPOCH_FLOOR vouches for this node";
    case lease::DegradedReason::log_full: return "audit export, then audit trim SEQUENCE HASH";
    case lease::DegradedReason::foreign_disk: return "this disk is not ours; give the node another";
    case lease::DegradedReason::newer_version: return "start the newer build that wrote this disk";
    case lease::DegradedReason::none:
    case lease::DegradedReason::corrupt:
    case lease::DegradedReason::durable_unknown:
    case lease::DegradedReason::geometry:
    case lease::DegradedReason::device_lost: return "see readiness and events; mend it and restart";
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::node
