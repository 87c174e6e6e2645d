// SPDX-License-Identifier: Apache-2.0
#include "core/wire/message.hpp"

namespace grafos::wire {
namespace {

namespace flag = message_flags;

constexpr size_t flags_at = 2;
constexpr size_t reserved_at = 3;
constexpr size_t request_at = 4;
constexpr size_t open_at = 12;
constexpr size_t payload_bytes_at = 14;
static_assert(payload_bytes_at + 2 == message_header_bytes);

constexpr uint8_t known_flags =
    flag::reply | flag::continued | flag::final | flag::frag_v2 | flag::traced | flag::warned;

/// Where the fields of a traceparent stand.
constexpr size_t trace_id_at = 1;
constexpr size_t span_id_at = 17;
constexpr size_t trace_flags_at = 25;
static_assert(trace_flags_at + 1 == traceparent_bytes);

[[nodiscard]] Result<> check_flags(uint8_t flags) noexcept {
    const bool is_fragment = (flags & flag::frag_v2) != 0;
    const bool is_continued = (flags & flag::continued) != 0;
    const bool is_final = (flags & flag::final) != 0;
    const bool is_warned = (flags & flag::warned) != 0;
    const bool is_reply = (flags & flag::reply) != 0;
    // A fragment is exactly one of the two; what is none is neither; only a reply can warn.
    if ((flags & ~known_flags) != 0 || (is_fragment && is_continued == is_final) ||
        (!is_fragment && (is_continued || is_final)) || (is_warned && !is_reply)) {
        return Error{ErrorCode::invalid_argument, Field::flags, flags, known_flags};
    }
    return ok();
}

[[nodiscard]] Result<TraceParent> decode_trace(const uint8_t* from) noexcept {
    if (from[0] != 0) {
        return Error{ErrorCode::unsupported_version, Field::version, from[0], 0};
    }
    TraceParent trace;
    copy_bytes(trace.trace_id, {from + trace_id_at, trace.trace_id.size()});
    copy_bytes(trace.span_id, {from + span_id_at, trace.span_id.size()});
    trace.flags = from[trace_flags_at];
    return trace;
}

/// A piece lies inside its whole, is empty only if the whole is, and is final exactly at its end.
[[nodiscard]] Result<> check_fragment(const Fragment& fragment, size_t size,
                                      bool is_final) noexcept {
    const uint64_t end = uint64_t{fragment.offset} + size;
    if (end > fragment.total || (size == 0 && fragment.total != 0)) {
        return Error{ErrorCode::invalid_argument, Field::fragment, end, fragment.total};
    }
    if ((end == fragment.total) != is_final) {
        return Error{ErrorCode::invalid_argument, Field::flags, is_final ? 1u : 0u,
                     is_final ? 0u : 1u};
    }
    return ok();
}

[[nodiscard]] size_t head_bytes(bool is_traced, bool is_fragment) noexcept {
    return message_header_bytes + (is_traced ? traceparent_bytes : 0) +
           (is_fragment ? fragment_header_bytes : 0);
}

/// The parts behind the fixed header, and the payload; lengths have been checked.
[[nodiscard]] Result<> decode_parts(const uint8_t* at, size_t payload_bytes,
                                    MessageView& message) noexcept {
    if ((message.flags & flag::traced) != 0) {
        GRAFOS_TRY_ASSIGN(message.trace, decode_trace(at));
        at += traceparent_bytes;
    }
    if ((message.flags & flag::frag_v2) != 0) {
        const Fragment fragment{load_big_endian<uint32_t>(at), load_big_endian<uint32_t>(at + 4)};
        GRAFOS_TRY(check_fragment(fragment, payload_bytes, (message.flags & flag::final) != 0));
        message.fragment = fragment;
        at += fragment_header_bytes;
    }
    message.payload = {at, payload_bytes};
    return ok();
}

} // namespace

Result<MessageView> take_message(Bytes& from) noexcept {
    if (from.size() < message_header_bytes) {
        return Error{ErrorCode::corrupt, Field::length, from.size(), message_header_bytes};
    }
    const uint8_t* const at = from.data();
    MessageView message;
    message.type = load_big_endian<uint16_t>(at);
    message.flags = at[flags_at];
    GRAFOS_TRY(check_flags(message.flags));
    if (at[reserved_at] != 0) {
        return Error{ErrorCode::invalid_argument, Field::padding, at[reserved_at], 0};
    }
    message.request = {load_big_endian<uint64_t>(at + request_at)};
    if (message.request.value == 0) {
        return Error{ErrorCode::invalid_argument, Field::request, 0, 1};
    }
    const auto open_or_status = load_big_endian<uint16_t>(at + open_at);
    (message.is_reply() ? message.status : message.open) = open_or_status;
    const size_t payload_bytes = load_big_endian<uint16_t>(at + payload_bytes_at);
    const size_t head =
        head_bytes((message.flags & flag::traced) != 0, (message.flags & flag::frag_v2) != 0);
    if (from.size() < head + payload_bytes) {
        return Error{ErrorCode::corrupt, Field::length, from.size(), head + payload_bytes};
    }
    GRAFOS_TRY(decode_parts(at + message_header_bytes, payload_bytes, message));
    from = from.subspan(head + payload_bytes);
    return message;
}

size_t MessageWriter::bytes_of(const MessageView& message) noexcept {
    return head_bytes(message.trace.has_value(), message.fragment.has_value()) +
           message.payload.size();
}

Result<> MessageWriter::put(const MessageView& message) noexcept {
    const size_t wanted = bytes_of(message);
    const size_t left = body_.size() - size_;
    if (wanted > left || message.payload.size() > UINT16_MAX) {
        return Error{ErrorCode::capacity_exceeded, Field::length, wanted, left};
    }
    // The two flags that say which parts are there follow from the parts.
    constexpr uint8_t parts = flag::traced | flag::frag_v2;
    const auto flags = static_cast<uint8_t>((message.flags & ~parts) |
                                            (message.trace.has_value() ? flag::traced : 0) |
                                            (message.fragment.has_value() ? flag::frag_v2 : 0));
    GRAFOS_ASSERT(check_flags(flags).is_ok() && message.request.value != 0);
    ByteWriter writer{body_.subspan(size_, wanted)};
    writer.put<uint16_t>(message.type);
    writer.put<uint8_t>(flags);
    writer.put<uint8_t>(0);
    writer.put<uint64_t>(message.request.value);
    writer.put<uint16_t>(message.is_reply() ? message.status : message.open);
    writer.put<uint16_t>(static_cast<uint16_t>(message.payload.size()));
    if (message.trace.has_value()) {
        writer.put<uint8_t>(0);
        writer.put_bytes(message.trace->trace_id);
        writer.put_bytes(message.trace->span_id);
        writer.put<uint8_t>(message.trace->flags);
    }
    if (message.fragment.has_value()) {
        const bool is_final = (flags & flag::final) != 0;
        const size_t size = message.payload.size();
        GRAFOS_ASSERT(check_fragment(*message.fragment, size, is_final).is_ok());
        writer.put<uint32_t>(message.fragment->offset);
        writer.put<uint32_t>(message.fragment->total);
    }
    writer.put_bytes(message.payload);
    GRAFOS_ASSERT(writer.size() == wanted);
    size_ += wanted;
    return ok();
}

} // namespace grafos::wire
