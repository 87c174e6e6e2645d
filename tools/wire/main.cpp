// SPDX-License-Identifier: Apache-2.0
/// grafos-wire-table: the message table and every layout as JSON, read by the scripts beside it.
///
/// What the core knows about the wire is told here once more, in a form that other languages read:
/// numbers, names, terms, rows, rules, bounds. Nothing is written down here a second time but the
/// names of packet kinds and flags.
#include <cstdio>

#include "core/lease/audit/event.hpp"
#include "core/lease/table/revoke_state.hpp"
#include "core/wire/fragment.hpp"
#include "core/wire/message_table.hpp"
#include "core/wire/packet.hpp"

namespace grafos::wire {
namespace {

/// Writes `,` between the items of a JSON list or object, and nothing before the first.
class Comma {
public:
    [[nodiscard]] const char* next() {
        const char* const text = is_first_ ? "" : ",";
        is_first_ = false;
        return text;
    }

private:
    bool is_first_ = true;
};

void print_text(std::string_view text) {
    std::printf("\"%.*s\"", static_cast<int>(text.size()), text.data());
}

[[nodiscard]] const char* name_of(Shape shape) {
    switch (shape) {
    case Shape::u8: return "u8";
    case Shape::u16: return "u16";
    case Shape::u32: return "u32";
    case Shape::u64: return "u64";
    case Shape::fixed: return "fixed";
    case Shape::counted: return "counted";
    case Shape::list: return "list";
    }
    return "?";
}

[[nodiscard]] const char* name_of(Rule rule) {
    switch (rule) {
    case Rule::range: return "range";
    case Rule::zero_or_range: return "zero_or_range";
    case Rule::blocks: return "blocks";
    case Rule::aligned: return "aligned";
    case Rule::not_zero: return "not_zero";
    case Rule::text: return "text";
    case Rule::reason: return "reason";
    case Rule::parameters: return "parameters";
    }
    return "?";
}

void print_fields(const Layout& layout, bool has_entries);

void print_field(const FieldLayout& field, bool has_entries) {
    std::printf("{\"name\":\"%s\",\"shape\":\"%s\",\"rule\":\"%s\",\"size\":%u,\"least\":%u,",
                field.name, name_of(field.shape), name_of(field.rule), field.size, field.least);
    std::printf("\"most\":%lld,\"where\":",
                field.most == UINT32_MAX ? -1LL : static_cast<long long>(field.most));
    print_text(grafos::name_of(field.where));
    if (has_entries && field.shape == Shape::list) {
        std::printf(",\"entry\":");
        print_fields(*field.entry, false);
    }
    std::printf("}");
}

/// Entries of lists have no lists: one level is all there is.
void print_fields(const Layout& layout, bool has_entries) {
    std::printf("{\"bytes_min\":%u,\"bytes_max\":%u,\"fields\":[", layout.bytes_min,
                layout.bytes_max);
    Comma comma;
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        std::printf("%s", comma.next());
        print_field(layout.fields[i], has_entries);
    }
    std::printf("]}");
}

/// Role names in bit order.
constexpr const char* role_names[] = {"cap",  "revoke",  "fence_clear", "collect",
                                      "time", "observe", "call"};

void print_message(const MessageEntry& entry) {
    std::printf("{\"number\":%u,\"name\":", static_cast<uint32_t>(entry.type));
    print_text(entry.name);
    std::printf(",\"class\":");
    print_text(wire::name_of(entry.message_class));
    std::printf(",\"mutating\":%s,\"token\":", entry.is_mutating ? "true" : "false");
    print_text(wire::name_of(entry.token));
    std::printf(",\"rights\":%u,\"roles\":[", entry.rights);
    Comma comma;
    for (unsigned bit = 0; bit < std::size(role_names); ++bit) {
        if ((entry.roles.bits >> bit & 1u) != 0) {
            std::printf("%s\"%s\"", comma.next(), role_names[bit]);
        }
    }
    std::printf("],\n  \"request\":");
    print_fields(*entry.request, true);
    std::printf(",\n  \"reply\":");
    print_fields(*entry.reply, true);
    std::printf("}");
}

/// The names of a closed set, by number.
template <typename Enum, typename Name>
void print_names(const char* set, Enum first, Enum last, const Name& name, Comma& comma) {
    std::printf("%s\n \"%s\":{", comma.next(), set);
    Comma inner;
    for (auto number = static_cast<uint32_t>(first); number <= static_cast<uint32_t>(last);
         ++number) {
        std::printf("%s\"%u\":", inner.next(), number);
        print_text(name(static_cast<Enum>(number)));
    }
    std::printf("}");
}

void print_all_names() {
    using lease::Phase;
    using lease::RevokeState;
    std::printf("\"names\":{");
    Comma comma;
    const auto name = [](auto value) { return name_of(value); };
    print_names("error_code", ErrorCode{1}, ErrorCode{error_code_count}, name, comma);
    print_names("field", Field::none, field_last, name, comma);
    print_names("resource_kind", lease::ResourceKind::cpu, lease::ResourceKind::gpu, name, comma);
    print_names("phase", Phase::free, Phase::fenced, name, comma);
    print_names(
        "revoke_state", RevokeState::active, RevokeState::failed_closed,
        [](RevokeState state) { return as_str(state); }, comma);
    print_names("reason", lease::Reason::none, lease::Reason::restart_after_epitaph, name, comma);
    print_names("degraded_reason", lease::DegradedReason::none, lease::DegradedReason::log_full,
                name, comma);
    std::printf("},\n");
}

void print_limits() {
    std::printf("\"limits\":{\"packet_bytes_max\":%zu,\"packet_header_bytes\":%zu,"
                "\"packet_tag_bytes\":%zu,\"packet_body_bytes_max\":%zu,"
                "\"message_header_bytes\":%zu,\"traceparent_bytes\":%zu,"
                "\"fragment_header_bytes\":%zu,\"payload_bytes_max\":%zu,"
                "\"payload_tlv_bytes_max\":%zu,\"kept_reply_bytes_max\":%zu,"
                "\"fragments_max\":%zu,\"reassemblies_per_sender_max\":%zu,"
                "\"reassembly_patience_ms\":%llu,\"minted_token_bytes_max\":%zu,"
                "\"token_bytes_max\":%zu,\"transfer_bytes_max\":%zu,\"commit_bytes_max\":%zu},\n",
                packet_bytes_max, packet_header_bytes, packet_tag_bytes, packet_body_bytes_max,
                message_header_bytes, traceparent_bytes, fragment_header_bytes, payload_bytes_max,
                payload_tlv_bytes_max, kept_reply_bytes_max, fragments_max,
                reassemblies_per_sender_max,
                static_cast<unsigned long long>(reassembly_patience.ms), minted_token_bytes_max,
                limits::token_bytes_max, transfer_bytes_max, limits::commit_bytes_max);
}

void print_table() {
    std::printf("{\"version\":%u,\"magic\":%u,\n", wire_version, packet_magic);
    std::printf("\"packet_kinds\":{\"1\":\"hello\",\"2\":\"cookie\",\"3\":\"init\","
                "\"4\":\"accept\",\"5\":\"sealed\",\"6\":\"plain\"},\n"
                "\"message_flags\":{\"1\":\"reply\",\"2\":\"continued\",\"4\":\"final\","
                "\"8\":\"frag_v2\",\"16\":\"traced\",\"32\":\"warned\"},\n");
    print_limits();
    print_all_names();
    std::printf("\"refusal\":");
    print_fields(layout_of<Refusal>, true);
    std::printf(",\n\"messages\":[\n");
    Comma comma;
    for (const MessageEntry& entry : message_table()) {
        std::printf("%s\n ", comma.next());
        print_message(entry);
    }
    std::printf("]}\n");
}

} // namespace
} // namespace grafos::wire

int main(int count, char**) {
    if (count > 1) {
        std::printf("usage: grafos-wire-table\n\nPrints messages and layouts as JSON.\n");
        return 2;
    }
    grafos::wire::print_table();
    return 0;
}
