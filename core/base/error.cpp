// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.hpp"

#include "core/base/assert.hpp"

namespace grafos {

Failure failure_of(ErrorCode code) noexcept {
    switch (code) {
    case ErrorCode::lease_expired:
    case ErrorCode::released: return Failure::lease_expired;
    case ErrorCode::revoked: return Failure::revoked;
    case ErrorCode::fenced:
    case ErrorCode::stale_epoch: return Failure::fenced;
    case ErrorCode::disconnected: return Failure::disconnected;
    case ErrorCode::capacity_exceeded:
    case ErrorCode::busy:
    case ErrorCode::rate_limited:
    case ErrorCode::out_of_fuel: return Failure::rate_limited;
    case ErrorCode::not_found:
    case ErrorCode::invalid_argument:
    case ErrorCode::denied:
    case ErrorCode::unsupported:
    case ErrorCode::unsupported_version:
    case ErrorCode::foreign:
    case ErrorCode::exhausted: return Failure::incompatible;
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::not_ready:
    case ErrorCode::degraded: return Failure::degraded;
    }
    GRAFOS_UNREACHABLE();
}

std::string_view name_of(ErrorCode code) noexcept {
    switch (code) {
    case ErrorCode::lease_expired: return "lease_expired";
    case ErrorCode::revoked: return "revoked";
    case ErrorCode::released: return "released";
    case ErrorCode::fenced: return "fenced";
    case ErrorCode::stale_epoch: return "stale_epoch";
    case ErrorCode::disconnected: return "disconnected";
    case ErrorCode::capacity_exceeded: return "capacity_exceeded";
    case ErrorCode::busy: return "busy";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::denied: return "denied";
    case ErrorCode::rate_limited: return "rate_limited";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::io: return "io";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::unsupported_version: return "unsupported_version";
    case ErrorCode::out_of_fuel: return "out_of_fuel";
    case ErrorCode::not_ready: return "not_ready";
    case ErrorCode::degraded: return "degraded";
    case ErrorCode::foreign: return "foreign";
    case ErrorCode::exhausted: return "exhausted";
    }
    GRAFOS_UNREACHABLE();
}

std::string_view name_of(Field field) noexcept {
    switch (field) {
    case Field::none: return "none";
    case Field::operation: return "operation";
    case Field::tenant: return "tenant";
    case Field::identity: return "identity";
    case Field::resource: return "resource";
    case Field::amount: return "amount";
    case Field::offset: return "offset";
    case Field::length: return "length";
    case Field::ttl: return "ttl";
    case Field::grace: return "grace";
    case Field::lease: return "lease";
    case Field::lease_ref: return "lease_ref";
    case Field::epoch: return "epoch";
    case Field::generation: return "generation";
    case Field::alloc_key: return "alloc_key";
    case Field::fence_sequence: return "fence_sequence";
    case Field::reason: return "reason";
    case Field::data: return "data";
    case Field::role: return "role";
    case Field::ticket: return "ticket";
    case Field::command: return "command";
    case Field::option: return "option";
    case Field::argument: return "argument";
    case Field::line: return "line";
    case Field::hex: return "hex";
    case Field::magic: return "magic";
    case Field::version: return "version";
    case Field::checksum: return "checksum";
    case Field::address: return "address";
    case Field::geometry: return "geometry";
    case Field::node_id: return "node_id";
    case Field::boot: return "boot";
    case Field::sequence: return "sequence";
    case Field::previous_hash: return "previous_hash";
    case Field::hash: return "hash";
    case Field::record_count: return "record_count";
    case Field::record_length: return "record_length";
    case Field::epoch_mark: return "epoch_mark";
    case Field::checkpoint: return "checkpoint";
    case Field::log: return "log";
    case Field::copy: return "copy";
    case Field::identity_cell: return "identity_cell";
    case Field::unit_size: return "unit_size";
    case Field::unit_count: return "unit_count";
    case Field::lease_count: return "lease_count";
    case Field::padding: return "padding";
    case Field::kind: return "kind";
    case Field::kind_code: return "kind_code";
    case Field::reason_code: return "reason_code";
    case Field::timestamp: return "timestamp";
    case Field::resource_id: return "resource_id";
    case Field::event_data: return "event_data";
    case Field::signature: return "signature";
    case Field::json: return "json";
    case Field::key: return "key";
    case Field::block: return "block";
    case Field::clock: return "clock";
    case Field::entropy: return "entropy";
    case Field::device: return "device";
    case Field::name: return "name";
    case Field::seed: return "seed";
    case Field::time_base: return "time_base";
    case Field::readiness: return "readiness";
    case Field::slot: return "slot";
    case Field::outbox: return "outbox";
    case Field::memory: return "memory";
    case Field::token: return "token";
    case Field::message: return "message";
    case Field::flags: return "flags";
    case Field::fragment: return "fragment";
    case Field::session: return "session";
    case Field::cookie: return "cookie";
    case Field::peer: return "peer";
    case Field::quota: return "quota";
    case Field::port: return "port";
    case Field::packet: return "packet";
    case Field::request: return "request";
    case Field::window: return "window";
    case Field::record: return "record";
    case Field::tlv: return "tlv";
    case Field::cursor: return "cursor";
    case Field::parameter: return "parameter";
    case Field::mac: return "mac";
    case Field::audience: return "audience";
    case Field::expiry: return "expiry";
    case Field::caveat: return "caveat";
    case Field::rights: return "rights";
    case Field::holder: return "holder";
    case Field::nonce: return "nonce";
    case Field::lock: return "lock";
    case Field::extents: return "extents";
    case Field::quota_bytes: return "quota_bytes";
    case Field::quota_leases: return "quota_leases";
    case Field::program: return "program";
    }
    GRAFOS_UNREACHABLE();
}

std::string_view name_of(Failure failure) noexcept {
    switch (failure) {
    case Failure::lease_expired: return "lease_expired";
    case Failure::revoked: return "revoked";
    case Failure::fenced: return "fenced";
    case Failure::disconnected: return "disconnected";
    case Failure::degraded: return "degraded";
    case Failure::incompatible: return "incompatible";
    case Failure::rate_limited: return "rate_limited";
    case Failure::internal_error: return "internal_error";
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos
