// SPDX-License-Identifier: Apache-2.0
/// What each command does: parse all words into locals, then start one thing.
#include "core/node/console.hpp"

namespace grafos::node {
namespace {

using lease::Operation;
using lease::Reason;
using lease::Request;

/// The console is the local operator; his deeds stand in the chain under this name.
constexpr std::string_view operator_identity = "console";

constexpr uint64_t any_number = ~uint64_t{0};

[[nodiscard]] Request request_of(Operation operation) noexcept {
    Request request;
    request.operation = operation;
    request.caller.identity = bytes_of(operator_identity);
    return request;
}

[[nodiscard]] Result<LeaseId> parse_lease(std::string_view text) noexcept {
    LeaseId id;
    GRAFOS_TRY(parse_hex(text, id.bytes, Field::lease));
    return id;
}

/// A decimal option that may be left out.
[[nodiscard]] Result<uint64_t> parse_option(const CommandLine& line, std::string_view key,
                                            uint64_t absent, uint64_t most, Field field) noexcept {
    const std::string_view text = line.option(key);
    if (text.empty()) {
        return absent;
    }
    return parse_decimal(text, most, field);
}

[[nodiscard]] Result<Reason> parse_reason(std::string_view text) noexcept {
    if (text.empty()) {
        return Reason::operator_request;
    }
    for (uint16_t code = 1; code <= static_cast<uint16_t>(Reason::operator_request); ++code) {
        const Result<Reason> reason = lease::reason_of_code(code);
        if (reason.is_ok() && lease::name_of(reason.value()) == text) {
            return reason.value();
        }
    }
    return Error{ErrorCode::invalid_argument, Field::reason, text.size(), 0};
}

[[nodiscard]] Result<ResourceId> parse_resource(std::string_view text) noexcept {
    if (text == "memory") {
        return lease::resource_id_of(lease::ResourceKind::memory, 0);
    }
    if (text == "block") {
        return lease::resource_id_of(lease::ResourceKind::block, 0);
    }
    return Error{ErrorCode::invalid_argument, Field::resource, text.size(), 0};
}

[[nodiscard]] Result<Request> parse_alloc(const CommandLine& line) noexcept {
    GRAFOS_TRY(line.check_shape(5, 5, {"tenant", "key"}));
    Request request = request_of(Operation::grant);
    GRAFOS_TRY_ASSIGN(request.resource, parse_resource(line.word(2)));
    GRAFOS_TRY_ASSIGN(request.amount_bytes, parse_decimal(line.word(3), any_number, Field::amount));
    if (line.word(2) == "block" && request.amount_bytes % limits::block_bytes != 0) {
        return Error{ErrorCode::invalid_argument, Field::amount, request.amount_bytes,
                     limits::block_bytes};
    }
    GRAFOS_TRY_ASSIGN(request.ttl.ms, parse_decimal(line.word(4), any_number, Field::ttl));
    GRAFOS_TRY_ASSIGN(const uint64_t tenant,
                      parse_option(line, "tenant", 0, ~uint32_t{0}, Field::tenant));
    request.caller.tenant.value = static_cast<uint32_t>(tenant);
    if (!line.option("key").empty()) {
        GRAFOS_TRY(parse_hex(line.option("key"), request.alloc_key.bytes, Field::alloc_key));
    }
    return request;
}

[[nodiscard]] Result<Request> parse_renew(const CommandLine& line) noexcept {
    GRAFOS_TRY(line.check_shape(4, 4, {"ttl"}));
    Request request = request_of(Operation::renew);
    GRAFOS_TRY_ASSIGN(request.lease, parse_lease(line.word(2)));
    GRAFOS_TRY_ASSIGN(const uint64_t generation,
                      parse_decimal(line.word(3), ~uint32_t{0}, Field::generation));
    request.generation.value = static_cast<uint32_t>(generation);
    GRAFOS_TRY_ASSIGN(request.ttl.ms, parse_option(line, "ttl", 0, any_number, Field::ttl));
    return request;
}

[[nodiscard]] Result<Request> parse_by_id(const CommandLine& line, Operation operation) noexcept {
    GRAFOS_TRY(line.check_shape(3, 3, {}));
    Request request = request_of(operation);
    GRAFOS_TRY_ASSIGN(request.lease, parse_lease(line.word(2)));
    return request;
}

[[nodiscard]] Result<Request> parse_revoke(const CommandLine& line) noexcept {
    GRAFOS_TRY(line.check_shape(3, 3, {"grace", "reason"}));
    Request request = request_of(Operation::revoke);
    GRAFOS_TRY(parse_hex(line.word(2), request.lease_ref.bytes, Field::lease_ref));
    GRAFOS_TRY_ASSIGN(request.grace.ms, parse_option(line, "grace", 0, any_number, Field::grace));
    GRAFOS_TRY_ASSIGN(request.reason, parse_reason(line.option("reason")));
    return request;
}

/// With a collector's last anchor and boot the chain goes on where it was; they come together.
[[nodiscard]] Result<lease::Adoption> parse_adoption(const CommandLine& line) noexcept {
    GRAFOS_TRY(line.check_shape(2, 2, {"next", "hash", "boot"}));
    lease::Adoption adoption;
    GRAFOS_TRY_ASSIGN(adoption.epoch_floor.value,
                      parse_decimal(line.word(1), any_number - 1, Field::epoch));
    if (line.option("next").empty() && line.option("hash").empty() && line.option("boot").empty()) {
        return adoption;
    }
    GRAFOS_TRY_ASSIGN(adoption.anchor.next.value,
                      parse_decimal(line.option("next"), any_number - 1, Field::sequence));
    GRAFOS_TRY(parse_hex(line.option("hash"), adoption.anchor.hash.bytes, Field::hash));
    GRAFOS_TRY_ASSIGN(adoption.last_boot.value,
                      parse_decimal(line.option("boot"), any_number - 1, Field::boot));
    return adoption;
}

[[nodiscard]] Result<Request> parse_fence_clear(const CommandLine& line) noexcept {
    GRAFOS_TRY(line.check_shape(3, 3, {}));
    Request request = request_of(Operation::clear_fence);
    GRAFOS_TRY_ASSIGN(request.fence.value,
                      parse_decimal(line.word(2), any_number, Field::fence_sequence));
    return request;
}

} // namespace

constinit const Console::Command Console::commands[] = {
    {"help", "", &Console::on_help, "help [WORD]", "what can be typed, or one command's words"},
    {"readiness", "", &Console::on_readiness, "readiness",
     "how far the node is, and why not further"},
    {"identity", "", &Console::on_identity, "identity", "the node's public keys"},
    {"inventory", "", &Console::on_inventory, "inventory", "resources and their units by state"},
    {"lease", "alloc", &Console::on_lease_alloc,
     "lease alloc memory|block BYTES TTL_MS [tenant=N] [key=HEX16]", "grant a lease"},
    {"lease", "renew", &Console::on_lease_renew, "lease renew ID GENERATION [ttl=MS]",
     "extend it by its TTL"},
    {"lease", "free", &Console::on_lease_free, "lease free ID", "give it back"},
    {"lease", "revoke", &Console::on_lease_revoke, "lease revoke REF [grace=MS] [reason=NAME]",
     "take it back, at once or after a grace"},
    {"lease", "checkpoint", &Console::on_lease_checkpoint, "lease checkpoint ID",
     "the holder in grace has saved what it needs"},
    {"lease", "query", &Console::on_lease_query, "lease query ID", "phase, epoch and time left"},
    {"lease", "list", &Console::on_lease_list, "lease list", "leases that are not free, by ref"},
    {"hold", "", &Console::on_hold, "hold ID", "keep it alive from here"},
    {"unhold", "", &Console::on_unhold, "unhold ID", "stop keeping it alive"},
    {"holds", "", &Console::on_holds, "holds", "what is kept alive from here"},
    {"read", "", &Console::on_read, "read ID OFFSET LENGTH", "bytes of a lease"},
    {"write", "", &Console::on_write, "write ID OFFSET HEX", "put bytes into a lease"},
    {"fence", "list", &Console::on_fence_list, "fence list", "what is quarantined"},
    {"fence", "clear", &Console::on_fence_clear, "fence clear SEQUENCE",
     "try its teardown once more"},
    {"audit", "head", &Console::on_audit_head, "audit head",
     "the signed head of the durable chain"},
    {"audit", "export", &Console::on_audit_export, "audit export [from=SEQUENCE]",
     "records as JSON lines, then the signed head"},
    {"audit", "trim", &Console::on_audit_trim, "audit trim SEQUENCE HASH",
     "free what a collector has stored"},
    {"adopt", "", &Console::on_adopt, "adopt EPOCH_FLOOR [next=SEQUENCE hash=HEX32 boot=N]",
     "vouch for a node whose durable state was lost"},
    {"counters", "", &Console::on_counters, "counters", "what was counted since boot"},
    {"events", "", &Console::on_events, "events", "the last things that happened"},
    {"sessions", "", &Console::on_sessions, "sessions", "who is connected over the network"},
    {"peers", "", &Console::on_peers, "peers", "who is trusted, and with what"},
    {"echo", "", &Console::on_echo, "echo on|off", "whether typed bytes are sent back"},
    {"off", "", &Console::on_off, "off", "end the machine"},
};
constinit const size_t Console::command_count = sizeof(commands) / sizeof(commands[0]);

/// A refused request is refused before it is started, so it has no answer to wait for.
#define GRAFOS_CONSOLE_REQUIRE(result)                                                             \
    do {                                                                                           \
        const auto& grafos_console_result = (result);                                              \
        if (!grafos_console_result.is_ok()) {                                                      \
            print_error(grafos_console_result.error());                                            \
            return;                                                                                \
        }                                                                                          \
    } while (false)

void Console::start_parsed(const Result<Request>& request, Printer printer) noexcept {
    GRAFOS_CONSOLE_REQUIRE(request);
    start_request(request.value(), printer);
}

void Console::on_lease_alloc(const CommandLine& line) noexcept {
    start_parsed(parse_alloc(line), &Console::print_grant);
}
void Console::on_lease_renew(const CommandLine& line) noexcept {
    start_parsed(parse_renew(line), &Console::print_renewal);
}
void Console::on_lease_free(const CommandLine& line) noexcept {
    start_parsed(parse_by_id(line, Operation::release), &Console::print_end);
}
void Console::on_lease_checkpoint(const CommandLine& line) noexcept {
    start_parsed(parse_by_id(line, Operation::report_checkpoint), &Console::print_end);
}
void Console::on_lease_revoke(const CommandLine& line) noexcept {
    const Result<Request> request = parse_revoke(line);
    start_parsed(request, request.is_ok() && request.value().grace.ms > 0
                              ? &Console::print_grace
                              : &Console::print_torn_down);
}
void Console::on_fence_clear(const CommandLine& line) noexcept {
    start_parsed(parse_fence_clear(line), &Console::print_record);
}

void Console::on_help(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 2, {}));
    help_word_size_ = 0;
    const std::string_view word = line.word(1);
    for (; help_word_size_ < word.size() && help_word_size_ < help_word_.size();
         ++help_word_size_) {
        help_word_[help_word_size_] = word[help_word_size_];
    }
    start_list(&Console::list_help);
}

