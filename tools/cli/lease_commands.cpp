// SPDX-License-Identifier: Apache-2.0
// lease: grants, renewals, ends, and what is seen of leases.
#include "tools/cli/asking.hpp"

namespace grafos::cli {
namespace {

using wire::MessageType;

/// As given on the command line; texts are checked while parsing.
struct LeaseOptions {
    std::string kind;
    uint64_t bytes = 0;
    uint64_t ttl_ms = 30'000;
    uint64_t tenant = 0;
    bool has_tenant = false;
    std::string key;
    std::string lease;
    std::string ref;
    std::string token;
    uint64_t grace_ms = 0;
    std::string reason;
};
using Options = std::shared_ptr<LeaseOptions>;

/// Of the ALLOC token: it is used at once.
constexpr Duration alloc_token_ttl{10'000};

constexpr const char* status_names[] = {"active", "expired", "revoked"};
constexpr const char* outcome_names[] = {"torn_down", "fenced", "not_found", "grace_running"};

// --- alloc ---

Json grant_of(const wire::LeaseAllocReply& reply, const NodeId& node, const AllocKey& key) {
    return {{"lease", hex_of(reply.lease.view())},
            {"ref", hex_of(reply.lease_ref.view())},
            {"node_id", hex_of(node.view())},
            {"kind", name_of(reply.kind)},
            {"bytes", number_of(reply.size_bytes)},
            {"unit_bytes", number_of(reply.unit_bytes)},
            {"left_ms", number_of(reply.left.ms)},
            {"epoch", number_of(reply.epoch.value)},
            {"generation", reply.generation.value},
            {"record", number_of(reply.record.value)},
            {"resource", hex_of(reply.resource.view())},
            {"alloc_key", hex_of(key.view())},
            {"token_left_ms", number_of(reply.token_left.ms)},
            {"token", hex_of(reply.token)}};
}

/// An ALLOC token of just this much, then the grant.
Answer alloc(Asker& asker, size_t node, const LeaseOptions& options, TenantId tenant) {
    wire::CapRequestRequest cap;
    cap.tenant = tenant;
    cap.kind = options.kind == "memory" ? lease::ResourceKind::memory : lease::ResourceKind::block;
    cap.bytes_max = options.bytes;
    cap.ttl_max = {options.ttl_ms};
    cap.token_ttl = alloc_token_ttl;
    std::vector<uint8_t> token;
    Answer asked = asker.ask<wire::CapRequestReply>(
        node, MessageType::cap_request, cap, [&token](const wire::CapRequestReply& reply) {
            token.assign(reply.token.begin(), reply.token.end());
            return Json();
        });
    if (std::holds_alternative<Error>(asked)) {
        return asked;
    }
    wire::LeaseAllocRequest request;
    request.token = token;
    request.kind = cap.kind;
    request.amount_bytes = options.bytes;
    request.ttl = {options.ttl_ms};
    request.alloc_key = id_of<AllocKey>(options.key);
    if (options.key.empty()) {
        asker.station().drbg().fill(request.alloc_key.bytes);
    }
    return asker.ask<wire::LeaseAllocReply>(
        node, MessageType::lease_alloc, request, [&](const wire::LeaseAllocReply& reply) {
            return grant_of(reply, asker.node_id(node), request.alloc_key);
        });
}

Exit run_alloc(const Context& context, const LeaseOptions& options) {
    return act(context, "lease alloc", [&](Asker& asker, size_t node) {
        uint64_t tenant = options.tenant;
        if (!options.has_tenant) {
            tenant = context.config()->me->tenant; // was read well by `act`
        }
        return alloc(asker, node, options, TenantId{static_cast<uint32_t>(tenant)});
    });
}

// --- renew ---

Answer renew(Asker& asker, size_t node, const LeaseOptions& options) {
    Held held;
    if (!options.token.empty()) {
        held.token = bytes_of_hex(options.token);
    } else {
        Answer attached = attach(asker, node, id_of<LeaseId>(options.lease), held);
        if (std::holds_alternative<Error>(attached)) {
            return attached;
        }
    }
    return asker.ask<wire::LeaseRenewReply>(
        node, MessageType::lease_renew,
        wire::LeaseRenewRequest{held.token, Duration{options.ttl_ms}},
        [&](const wire::LeaseRenewReply& reply) {
            return Json{{"lease", options.lease},
                        {"generation", reply.generation.value},
                        {"left_ms", number_of(reply.left.ms)},
                        {"record", number_of(reply.record.value)},
                        {"is_warned", asker.is_warned()},
                        {"token_left_ms", number_of(reply.token_left.ms)},
                        {"token", hex_of(reply.token)}};
        });
}

// --- ends ---

Answer free_lease(Asker& asker, size_t node, const LeaseOptions& options) {
    return asker.ask<wire::LeaseFreeReply>(
        node, MessageType::lease_free, wire::LeaseFreeRequest{id_of<LeaseId>(options.lease)},
        [](const wire::LeaseFreeReply& reply) {
            return Json{{"ref", hex_of(reply.lease_ref.view())},
                        {"record", number_of(reply.record.value)}};
        });
}

Answer checkpoint(Asker& asker, size_t node, const LeaseOptions& options) {
    return asker.ask<wire::LeaseCheckpointReply>(
        node, MessageType::lease_checkpoint,
        wire::LeaseCheckpointRequest{id_of<LeaseId>(options.lease)},
        [](const wire::LeaseCheckpointReply& reply) {
            return Json{{"ref", hex_of(reply.lease_ref.view())}};
        });
}

/// The reason of this name; none if there is no such name.
lease::Reason reason_named(const std::string& name) {
    for (uint16_t code = 0; code < static_cast<uint16_t>(lease::Reason::refused_base); ++code) {
        const auto reason = static_cast<lease::Reason>(code);
        if (lease::is_reason(code) && name_of(reason) == name) {
            return reason;
        }
    }
    return lease::Reason::none;
}

Answer revoke(Asker& asker, size_t node, const LeaseOptions& options) {
    wire::LeaseRevokeRequest request;
    request.lease_ref = id_of<LeaseRef>(options.ref);
    request.grace = {options.grace_ms};
    request.reason = reason_named(options.reason);
    return asker.ask<wire::LeaseRevokeReply>(
        node, MessageType::lease_revoke, request, [&](const wire::LeaseRevokeReply& reply) {
            return Json{{"ref", options.ref},
                        {"outcome", outcome_names[static_cast<size_t>(reply.outcome)]},
                        {"left_ms", number_of(reply.left.ms)},
                        {"record", number_of(reply.record.value)}};
        });
}

// --- looks ---

/// Of a lease that was or is being taken back, or whose teardown failed. One that lives, ran out or
/// was given back has none: what the node calls it then (active, failed_closed, torndown) would say
/// `status` and `end` again in words that sound like a failure.
Json revoke_state_of(const wire::LeaseQueryReply& reply) {
    const bool is_shown = reply.end == static_cast<uint16_t>(ErrorCode::revoked) ||
                          reply.revoke_state == lease::RevokeState::fenced;
    return is_shown ? Json(as_str(reply.revoke_state)) : Json();
}

Json seen_of(const wire::LeaseQueryReply& reply) {
    const bool has_end = reply.end != 0;
    return {{"ref", hex_of(reply.lease_ref.view())},
            {"kind", name_of(reply.kind)},
            {"tenant", reply.tenant.value},
            {"bytes", number_of(reply.size_bytes)},
            {"status", status_names[static_cast<size_t>(reply.status)]},
            {"phase", name_of(reply.phase)},
            {"revoke_state", revoke_state_of(reply)},
            {"left_ms", number_of(reply.left.ms)},
            {"epoch", number_of(reply.epoch.value)},
            {"generation", reply.generation.value},
            {"end", has_end ? Json(name_of(static_cast<ErrorCode>(reply.end))) : Json()},
            {"reason", name_of(reply.reason)},
            {"is_warned", reply.is_warned},
            {"resource", hex_of(reply.resource.view())}};
}

Answer query(Asker& asker, size_t node, const LeaseOptions& options) {
    wire::LeaseQueryRequest request;
    request.is_by_ref = options.lease.empty();
    request.name = id_of<LeaseRef>(request.is_by_ref ? options.ref : options.lease).bytes;
    return asker.ask<wire::LeaseQueryReply>(node, MessageType::lease_query, request, seen_of);
}

Answer list(Asker& asker, size_t node) {
    return ask_pages<wire::LeaseListActiveReply, wire::LeaseListActiveRequest>(
        asker, node, MessageType::lease_list_active,
        [](const wire::LeaseListActiveReply& reply, Json& rows) {
            for (const wire::LeaseEntry& entry : reply.leases) {
                rows.push_back({{"ref", hex_of(entry.lease_ref.view())},
                                {"kind", name_of(entry.kind)},
                                {"tenant", entry.tenant.value},
                                {"bytes", number_of(entry.size_bytes)},
                                {"phase", name_of(entry.phase)},
                                {"left_ms", number_of(entry.left.ms)},
                                {"epoch", number_of(entry.epoch.value)},
                                {"generation", entry.generation.value}});
            }
        });
}

// --- words ---

void add_ttl(CLI::App* command, const Options& options, bool may_be_zero) {
    const uint64_t least = may_be_zero ? 0 : limits::lease_ttl_min.ms;
    command->add_option("--ttl-ms", options->ttl_ms, "life until the next renewal")
        ->check(CLI::Range(least, limits::lease_ttl_max.ms))
        ->capture_default_str();
}

CLI::Option* add_id(CLI::App* command, const Options& options) {
    return command->add_option("ID", options->lease, "the lease's id, as its grant answered it")
        ->check(hex_digits(2 * LeaseId::size_bytes));
}

void add_alloc(CLI::App* lease, Context& context, Action& chosen) {
    CLI::App* const command = lease->add_subcommand("alloc", "a token for it, then the lease");
    const auto options = std::make_shared<LeaseOptions>();
    command->add_option("KIND", options->kind, "memory or block")
        ->required()
        ->check(CLI::IsMember({"memory", "block"}));
    command->add_option("BYTES", options->bytes, "how much; also 64KiB, 2MiB")
        ->required()
        ->transform(CLI::AsSizeValue(false))
        ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 62)); // what is negative wraps to more
    add_ttl(command, options, false);
    CLI::Option* const tenant =
        command->add_option("--tenant", options->tenant, "whose; else [me].tenant")
            ->check(CLI::Range(0u, UINT32_MAX));
    command
        ->add_option("--key", options->key, "alloc key: the same key, the same lease; else random")
        ->check(hex_digits(2 * AllocKey::size_bytes));
    command->callback([&context, &chosen, options, tenant] {
        if (options->kind == "block" && options->bytes % limits::block_bytes != 0) {
            throw CLI::ValidationError{"BYTES", "accepted of kind block: multiples of " +
                                                    std::to_string(limits::block_bytes) + "; got " +
                                                    std::to_string(options->bytes)};
        }
        options->has_tenant = tenant->count() > 0;
        chosen = [&context, options] { return run_alloc(context, *options); };
    });
}

void add_renew(CLI::App* lease, Context& context, Action& chosen) {
    CLI::App* const command = lease->add_subcommand("renew", "one more life, by its token");
    const auto options = std::make_shared<LeaseOptions>();
    options->ttl_ms = 0;
    add_id(command, options)->required();
    add_ttl(command, options, true);
    command->add_option("--token", options->token, "else it is asked for with the id")
        ->check(hex_bytes());
    command->callback([&context, &chosen, options] {
        chosen = [&context, options] {
            return act(context, "lease renew",
                       [&](Asker& asker, size_t node) { return renew(asker, node, *options); });
        };
    });
}

using OnLease = Answer (*)(Asker&, size_t, const LeaseOptions&);

void set_action(CLI::App* command, const std::string& what, const Options& options, OnLease ask,
                Context& context, Action& chosen) {
    command->callback([&context, &chosen, what, options, ask] {
        chosen = [&context, what, options, ask] {
            return act(context, what,
                       [&](Asker& asker, size_t node) { return ask(asker, node, *options); });
        };
    });
}

void add_ends(CLI::App* lease, Context& context, Action& chosen) {
    const struct {
        const char* name;
        const char* about;
        OnLease ask;
    } by_id[] = {{"free", "give it back", free_lease},
                 {"checkpoint", "in its grace: what is needed is saved", checkpoint}};
    for (const auto& entry : by_id) {
        CLI::App* const command = lease->add_subcommand(entry.name, entry.about);
        const auto options = std::make_shared<LeaseOptions>();
        add_id(command, options)->required();
        set_action(command, std::string{"lease "} + entry.name, options, entry.ask, context,
                   chosen);
    }
    CLI::App* const command = lease->add_subcommand("revoke", "take it back; needs the role");
    const auto options = std::make_shared<LeaseOptions>();
    command->add_option("REF", options->ref, "its ref, as `lease list` shows it")
        ->required()
        ->check(hex_digits(2 * LeaseRef::size_bytes));
    command->add_option("--grace-ms", options->grace_ms, "time to save things; 0: at once")
        ->check(CLI::Range(uint64_t{0}, limits::revoke_grace_max.ms))
        ->capture_default_str();
    command->add_option("--reason", options->reason, "e.g. maintenance_window, quota_rebalance")
        ->check([](const std::string& name) {
            const bool is_known = reason_named(name) != lease::Reason::none;
            return is_known ? std::string{} : "accepted: the name of a reason; got " + name;
        });
    set_action(command, "lease revoke", options, revoke, context, chosen);
}

void add_lease_looks(CLI::App* lease, Context& context, Action& chosen) {
    CLI::App* const command = lease->add_subcommand("query", "what became of one lease");
    const auto options = std::make_shared<LeaseOptions>();
    CLI::Option* const id = add_id(command, options);
    CLI::Option* const ref =
        command->add_option("--ref", options->ref, "by its ref; needs the role observe")
            ->check(hex_digits(2 * LeaseRef::size_bytes));
    id->excludes(ref);
    command->callback([&context, &chosen, options] {
        if (options->lease.empty() && options->ref.empty()) {
            throw CLI::RequiredError{"ID or --ref"};
        }
        chosen = [&context, options] {
            return act(context, "lease query",
                       [&](Asker& asker, size_t node) { return query(asker, node, *options); });
        };
    });
    lease->add_subcommand("list", "live leases, by ref; needs the role observe")
        ->callback([&context, &chosen] {
            chosen = [&context] { return look(context, "lease list", "leases", list); };
        });
}

} // namespace

void add_lease(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const lease = group_of(app, "lease", "grants, renewals and ends");
    add_alloc(lease, context, chosen);
    add_renew(lease, context, chosen);
    add_ends(lease, context, chosen);
    add_lease_looks(lease, context, chosen);
}

} // namespace grafos::cli
