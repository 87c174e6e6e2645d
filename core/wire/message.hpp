// SPDX-License-Identifier: Apache-2.0
/// One request or reply inside a packet. A packet carries as many as fit: that is batching.
///
///     0 type u16 · 2 flags u8 · 3 reserved u8 = 0 · 4 request_id u64 · 12 open/status u16
///     14 payload_bytes u16 · [traceparent 26] · [frag_offset u32 · frag_total_len u32] · payload
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"
#include "core/base/result.hpp"

namespace grafos::wire {

inline constexpr size_t message_header_bytes = 16;
inline constexpr size_t traceparent_bytes = 26;
inline constexpr size_t fragment_header_bytes = 8;

/// Counted by the client of a session, from 1.
using RequestId = StrongNumber<struct RequestIdTag, uint64_t>;

/// The numbers stand in message_table.hpp's table, with everything else that is fixed for each.
enum class MessageType : uint16_t {
    ping = 0x0001,
    get_identity = 0x0002,
    get_inventory = 0x0003,
    get_readiness = 0x0004,
    time_sync = 0x0005,
    get_counters = 0x0006,
    cap_request = 0x0100,
    token_refresh = 0x0101,
    lease_alloc = 0x0200,
    lease_renew = 0x0201,
    lease_free = 0x0202,
    lease_query = 0x0203,
    lease_list_active = 0x0204,
    lease_checkpoint = 0x0205,
    lease_attach = 0x0206,
    lease_revoke = 0x020A,
    mem_read = 0x0300,
    mem_write = 0x0301,
    mem_compare_exchange = 0x0302,
    mem_fetch_add = 0x0303,
    mem_lock = 0x0304,
    mem_commit = 0x0305,
    block_read = 0x0310,
    block_write = 0x0311,
    block_flush = 0x0312,
    fence_list = 0x0400,
    fence_clear = 0x0401,
    audit_head = 0x0500,
    audit_read = 0x0501,
    audit_trim = 0x0502,
    program_call = 0x0700,
};

/// Flag bits; the others are refused.
namespace message_flags {
inline constexpr uint8_t reply = 1 << 0;
inline constexpr uint8_t continued = 1 << 1;
inline constexpr uint8_t final = 1 << 2;
inline constexpr uint8_t frag_v2 = 1 << 3;
inline constexpr uint8_t traced = 1 << 4;
inline constexpr uint8_t warned = 1 << 5;    ///< reply: a revocation of this lease is under way
inline constexpr uint8_t signed_by = 1 << 6; ///< of discovery; refused until there is one
} // namespace message_flags

/// W3C trace context in its binary form.
struct TraceParent {
    std::array<uint8_t, 16> trace_id{};
    std::array<uint8_t, 8> span_id{};
    uint8_t flags = 0;
    friend constexpr bool operator==(const TraceParent&, const TraceParent&) = default;
};

struct Fragment {
    uint32_t offset = 0;
    uint32_t total = 0; ///< bytes of the whole payload
    friend constexpr bool operator==(const Fragment&, const Fragment&) = default;
};

/// A decoded message; `payload` views the packet.
struct MessageView {
    uint16_t type = 0; ///< raw: an unknown number is answered `unsupported`, not dropped
    uint8_t flags = 0;
    RequestId request{};
    uint16_t open = 0;   ///< request: request_id − lowest unanswered
    uint16_t status = 0; ///< reply: 0 = ok, else an ErrorCode
    std::optional<TraceParent> trace{};
    std::optional<Fragment> fragment{};
    Bytes payload{};

    [[nodiscard]] bool is_reply() const noexcept { return (flags & message_flags::reply) != 0; }
    [[nodiscard]] bool is_warned() const noexcept { return (flags & message_flags::warned) != 0; }
};

/// Takes the next message off the front of `from`. FRAG_V2 comes with exactly one of CONTINUED and
/// FINAL, and neither comes without it; a request that fits one packet and offers to take a
/// fragmented reply is the one final piece of itself. Failures: corrupt (length), invalid_argument
/// (flags: bits that nobody has or that contradict one another; padding: reserved byte; request: 0;
/// fragment: outside its whole), unsupported_version (version: of the traceparent). Then nothing
/// was taken and the rest of the packet is not to be trusted. Context: any.
[[nodiscard]] Result<MessageView> take_message(Bytes& from) noexcept;

/// Appends messages to the body of one packet.
class MessageWriter {
public:
    explicit MessageWriter(MutableBytes body) noexcept : body_{body} {}

    /// Whole or not at all; TRACED and FRAG_V2 follow from the parts that are there, the other
    /// flags are the caller's, and consistent. Failures: capacity_exceeded (length; value = bytes
    /// wanted, expected = bytes left). Context: any.
    [[nodiscard]] Result<> put(const MessageView& message) noexcept;

    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
    /// Bytes that a message with this payload takes.
    [[nodiscard]] static size_t bytes_of(const MessageView& message) noexcept;

private:
    MutableBytes body_;
    size_t size_ = 0;
};

} // namespace grafos::wire