void Console::on_inventory(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 1, {}));
    start_list(&Console::list_inventory);
}
void Console::on_lease_list(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(2, 2, {}));
    start_list(&Console::list_leases);
}
void Console::on_holds(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 1, {}));
    start_list(&Console::list_holds);
}
void Console::on_fence_list(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(2, 2, {}));
    start_list(&Console::list_fences);
}
void Console::on_counters(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 1, {}));
    start_list(&Console::list_counters);
}
void Console::on_events(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 1, {}));
    start_list(&Console::list_events);
}
void Console::on_sessions(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 1, {}));
    start_list(&Console::list_sessions);
}
void Console::on_peers(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 1, {}));
    start_list(&Console::list_peers);
}

void Console::on_hold(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(2, 2, {}));
    const Result<LeaseId> id = parse_lease(line.word(1));
    GRAFOS_CONSOLE_REQUIRE(id);
    const Result<LeaseRef> held = node_.hold(id.value());
    GRAFOS_CONSOLE_REQUIRE(held);
    print_ref(held.value());
}

void Console::on_unhold(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(2, 2, {}));
    const Result<LeaseId> id = parse_lease(line.word(1));
    GRAFOS_CONSOLE_REQUIRE(id);
    const Result<LeaseRef> held = node_.unhold(id.value());
    GRAFOS_CONSOLE_REQUIRE(held);
    print_ref(held.value());
}

