// SPDX-License-Identifier: Apache-2.0
// fence, time and audit head: what operators do.
#include <chrono>

#include "tools/cli/asking.hpp"

namespace grafos::cli {
namespace {

using wire::MessageType;

Answer list_fences(Asker& asker, size_t node) {
    return ask_pages<wire::FenceListReply, wire::FenceListRequest>(
        asker, node, MessageType::fence_list, [](const wire::FenceListReply& reply, Json& rows) {
            for (const wire::FenceEntry& entry : reply.fences) {
                rows.push_back({{"fence", number_of(entry.fence.value)},
                                {"kind", name_of(entry.kind)},
                                {"first_unit", number_of(entry.first_unit)},
                                {"units", number_of(entry.unit_count)},
                                {"resource", hex_of(entry.resource.view())}});
            }
        });
}

/// The resource of this fence, if it was not named: it stands in the node's list.
Answer clear_fence(Asker& asker, size_t node, uint64_t fence, const std::string& resource) {
    std::string named = resource;
    if (named.empty()) {
        Answer listed = list_fences(asker, node);
        if (std::holds_alternative<Error>(listed)) {
            return listed;
        }
        for (const Json& row : std::get<Json>(listed)) {
            if (row["fence"] == number_of(fence)) {
                named = row["resource"].get<std::string>();
            }
        }
        if (named.empty()) {
            return Error{ErrorCode::not_found, Field::fence_sequence, fence, 0};
        }
    }
    return asker.ask<wire::FenceClearReply>(
        node, MessageType::fence_clear,
        wire::FenceClearRequest{id_of<ResourceId>(named), Sequence{fence}},
        [&](const wire::FenceClearReply& reply) {
            return Json{{"fence", number_of(fence)},
                        {"resource", named},
                        {"record", number_of(reply.record.value)}};
        });
}

Answer sync_time(Asker& asker, size_t node) {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    const UnixMillis now{static_cast<uint64_t>(ms)};
    return asker.ask<wire::TimeSyncReply>(node, MessageType::time_sync, wire::TimeSyncRequest{now},
                                          [&](const wire::TimeSyncReply& reply) {
                                              return Json{{"unix_ms", number_of(now.ms)},
                                                          {"base_ms", number_of(reply.base.ms)}};
                                          });
}

} // namespace

Answer ask_audit_head(Asker& asker, size_t node) {
    return asker.ask<wire::AuditHeadReply>(node, MessageType::audit_head, wire::AuditHeadRequest{},
                                           [&](const wire::AuditHeadReply& reply) {
                                               return Json{
                                                   {"oldest", number_of(reply.oldest.value)},
                                                   {"next", number_of(reply.next.value)},
                                                   {"hash", hex_of(reply.hash.view())},
                                                   {"signature", hex_of(reply.signature.view())},
                                                   {"node_id", hex_of(asker.node_id(node).view())}};
                                           });
}

void add_operate(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const fence = group_of(app, "fence", "units that are quarantined");
    fence->add_subcommand("list", "what is fenced, by the record that says why")->callback([&] {
        chosen = [&context] { return look(context, "fence list", "fences", list_fences); };
    });
    CLI::App* const clear = fence->add_subcommand("clear", "let their teardown be tried once more");
    const auto number = std::make_shared<uint64_t>(0);
    const auto resource = std::make_shared<std::string>();
    clear->add_option("SEQUENCE", *number, "of the fence's record")
        ->required()
        ->check(not_negative());
    clear->add_option("--resource", *resource, "else it is looked up; needs the role observe")
        ->check(hex_digits(2 * ResourceId::size_bytes));
    clear->callback([&context, &chosen, number, resource] {
        chosen = [&context, number, resource] {
            return act(context, "fence clear", [&](Asker& asker, size_t node) {
                return clear_fence(asker, node, *number, *resource);
            });
        };
    });
    group_of(app, "time", "the wall clock that stamps records")
        ->add_subcommand("sync", "tell each node this machine's time")
        ->callback([&] {
            chosen = [&context] { return look(context, "time sync", "nodes", sync_time); };
        });
    group_of(app, "audit", "the chain of what happened")
        ->add_subcommand("head", "each node's signed head")
        ->callback([&] {
            chosen = [&context] { return look(context, "audit head", "nodes", ask_audit_head); };
        });
}

} // namespace grafos::cli
