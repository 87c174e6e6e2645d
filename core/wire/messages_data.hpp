// SPDX-License-Identifier: Apache-2.0
/// The bytes of a lease over the wire: memory, its words and locks, and blocks. Every request
/// carries a lease token; one request and its answer fit one datagram each.
#pragma once

#include "core/wire/messages_token.hpp"

namespace grafos::wire {

/// Most bytes of one read or write.
inline constexpr size_t transfer_bytes_max = limits::region_transfer_bytes_max;

consteval Limit transfer_limit() {
    return between(1, transfer_bytes_max);
}
consteval Limit transfer_bytes_limit() {
    return counted(1, transfer_bytes_max);
}

struct MemReadRequest {
    Bytes token{};
    uint64_t offset = 0;
    uint32_t length = 0;
};
inline constexpr FieldLayout mem_read_request_fields[] = {
    GRAFOS_WIRE_FIELD(MemReadRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(MemReadRequest, offset, offset, any()),
    GRAFOS_WIRE_FIELD(MemReadRequest, length, length, transfer_limit())};
template <>
inline constexpr Layout layout_of<MemReadRequest> = layout<MemReadRequest>(mem_read_request_fields);

struct MemReadReply {
    Bytes data{};
};
inline constexpr FieldLayout mem_read_reply_fields[] = {
    GRAFOS_WIRE_FIELD(MemReadReply, data, data, transfer_bytes_limit())};
template <>
inline constexpr Layout layout_of<MemReadReply> = layout<MemReadReply>(mem_read_reply_fields);

struct MemWriteRequest {
    Bytes token{};
    uint64_t offset = 0;
    Bytes data{};
};
inline constexpr FieldLayout mem_write_request_fields[] = {
    GRAFOS_WIRE_FIELD(MemWriteRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(MemWriteRequest, offset, offset, any()),
    GRAFOS_WIRE_FIELD(MemWriteRequest, data, data, transfer_bytes_limit())};
template <>
inline constexpr Layout layout_of<MemWriteRequest> =
    layout<MemWriteRequest>(mem_write_request_fields);

struct MemWriteReply {};
template <>
inline constexpr Layout layout_of<MemWriteReply> = empty_layout;

/// Words of 64 bits; little-endian in the memory, big-endian here as every number.
struct MemCompareExchangeRequest {
    Bytes token{};
    uint64_t offset = 0;
    uint64_t expected = 0;
    uint64_t desired = 0;
};
inline constexpr FieldLayout mem_compare_exchange_request_fields[] = {
    GRAFOS_WIRE_FIELD(MemCompareExchangeRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(MemCompareExchangeRequest, offset, offset, ruled(Rule::aligned)),
    GRAFOS_WIRE_FIELD(MemCompareExchangeRequest, expected, data, any()),
    GRAFOS_WIRE_FIELD(MemCompareExchangeRequest, desired, data, any())};
template <>
inline constexpr Layout layout_of<MemCompareExchangeRequest> =
    layout<MemCompareExchangeRequest>(mem_compare_exchange_request_fields);

struct MemCompareExchangeReply {
    bool is_exchanged = false;
    uint64_t value = 0; ///< as it was before
};
inline constexpr FieldLayout mem_compare_exchange_reply_fields[] = {
    GRAFOS_WIRE_FIELD(MemCompareExchangeReply, is_exchanged, flags, any()),
    GRAFOS_WIRE_FIELD(MemCompareExchangeReply, value, data, any())};
template <>
inline constexpr Layout layout_of<MemCompareExchangeReply> =
    layout<MemCompareExchangeReply>(mem_compare_exchange_reply_fields);

struct MemFetchAddRequest {
    Bytes token{};
    uint64_t offset = 0;
    uint64_t addend = 0;
};
inline constexpr FieldLayout mem_fetch_add_request_fields[] = {
    GRAFOS_WIRE_FIELD(MemFetchAddRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(MemFetchAddRequest, offset, offset, ruled(Rule::aligned)),
    GRAFOS_WIRE_FIELD(MemFetchAddRequest, addend, data, any())};
template <>
inline constexpr Layout layout_of<MemFetchAddRequest> =
    layout<MemFetchAddRequest>(mem_fetch_add_request_fields);

struct MemFetchAddReply {
    uint64_t value = 0; ///< as it was before
};
inline constexpr FieldLayout mem_fetch_add_reply_fields[] = {
    GRAFOS_WIRE_FIELD(MemFetchAddReply, value, data, any())};
template <>
inline constexpr Layout layout_of<MemFetchAddReply> =
    layout<MemFetchAddReply>(mem_fetch_add_reply_fields);

struct BlockReadRequest {
    Bytes token{};
    uint64_t offset = 0; ///< bytes, whole blocks
    uint32_t length = 0; ///< bytes, whole blocks
};
inline constexpr FieldLayout block_read_request_fields[] = {
    GRAFOS_WIRE_FIELD(BlockReadRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(BlockReadRequest, offset, offset, ruled(Rule::blocks)),
    GRAFOS_WIRE_FIELD(BlockReadRequest, length, length, with(transfer_limit(), Rule::blocks))};
template <>
inline constexpr Layout layout_of<BlockReadRequest> =
    layout<BlockReadRequest>(block_read_request_fields);

struct BlockReadReply {
    Bytes data{};
};
inline constexpr FieldLayout block_read_reply_fields[] = {
    GRAFOS_WIRE_FIELD(BlockReadReply, data, data, with(transfer_bytes_limit(), Rule::blocks))};
template <>
inline constexpr Layout layout_of<BlockReadReply> = layout<BlockReadReply>(block_read_reply_fields);

struct BlockWriteRequest {
    Bytes token{};
    uint64_t offset = 0; ///< bytes, whole blocks
    Bytes data{};        ///< whole blocks
};
inline constexpr FieldLayout block_write_request_fields[] = {
    GRAFOS_WIRE_FIELD(BlockWriteRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(BlockWriteRequest, offset, offset, ruled(Rule::blocks)),
    GRAFOS_WIRE_FIELD(BlockWriteRequest, data, data, with(transfer_bytes_limit(), Rule::blocks))};
template <>
inline constexpr Layout layout_of<BlockWriteRequest> =
    layout<BlockWriteRequest>(block_write_request_fields);

struct BlockWriteReply {};
template <>
inline constexpr Layout layout_of<BlockWriteReply> = empty_layout;

struct BlockFlushRequest {
    Bytes token{};
};
inline constexpr FieldLayout block_flush_request_fields[] = {
    GRAFOS_WIRE_FIELD(BlockFlushRequest, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<BlockFlushRequest> =
    layout<BlockFlushRequest>(block_flush_request_fields);

struct BlockFlushReply {};
template <>
inline constexpr Layout layout_of<BlockFlushReply> = empty_layout;

} // namespace grafos::wire