void Console::on_read(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(4, 4, {}));
    const Result<LeaseId> id = parse_lease(line.word(1));
    GRAFOS_CONSOLE_REQUIRE(id);
    const Result<uint64_t> offset = parse_decimal(line.word(2), any_number, Field::offset);
    GRAFOS_CONSOLE_REQUIRE(offset);
    const Result<uint64_t> length = parse_decimal(line.word(3), data_.size(), Field::length);
    GRAFOS_CONSOLE_REQUIRE(length);
    start_access(lease::Access::Kind::read, id.value(), offset.value(),
                 static_cast<size_t>(length.value()));
}

void Console::on_write(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(4, 4, {}));
    const Result<LeaseId> id = parse_lease(line.word(1));
    GRAFOS_CONSOLE_REQUIRE(id);
    const Result<uint64_t> offset = parse_decimal(line.word(2), any_number, Field::offset);
    GRAFOS_CONSOLE_REQUIRE(offset);
    const size_t size = line.word(3).size() / 2;
    if (size > data_.size()) {
        print_error({ErrorCode::invalid_argument, Field::length, size, data_.size()});
        return;
    }
    GRAFOS_CONSOLE_REQUIRE(parse_hex(line.word(3), MutableBytes{data_}.first(size), Field::hex));
    start_access(lease::Access::Kind::write, id.value(), offset.value(), size);
}

