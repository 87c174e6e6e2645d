// SPDX-License-Identifier: Apache-2.0
/// One program calls another, on the node that this one speaks to. The node carries both payloads
/// and reads neither; it sees to it that a call takes effect at most once in its session.
#pragma once

#include "core/wire/layout.hpp"

namespace grafos::wire {

/// Longest message of a call, and longest answer: both fit what a session keeps of a request.
inline constexpr size_t program_message_bytes_max = 256;

struct ProgramCallRequest {
    uint64_t to = 0; ///< whom in the program; numbers are the program's own
    Bytes message{};
};
inline constexpr FieldLayout program_call_request_fields[] = {
    GRAFOS_WIRE_FIELD(ProgramCallRequest, to, program, any()),
    GRAFOS_WIRE_FIELD(ProgramCallRequest, message, data, counted(0, program_message_bytes_max))};
template <>
inline constexpr Layout layout_of<ProgramCallRequest> =
    layout<ProgramCallRequest>(program_call_request_fields);

struct ProgramCallReply {
    Bytes answer{};
};
inline constexpr FieldLayout program_call_reply_fields[] = {
    GRAFOS_WIRE_FIELD(ProgramCallReply, answer, data, counted(0, program_message_bytes_max))};
template <>
inline constexpr Layout layout_of<ProgramCallReply> =
    layout<ProgramCallReply>(program_call_reply_fields);

} // namespace grafos::wire
