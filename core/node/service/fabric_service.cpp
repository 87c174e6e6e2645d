// SPDX-License-Identifier: Apache-2.0
/// The five moments of a turn, and the way of one request through them.
#include "core/node/service/fabric_service.hpp"

#include "core/node/service/reply.hpp"

namespace grafos::node {
namespace {

/// While the disk or the log is to answer; its interrupt comes first as a rule.
constexpr Duration poll_interval{5};

/// Under which name a refusal stands in the chain.
[[nodiscard]] lease::Operation operation_of(wire::MessageType type) noexcept {
    switch (type) {
    case wire::MessageType::lease_alloc: return lease::Operation::grant;
    case wire::MessageType::lease_renew: return lease::Operation::renew;
    case wire::MessageType::lease_free: return lease::Operation::release;
    case wire::MessageType::lease_revoke: return lease::Operation::revoke;
    case wire::MessageType::lease_checkpoint: return lease::Operation::report_checkpoint;
    case wire::MessageType::fence_clear: return lease::Operation::clear_fence;
    case wire::MessageType::cap_request: return lease::Operation::request_token;
    case wire::MessageType::token_refresh: return lease::Operation::refresh_token;
    case wire::MessageType::lease_attach: return lease::Operation::attach;
    case wire::MessageType::time_sync: return lease::Operation::set_time;
    case wire::MessageType::audit_head:
    case wire::MessageType::audit_read: return lease::Operation::read_log;
    case wire::MessageType::audit_trim: return lease::Operation::trim_log;
    case wire::MessageType::ping:
    case wire::MessageType::get_identity:
    case wire::MessageType::get_inventory:
    case wire::MessageType::get_readiness:
    case wire::MessageType::get_counters:
    case wire::MessageType::lease_query:
    case wire::MessageType::lease_list_active:
    case wire::MessageType::fence_list: return lease::Operation::look;
    case wire::MessageType::mem_read:
    case wire::MessageType::mem_write:
    case wire::MessageType::mem_compare_exchange:
    case wire::MessageType::mem_fetch_add:
    case wire::MessageType::mem_lock:
    case wire::MessageType::mem_commit:
    case wire::MessageType::block_read:
    case wire::MessageType::block_write:
    case wire::MessageType::block_flush:
    case wire::MessageType::program_call: break;
    }
    return lease::Operation::other;
}

/// The lack of a role is never only counted.
[[nodiscard]] bool is_only_counted(const wire::MessageEntry& entry, const Error& error) noexcept {
    const bool is_call = entry.message_class == wire::MessageClass::call;
    return entry.message_class == wire::MessageClass::data ||
           (is_call && error.field != Field::role);
}

} // namespace

/// By number, as wire's table: the same place in both.
constinit const FabricService::Row FabricService::rows[] = {
    {wire::MessageType::ping, &FabricService::on_ping},
    {wire::MessageType::get_identity, &FabricService::on_get_identity},
    {wire::MessageType::get_inventory, &FabricService::on_get_inventory},
    {wire::MessageType::get_readiness, &FabricService::on_get_readiness},
    {wire::MessageType::time_sync, &FabricService::on_time_sync},
    {wire::MessageType::get_counters, &FabricService::on_get_counters},
    {wire::MessageType::cap_request, &FabricService::on_cap_request},
    {wire::MessageType::token_refresh, &FabricService::on_token_refresh},
    {wire::MessageType::lease_alloc, &FabricService::on_lease_alloc},
    {wire::MessageType::lease_renew, &FabricService::on_lease_renew},
    {wire::MessageType::lease_free, &FabricService::on_lease_free},
    {wire::MessageType::lease_query, &FabricService::on_lease_query},
    {wire::MessageType::lease_list_active, &FabricService::on_lease_list_active},
    {wire::MessageType::lease_checkpoint, &FabricService::on_lease_checkpoint},
    {wire::MessageType::lease_attach, &FabricService::on_lease_attach},
    {wire::MessageType::lease_revoke, &FabricService::on_lease_revoke},
    {wire::MessageType::mem_read, &FabricService::on_memory},
    {wire::MessageType::mem_write, &FabricService::on_memory},
    {wire::MessageType::mem_compare_exchange, &FabricService::on_memory},
    {wire::MessageType::mem_fetch_add, &FabricService::on_memory},
    {wire::MessageType::mem_lock, &FabricService::on_memory},
    {wire::MessageType::mem_commit, &FabricService::on_memory},
    {wire::MessageType::block_read, &FabricService::on_block},
    {wire::MessageType::block_write, &FabricService::on_block},
    {wire::MessageType::block_flush, &FabricService::on_block},
    {wire::MessageType::fence_list, &FabricService::on_fence_list},
    {wire::MessageType::fence_clear, &FabricService::on_fence_clear},
    {wire::MessageType::audit_head, &FabricService::on_audit_head},
    {wire::MessageType::audit_read, &FabricService::on_audit_read},
    {wire::MessageType::audit_trim, &FabricService::on_audit_trim},
    {wire::MessageType::program_call, &FabricService::on_program_call},
};

FabricService::FabricService(const Parts& parts, const Options& options) noexcept
    : parts_{parts},
      options_{options},
      verbs_{parts.node.lessor()},
      reader_{parts.node.log(), parts.node.disk(), parts.log_window},
      memory_queue_{parts.memory_queue},
      block_queue_{parts.block_queue} {
    GRAFOS_ASSERT(!parts.memory_queue.empty() && !parts.block_queue.empty());
    GRAFOS_ASSERT(parts.started.size() < 0xFFFF);
    for (StartedRequest& started : parts_.started) {
        release_started(started);
    }
}

// --- the turn ---

/// Sessions open when the node is what it will be. One that is degraded serves collectors and
/// whoever looks; one that does not even know its boot speaks to its console only.
void FabricService::open_sessions() noexcept {
    const Node& node = parts_.node;
    const bool is_final =
        node.readiness() == Readiness::ready || node.readiness() == Readiness::degraded;
    if (is_open_ || !is_final || !node.identity().is_started() || node.boot().value == 0) {
        return;
    }
    is_open_ = true;
    boot_ = node.boot();
    parts_.sessions.start(boot_, node.node_limits().turn_max);
}

bool FabricService::receive(Instant now) noexcept {
    Node& node = parts_.node;
    open_sessions();
    if (!is_open_) {
        return false;
    }
    if (!keeper_.is_started() && node.is_serving()) {
        keeper_.start(node.drbg(), node.identity().node_id(), node.lessor().first_epoch());
    }
    data_left_ = node.node_limits().data_per_turn_max;
    looks_left_ = node.node_limits().looks_per_turn_max;
    calls_left_ = node.node_limits().calls_per_turn_max;
    return parts_.port.receive(node.node_limits().packets_per_turn_max, now);
}

bool FabricService::tick_sessions(Instant now) noexcept {
    return is_open_ && parts_.sessions.tick(now);
}

bool FabricService::answer(Instant now) noexcept {
    if (!is_open_) {
        return false;
    }
    for (size_t count = 0; count < parts_.started.size(); ++count) {
        const std::optional<ServedAnswer> served = parts_.node.next_served();
        if (!served.has_value()) {
            break;
        }
        finish(*served, now);
    }
    tick_trim(now);
    const bool has_more = tick_reads(now);
    parts_.sessions.flush(now);
    has_answers_ = false;
    return has_more;
}

Instant FabricService::next_deadline() const noexcept {
    if (!is_open_) {
        return Instant::never();
    }
    const Instant now = parts_.node.now();
    if (has_answers_) {
        return now;
    }
    const bool waits_for_disk = blocks_busy_ > 0 || trim_.is_active || read_count_ > 0;
    return earlier_of(parts_.sessions.next_deadline(),
                      waits_for_disk ? saturating_add(now, poll_interval) : Instant::never());
}

// --- one request ---

void FabricService::on_request(const wire::RequestOrigin& origin, const wire::MessageView& message,
                               Instant now) noexcept {
    figures_.requests += 1;
    const wire::Principal& principal = parts_.peers[origin.principal];
    const wire::MessageEntry* const entry = wire::find_message(message.type);
    if (entry == nullptr) {
        const Error error{ErrorCode::unsupported, Field::operation, message.type, 0};
        figures_.refused += 1;
        parts_.node.note_refusal(principal.tenant, lease::Operation::other, error);
        (void)parts_.sessions.answer(origin, {.error = error}, now).is_ok(); // its own to lose
        return;
    }
    Call call{origin, principal, *entry, message, now};
    const Result<> served = serve(call);
    if (!served.is_ok()) {
        refuse(call, served.error());
    }
}

Result<> FabricService::serve(Call& call) noexcept {
    const wire::Roles roles = call.principal.roles;
    if (!roles.has_all(call.entry.roles)) {
        return Error{ErrorCode::denied, Field::role, roles.bits, call.entry.roles.bits};
    }
    GRAFOS_TRY(take_budget(call));
    const std::span<const wire::MessageEntry> table = wire::message_table();
    const Row& row = rows[&call.entry - table.data()];
    GRAFOS_ASSERT(row.type == call.entry.type);
    return (this->*row.handler)(call);
}

/// What is answered while packets are read is counted here; the rest has the budgets of the parts
/// of the turn it waits for.
Result<> FabricService::take_budget(const Call& call) noexcept {
    const bool is_call = call.entry.message_class == wire::MessageClass::call;
    const bool is_look = call.entry.message_class == wire::MessageClass::look ||
                         call.entry.type == wire::MessageType::cap_request ||
                         call.entry.type == wire::MessageType::token_refresh;
    if (!is_call && !is_look) {
        return ok();
    }
    uint32_t& left = is_call ? calls_left_ : looks_left_;
    if (left == 0) {
        const lease::NodeLimits& limits = parts_.node.node_limits();
        return Error{ErrorCode::rate_limited, Field::operation,
                     static_cast<uint64_t>(call.entry.type),
                     is_call ? limits.calls_per_turn_max : limits.looks_per_turn_max};
    }
    left -= 1;
    return ok();
}

/// Refused accesses change counters only, and so does what was refused to a call on behalf of the
/// program; every other refusal of somebody we know is worth a record, folded (protocol §5).
void FabricService::note_refusal(const wire::Principal& principal, const wire::MessageEntry& entry,
                                 const Error& error) noexcept {
    figures_.refused += 1;
    if (!is_only_counted(entry, error)) {
        parts_.node.note_refusal(principal.tenant, operation_of(entry.type), error);
    }
}

void FabricService::refuse(const Call& call, const Error& error) noexcept {
    note_refusal(call.principal, call.entry, error);
    if (is_only_counted(call.entry, error) && !call.is_counted) {
        parts_.node.counters().add_refusal(error.code);
    }
    // A session that has ended meanwhile has nobody to tell.
    (void)parts_.sessions
        .answer(call.origin, {.error = error, .is_warned = call.is_warned}, call.now)
        .is_ok();
}

void FabricService::on_session_end(wire::SessionRef session) noexcept {
    GRAFOS_ASSERT(session.slot < parts_.tokens.size());
    parts_.tokens[session.slot]->clear();
}

/// What a list in the answer may take, the fields beside it left out.
size_t FabricService::list_bytes_of(const wire::RequestOrigin& origin) const noexcept {
    constexpr size_t beside = 64;
    const size_t most = parts_.sessions.reply_bytes_max(origin);
    const size_t room = most > beside ? most - beside : 0;
    return room < list_.size() ? room : list_.size();
}

// --- for the boot record and the console ---

ServiceRules FabricService::rules() const noexcept {
    return {options_.seals, parts_.peers.digest()};
}

bool FabricService::put_session(uint64_t& cursor, TextWriter& to) const noexcept {
    if (cursor >= parts_.sessions.open_count()) {
        return false;
    }
    const wire::SessionInfo info = parts_.sessions.info(static_cast<size_t>(cursor));
    const Instant now = parts_.node.now();
    cursor += 1;
    to.put("session peer=").put(parts_.peers[info.principal].name_view());
    to.put(" address=").put_hex(info.address.ipv4, 8).put(':').put(uint64_t{info.address.port});
    to.put(" age_ms=").put(left_until(now, info.since).ms);
    to.put(" silent_ms=").put(left_until(now, info.last_heard).ms);
    to.put(" executing=").put(uint64_t{info.executing});
    return true;
}

bool FabricService::put_peer(uint64_t& cursor, TextWriter& to) const noexcept {
    if (cursor >= parts_.peers.size()) {
        return false;
    }
    const wire::Principal& peer = parts_.peers[static_cast<size_t>(cursor)];
    cursor += 1;
    to.put("peer name=").put(peer.name_view());
    to.put(" key=").put_hex(peer.exchange_key.view());
    to.put(" roles=");
    bool is_first = true;
    for (uint32_t bit = 1; bit <= wire::all_roles.bits; bit <<= 1) {
        const auto role = static_cast<wire::Role>(bit);
        if (peer.roles.has(role)) {
            to.put(is_first ? "" : "+").put(wire::name_of(role));
            is_first = false;
        }
    }
    to.put(is_first ? "none tenant=" : " tenant=");
    if (peer.has_tenant) {
        to.put(uint64_t{peer.tenant.value});
    } else {
        to.put("any");
    }
    to.put(" bytes=").put(peer.quota_bytes).put(" leases=").put(uint64_t{peer.quota_leases});
    to.put(" ttl=").put(peer.ttl_max.ms);
    return true;
}

} // namespace grafos::node