void Console::on_audit_export(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(2, 2, {"from"}));
    const Result<uint64_t> from = parse_option(line, "from", 0, any_number, Field::sequence);
    GRAFOS_CONSOLE_REQUIRE(from);
    GRAFOS_CONSOLE_REQUIRE(node_.start_export({from.value()}));
    job_ = Job::exports;
    listed_ = 0;
}

void Console::on_audit_trim(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(4, 4, {}));
    const Result<uint64_t> last = parse_decimal(line.word(2), any_number, Field::sequence);
    GRAFOS_CONSOLE_REQUIRE(last);
    Digest hash;
    GRAFOS_CONSOLE_REQUIRE(parse_hex(line.word(3), hash.bytes, Field::hash));
    GRAFOS_CONSOLE_REQUIRE(node_.start_trim({last.value()}, hash));
    job_ = Job::trim;
}

void Console::on_adopt(const CommandLine& line) noexcept {
    const Result<lease::Adoption> adoption = parse_adoption(line);
    GRAFOS_CONSOLE_REQUIRE(adoption);
    GRAFOS_CONSOLE_REQUIRE(node_.start_adopt(adoption.value()));
    job_ = Job::adopts;
}

void Console::on_echo(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(2, 2, {}));
    if (line.word(1) != "on" && line.word(1) != "off") {
        print_error({ErrorCode::invalid_argument, Field::argument, line.word(1).size(), 0});
        return;
    }
    options_.has_echo = line.word(1) == "on";
    print("ok");
}

void Console::on_off(const CommandLine& line) noexcept {
    GRAFOS_CONSOLE_REQUIRE(line.check_shape(1, 1, {}));
    print("ok");
    is_off_ = true;
}

} // namespace grafos::node
