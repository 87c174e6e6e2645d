// SPDX-License-Identifier: Apache-2.0
#include "core/wire/message_table.hpp"

#include <algorithm>

#include "core/wire/packet.hpp"

namespace grafos::wire {
namespace {

namespace right = lease::right;

/// What a row says besides its number, name and layouts.
struct Terms {
    MessageClass message_class{};
    bool is_mutating = false;
    TokenNeed token = TokenNeed::none;
    uint16_t rights = 0;
    Roles roles{};
};

constexpr uint16_t both = right::read | right::write;
constexpr Terms look{MessageClass::look, false};
constexpr Terms observe{MessageClass::look, false, TokenNeed::none, 0, Roles{} | Role::observe};
constexpr Terms collect{MessageClass::operate, false, TokenNeed::none, 0, Roles{} | Role::collect};
constexpr Terms control{MessageClass::control, true};
constexpr Terms ask{MessageClass::alloc, false, TokenNeed::none, 0, Roles{} | Role::cap};
constexpr Terms grant{MessageClass::alloc, true, TokenNeed::alloc, 0, {}};
constexpr Terms refresh{MessageClass::control, false, TokenNeed::lease, 0, {}};
constexpr Terms renew{MessageClass::control, true, TokenNeed::lease, right::renew, {}};
constexpr Terms call{MessageClass::call, true, TokenNeed::none, 0, Roles{} | Role::call};
constexpr Terms revoke{MessageClass::control, true, TokenNeed::none, 0, Roles{} | Role::revoke};

consteval Terms operate(Role role) {
    return {MessageClass::operate, true, TokenNeed::none, 0, Roles{} | role};
}
consteval Terms data(bool is_mutating, uint16_t rights) {
    return {MessageClass::data, is_mutating, TokenNeed::lease, rights, {}};
}

template <typename Request, typename Reply>
consteval MessageEntry row(MessageType type, std::string_view name, const Terms& terms) {
    static_assert(layout_of<Request>.fields != nullptr && layout_of<Reply>.fields != nullptr);
    return {type, terms.message_class, terms.is_mutating, terms.token, terms.rights, terms.roles,
            name, &layout_of<Request>, &layout_of<Reply>};
}

#define GRAFOS_WIRE_ROW(type, Name, ...)                                                           \
    row<Name##Request, Name##Reply>(MessageType::type, #type, __VA_ARGS__)

// clang-format off
constexpr MessageEntry table[] = {
    GRAFOS_WIRE_ROW(ping, Ping, look),
    GRAFOS_WIRE_ROW(get_identity, GetIdentity, look),
    GRAFOS_WIRE_ROW(get_inventory, GetInventory, look),
    GRAFOS_WIRE_ROW(get_readiness, GetReadiness, look),
    GRAFOS_WIRE_ROW(time_sync, TimeSync, operate(Role::time)),
    GRAFOS_WIRE_ROW(get_counters, GetCounters, observe),
    GRAFOS_WIRE_ROW(cap_request, CapRequest, ask),
    GRAFOS_WIRE_ROW(token_refresh, TokenRefresh, refresh),
    GRAFOS_WIRE_ROW(lease_alloc, LeaseAlloc, grant),
    GRAFOS_WIRE_ROW(lease_renew, LeaseRenew, renew),
    GRAFOS_WIRE_ROW(lease_free, LeaseFree, control),
    GRAFOS_WIRE_ROW(lease_query, LeaseQuery, look),
    GRAFOS_WIRE_ROW(lease_list_active, LeaseListActive, observe),
    GRAFOS_WIRE_ROW(lease_checkpoint, LeaseCheckpoint, control),
    GRAFOS_WIRE_ROW(lease_attach, LeaseAttach, look),
    GRAFOS_WIRE_ROW(lease_revoke, LeaseRevoke, revoke),
    GRAFOS_WIRE_ROW(mem_read, MemRead, data(false, right::read)),
    GRAFOS_WIRE_ROW(mem_write, MemWrite, data(true, right::write)),
    GRAFOS_WIRE_ROW(mem_compare_exchange, MemCompareExchange, data(true, both)),
    GRAFOS_WIRE_ROW(mem_fetch_add, MemFetchAdd, data(true, both)),
    GRAFOS_WIRE_ROW(mem_lock, MemLock, data(true, both)),
    GRAFOS_WIRE_ROW(mem_commit, MemCommit, data(true, both)),
    GRAFOS_WIRE_ROW(block_read, BlockRead, data(false, right::read)),
    GRAFOS_WIRE_ROW(block_write, BlockWrite, data(true, right::write)),
    GRAFOS_WIRE_ROW(block_flush, BlockFlush, data(false, right::write)),
    GRAFOS_WIRE_ROW(fence_list, FenceList, observe),
    GRAFOS_WIRE_ROW(fence_clear, FenceClear, operate(Role::fence_clear)),
    GRAFOS_WIRE_ROW(audit_head, AuditHead, collect),
    GRAFOS_WIRE_ROW(audit_read, AuditRead, collect),
    GRAFOS_WIRE_ROW(audit_trim, AuditTrim, operate(Role::collect)),
    GRAFOS_WIRE_ROW(program_call, ProgramCall, call),
};
// clang-format on

consteval bool is_consistent() {
    uint16_t before = 0;
    for (const MessageEntry& entry : table) {
        const auto number = static_cast<uint16_t>(entry.type);
        const bool has_token =
            entry.request->field_count > 0 && entry.request->fields[0].where == Field::token;
        if (number <= before || has_token != (entry.token != TokenNeed::none)) {
            return false;
        }
        if (entry.is_mutating && entry.reply->bytes_max > kept_reply_bytes_max) {
            return false;
        }
        // A request never needs a second packet, traced or not.
        if (message_header_bytes + traceparent_bytes + entry.request->bytes_max >
            packet_body_bytes_max) {
            return false;
        }
        if (entry.reply->bytes_max > payload_bytes_max - payload_tlv_bytes_max) {
            return false;
        }
        before = number;
    }
    return true;
}
static_assert(is_consistent());

} // namespace

std::span<const MessageEntry> message_table() noexcept {
    return table;
}

const MessageEntry* find_message(uint16_t type) noexcept {
    const MessageEntry* const found = std::lower_bound(
        std::begin(table), std::end(table), type, [](const MessageEntry& entry, uint16_t number) {
            return static_cast<uint16_t>(entry.type) < number;
        });
    const bool is_found = found != std::end(table) && static_cast<uint16_t>(found->type) == type;
    return is_found ? found : nullptr;
}

std::string_view name_of(MessageType type) noexcept {
    const MessageEntry* const found = find_message(static_cast<uint16_t>(type));
    GRAFOS_ASSERT(found != nullptr);
    return found->name;
}

std::string_view name_of(MessageClass message_class) noexcept {
    switch (message_class) {
    case MessageClass::look: return "look";
    case MessageClass::control: return "control";
    case MessageClass::data: return "data";
    case MessageClass::alloc: return "alloc";
    case MessageClass::operate: return "operate";
    case MessageClass::call: return "call";
    }
    GRAFOS_UNREACHABLE();
}

std::string_view name_of(TokenNeed need) noexcept {
    switch (need) {
    case TokenNeed::none: return "none";
    case TokenNeed::alloc: return "alloc";
    case TokenNeed::lease: return "lease";
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::wire
