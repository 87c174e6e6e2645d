// SPDX-License-Identifier: Apache-2.0
/// What operators and collectors do: fences and the audit chain.
#pragma once

#include "core/lease/audit/canonical.hpp"
#include "core/wire/messages_node.hpp"

namespace grafos::wire {

struct FenceListRequest {
    Cursor cursor{};
};
inline constexpr FieldLayout fence_list_request_fields[] = {
    GRAFOS_WIRE_FIELD(FenceListRequest, cursor, cursor, any())};
template <>
inline constexpr Layout layout_of<FenceListRequest> =
    layout<FenceListRequest>(fence_list_request_fields);

/// A run of units under one fence.
struct FenceEntry {
    ResourceId resource{};
    lease::ResourceKind kind{};
    Sequence fence{}; ///< of its record: what clears it names it
    uint64_t first_unit = 0;
    uint64_t unit_count = 0;
};
inline constexpr FieldLayout fence_entry_fields[] = {
    GRAFOS_WIRE_FIELD(FenceEntry, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(FenceEntry, kind, kind,
                      closed(lease::ResourceKind::cpu, lease::ResourceKind::gpu)),
    GRAFOS_WIRE_FIELD(FenceEntry, fence, fence_sequence, any()),
    GRAFOS_WIRE_FIELD(FenceEntry, first_unit, unit_count, any()),
    GRAFOS_WIRE_FIELD(FenceEntry, unit_count, unit_count, between(1, UINT32_MAX))};
template <>
inline constexpr Layout layout_of<FenceEntry> = layout<FenceEntry>(fence_entry_fields);

struct FenceListReply {
    Cursor next{};
    List<FenceEntry> fences{};
};
inline constexpr FieldLayout fence_list_reply_fields[] = {
    GRAFOS_WIRE_FIELD(FenceListReply, next, cursor, any()),
    GRAFOS_WIRE_FIELD(FenceListReply, fences, record_count, listed(128, list_bytes_max))};
template <>
inline constexpr Layout layout_of<FenceListReply> = layout<FenceListReply>(fence_list_reply_fields);

/// Authorises one new teardown of the units under this fence.
struct FenceClearRequest {
    ResourceId resource{};
    Sequence fence{};
};
inline constexpr FieldLayout fence_clear_request_fields[] = {
    GRAFOS_WIRE_FIELD(FenceClearRequest, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(FenceClearRequest, fence, fence_sequence, any())};
template <>
inline constexpr Layout layout_of<FenceClearRequest> =
    layout<FenceClearRequest>(fence_clear_request_fields);

struct FenceClearReply {
    Sequence record{};
};
inline constexpr FieldLayout fence_clear_reply_fields[] = {
    GRAFOS_WIRE_FIELD(FenceClearReply, record, record, any())};
template <>
inline constexpr Layout layout_of<FenceClearReply> =
    layout<FenceClearReply>(fence_clear_reply_fields);

struct AuditHeadRequest {};
template <>
inline constexpr Layout layout_of<AuditHeadRequest> = empty_layout;

struct AuditHeadReply {
    Sequence oldest{};             ///< first record still kept
    Sequence next{};               ///< of the record to come; all below are durable
    Digest hash{};                 ///< of record next − 1; zeroes before the first
    crypto::Signature signature{}; ///< `Identity::sign_head` of that; zeroes before the first
};
inline constexpr FieldLayout audit_head_reply_fields[] = {
    GRAFOS_WIRE_FIELD(AuditHeadReply, oldest, sequence, any()),
    GRAFOS_WIRE_FIELD(AuditHeadReply, next, sequence, any()),
    GRAFOS_WIRE_FIELD(AuditHeadReply, hash, hash, any()),
    GRAFOS_WIRE_FIELD(AuditHeadReply, signature, signature, any())};
template <>
inline constexpr Layout layout_of<AuditHeadReply> = layout<AuditHeadReply>(audit_head_reply_fields);

inline constexpr size_t audit_records_max = 16;

struct AuditReadRequest {
    Sequence from{};
    uint16_t records_max = 0;
};
inline constexpr FieldLayout audit_read_request_fields[] = {
    GRAFOS_WIRE_FIELD(AuditReadRequest, from, sequence, any()),
    GRAFOS_WIRE_FIELD(AuditReadRequest, records_max, record_count, between(1, audit_records_max))};
template <>
inline constexpr Layout layout_of<AuditReadRequest> =
    layout<AuditReadRequest>(audit_read_request_fields);

/// The canonical bytes of one record; whoever collects checks them against the chain.
struct AuditRecordEntry {
    Bytes canonical{};
};
inline constexpr FieldLayout audit_record_entry_fields[] = {
    GRAFOS_WIRE_FIELD(AuditRecordEntry, canonical, record,
                      counted(limits::record_fixed_bytes, limits::record_bytes_max))};
template <>
inline constexpr Layout layout_of<AuditRecordEntry> =
    layout<AuditRecordEntry>(audit_record_entry_fields);

struct AuditReadReply {
    Sequence next{}; ///< what to read from next
    List<AuditRecordEntry> records{};
};
inline constexpr FieldLayout audit_read_reply_fields[] = {
    GRAFOS_WIRE_FIELD(AuditReadReply, next, sequence, any()),
    GRAFOS_WIRE_FIELD(AuditReadReply, records, record_count,
                      listed(audit_records_max, list_bytes_max))};
template <>
inline constexpr Layout layout_of<AuditReadReply> = layout<AuditReadReply>(audit_read_reply_fields);

/// Frees the space of records up to and with `last`; `hash` proves that they were read.
struct AuditTrimRequest {
    Sequence last{};
    Digest hash{};
};
inline constexpr FieldLayout audit_trim_request_fields[] = {
    GRAFOS_WIRE_FIELD(AuditTrimRequest, last, sequence, any()),
    GRAFOS_WIRE_FIELD(AuditTrimRequest, hash, hash, ruled(Rule::not_zero))};
template <>
inline constexpr Layout layout_of<AuditTrimRequest> =
    layout<AuditTrimRequest>(audit_trim_request_fields);

struct AuditTrimReply {
    Sequence record{};
};
inline constexpr FieldLayout audit_trim_reply_fields[] = {
    GRAFOS_WIRE_FIELD(AuditTrimReply, record, record, any())};
template <>
inline constexpr Layout layout_of<AuditTrimReply> = layout<AuditTrimReply>(audit_trim_reply_fields);

} // namespace grafos::wire
