// SPDX-License-Identifier: Apache-2.0
/// How answers and lists look: `noun key=value …`, one line a step.
#include "core/node/console.hpp"

#include "core/observe/line.hpp"

namespace grafos::node {
namespace {

/// Leases one step of `holds` looks at: most are not held from here.
constexpr uint32_t holds_looked_at_max = 64;

} // namespace

void Console::put_field(std::string_view key, uint64_t value) noexcept {
    observe::put_field(line_, key, value);
}
void Console::put_field(std::string_view key, std::string_view value) noexcept {
    observe::put_field(line_, key, value);
}
void Console::put_field(std::string_view key, Bytes value) noexcept {
    observe::put_field(line_, key, value);
}

void Console::print_grant(const lease::Answer& answer) noexcept {
    begin_line();
    line_.put("ok");
    put_field("lease", answer.lease.view());
    put_field("ref", answer.lease_ref.view());
    put_field("epoch", answer.epoch.value);
    put_field("generation", answer.generation.value);
    put_field("left_ms", answer.left.ms);
    put_field("bytes", answer.amount_bytes);
    put_field("record", answer.record.value);
    end_line();
}

void Console::print_renewal(const lease::Answer& answer) noexcept {
    begin_line();
    line_.put("ok");
    put_field("ref", answer.lease_ref.view());
    put_field("epoch", answer.epoch.value);
    put_field("generation", answer.generation.value);
    put_field("left_ms", answer.left.ms);
    put_field("record", answer.record.value);
    end_line();
}

void Console::print_end(const lease::Answer& answer) noexcept {
    begin_line();
    line_.put("ok");
    put_field("ref", answer.lease_ref.view());
    put_field("record", answer.record.value);
    end_line();
}

void Console::print_outcome(const lease::Answer& answer, std::string_view outcome) noexcept {
    begin_line();
    line_.put("ok");
    put_field("ref", answer.lease_ref.view());
    put_field("outcome", outcome);
    put_field("record", answer.record.value);
    end_line();
}

void Console::print_torn_down(const lease::Answer& answer) noexcept {
    print_outcome(answer, "torn_down");
}
void Console::print_grace(const lease::Answer& answer) noexcept {
    print_outcome(answer, "grace");
}

void Console::print_record(const lease::Answer& answer) noexcept {
    begin_line();
    line_.put("ok");
    put_field("record", answer.record.value);
    end_line();
}

void Console::print_ref(const LeaseRef& ref) noexcept {
    begin_line();
    line_.put("ok");
    put_field("ref", ref.view());
    end_line();
}

/// Ends a list with its count. Answers false, as a lister does after its last line.
bool Console::finish_list(std::string_view noun) noexcept {
    begin_line();
    line_.put("ok");
    put_field(noun, listed_);
    end_line();
    return false;
}

void Console::on_readiness(const CommandLine& line) noexcept {
    const Result<> shape = line.check_shape(1, 1, {});
    if (!shape.is_ok()) {
        print_error(shape.error());
        return;
    }
    begin_line();
    line_.put("ok");
    put_field("state", name_of(node_.readiness()));
    put_field("reason", lease::name_of(node_.degraded_reason()));
    put_field("boot", node_.boot().value);
    put_field("records", node_.anchored_end().value);
    put_field("epoch", node_.lessor().next_epoch().value);
    end_line();
}

void Console::put_sealed() noexcept {
    const Service* const service = node_.service();
    if (service != nullptr) { // without a network there is nothing to seal
        const bool is_sealed = service->rules().is_sealed;
        put_field("sealed", is_sealed ? std::string_view{"yes"} : std::string_view{"no"});
    }
}

void Console::on_identity(const CommandLine& line) noexcept {
    const Result<> shape = line.check_shape(1, 1, {});
    const bool is_known = node_.identity().is_started();
    if (!shape.is_ok() || !is_known) {
        print_error(is_known ? shape.error()
                             : Error{ErrorCode::not_ready, Field::readiness,
                                     static_cast<uint64_t>(node_.readiness()),
                                     static_cast<uint64_t>(Readiness::ready)});
        return;
    }
    begin_line();
    line_.put("ok");
    put_field("name", options_.name);
    put_field("node_id", node_.identity().node_id().view());
    put_field("x25519", node_.identity().exchange_key().view());
    put_sealed();
    end_line();
}

void Console::on_lease_query(const CommandLine& line) noexcept {
    LeaseId id;
    const Result<> shape = line.check_shape(3, 3, {});
    const Result<> parsed = parse_hex(line.word(2), id.bytes, Field::lease);
    if (!shape.is_ok() || !parsed.is_ok()) {
        print_error(shape.is_ok() ? parsed.error() : shape.error());
        return;
    }
    const lease::LeaseTable& table = node_.lessor().table();
    const Result<SlotIndex> slot = table.find(id, node_.now());
    if (!slot.is_ok()) {
        print_error(slot.error());
        return;
    }
    const lease::LeaseInfo info = table.info(slot.value());
    begin_line();
    line_.put("ok");
    put_field("ref", info.ref.view());
    put_field("phase", lease::name_of(info.phase));
    put_field("state", info.revoke_state.has_value() ? lease::as_str(*info.revoke_state) : "none");
    put_field("epoch", info.epoch.value);
    put_field("generation", info.generation.value);
    put_field("left_ms", left_until(table.deadline(slot.value()), node_.now()).ms);
    put_field("bytes", info.amount_bytes);
    put_field("warned", info.phase == lease::Phase::active ? "no" : "yes");
    end_line();
}

void Console::on_audit_head(const CommandLine& line) noexcept {
    const Result<> shape = line.check_shape(2, 2, {});
    const Result<lease::SignedHead> head = node_.sign_head();
    if (!shape.is_ok() || !head.is_ok()) {
        print_error(shape.is_ok() ? head.error() : shape.error());
        return;
    }
    begin_line();
    line_.put("ok");
    put_field("next", head.value().sequence.value + 1);
    put_field("hash", head.value().current_event_hash.view());
    put_field("anchored", node_.anchored_end().value);
    put_field("signature", head.value().signature.view());
    end_line();
}

bool Console::list_help() noexcept {
    const std::string_view word{help_word_.data(), help_word_size_};
    while (cursor_ < command_count) {
        const Command& command = commands[cursor_++];
        if (!word.empty() && command.noun != word) {
            continue;
        }
        begin_line();
        line_.put("help ").put(command.usage).put(" - ").put(command.summary);
        end_line();
        return true;
    }
    return finish_list("commands");
}

bool Console::list_inventory() noexcept {
    const auto resources = node_.lessor().resources();
    if (cursor_ == resources.size()) {
        return finish_list("resources");
    }
    const lease::ResourceInfo info = resources[static_cast<size_t>(cursor_++)]->info();
    begin_line();
    line_.put("resource");
    put_field("kind", lease::name_of(info.kind));
    put_field("id", info.id.view());
    put_field("unit_bytes", info.unit_bytes);
    put_field("units", info.unit_count);
    put_field("free", info.free);
    put_field("leased", info.leased);
    put_field("tearing", info.tearing);
    put_field("dirty", info.dirty);
    put_field("fenced", info.fenced);
    end_line();
    return true;
}

bool Console::list_leases() noexcept {
    const lease::LeaseTable& table = node_.lessor().table();
    const auto slot = table.next_in_use({static_cast<uint32_t>(cursor_)});
    if (!slot.has_value()) {
        return finish_list("leases");
    }
    cursor_ = slot->value + uint64_t{1};
    const lease::LeaseInfo info = table.info(*slot);
    begin_line();
    line_.put("lease");
    put_field("ref", info.ref.view());
    put_field("kind", lease::name_of(node_.lessor().resources()[info.resource]->info().kind));
    put_field("phase", lease::name_of(info.phase));
    put_field("tenant", info.tenant.value);
    put_field("epoch", info.epoch.value);
    put_field("generation", info.generation.value);
    put_field("left_ms",
              lease::is_live(info.phase) ? left_until(table.deadline(*slot), node_.now()).ms : 0);
    put_field("bytes", info.amount_bytes);
    end_line();
    return true;
}

bool Console::list_holds() noexcept {
    const lease::LeaseTable& table = node_.lessor().table();
    for (uint32_t looked = 0; looked < holds_looked_at_max; ++looked) {
        const auto slot = table.next_in_use({static_cast<uint32_t>(cursor_)});
        if (!slot.has_value()) {
            begin_line();
            line_.put("ok");
            put_field("renewed", node_.renewal_totals().renewed);
            put_field("failed", node_.renewal_totals().failed);
            put_field("expired", node_.renewal_totals().expired);
            end_line();
            return false;
        }
        cursor_ = slot->value + uint64_t{1};
        const auto status = node_.renewals().status(table.id(*slot));
        if (status.is_ok()) {
            begin_line();
            line_.put("hold");
            put_field("ref", table.info(*slot).ref.view());
            put_field("left_ms", left_until(status.value().expiry, node_.now()).ms);
            put_field("renewals", status.value().generation.value);
            end_line();
            return true;
        }
    }
    return true;
}

bool Console::list_fences() noexcept {
    const auto resources = node_.lessor().resources();
    while (cursor_ < resources.size()) {
        const lease::Resource& resource = *resources[static_cast<size_t>(cursor_)];
        const lease::Extent run = resource.find_run(lease::UnitState::fenced, cursor_inner_);
        if (run.unit_count == 0) {
            cursor_ += 1;
            cursor_inner_ = 0;
            continue;
        }
        cursor_inner_ = run.first_unit + run.unit_count;
        begin_line();
        line_.put("fence");
        put_field("sequence", resource.fence_of(run.first_unit).value);
        put_field("kind", lease::name_of(resource.info().kind));
        put_field("first_unit", run.first_unit);
        put_field("units", run.unit_count);
        end_line();
        return true;
    }
    return finish_list("fences");
}

bool Console::list_counters() noexcept {
    if (cursor_ == observe::Counters::size()) {
        const observe::Histogram& turns = node_.turn_lengths();
        begin_line();
        line_.put("ok");
        put_field("counters", listed_);
        put_field("turn_ms_p50", turns.bound_of(500));
        put_field("turn_ms_p99", turns.bound_of(990));
        put_field("turn_ms_max", turns.largest());
        end_line();
        return false;
    }
    begin_line();
    line_.put("counter name=");
    observe::Counters::put_name(static_cast<size_t>(cursor_), line_);
    put_field("value", node_.counters().value_at(static_cast<size_t>(cursor_)));
    end_line();
    cursor_ += 1;
    return true;
}

bool Console::list_events() noexcept {
    const observe::EventRing& events = node_.events();
    if (cursor_ >= events.size()) {
        return finish_list("events");
    }
    const observe::Event& event = events.at(static_cast<size_t>(cursor_++));
    begin_line();
    line_.put("event");
    put_field("at", event.at.ms);
    put_field("kind", observe::name_of(event.code));
    put_field("a", event.a);
    put_field("b", event.b);
    end_line();
    return true;
}

bool Console::list_sessions() noexcept {
    begin_line();
    const Service* const service = node_.service();
    if (service == nullptr || !service->put_session(cursor_, line_)) {
        return finish_list("sessions");
    }
    end_line();
    return true;
}

bool Console::list_peers() noexcept {
    begin_line();
    const Service* const service = node_.service();
    if (service == nullptr || !service->put_peer(cursor_, line_)) {
        return finish_list("peers");
    }
    end_line();
    return true;
}

} // namespace grafos::node
