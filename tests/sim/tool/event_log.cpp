// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tool/event_log.hpp"

#include <array>

#include "core/crypto/sha256.hpp"

namespace grafos::sim_tool {
namespace {

using test::ProgramEvent;
using test::SimEvent;

/// A line of JSON in the making.
class Line {
public:
    Line& put(const char* name, uint64_t value) { return raw(name, std::to_string(value)); }
    Line& put(const char* name, bool value) { return raw(name, value ? "true" : "false"); }
    Line& put(const char* name, std::string_view value) { return raw(name, quoted(value)); }
    /// Size, and a sum of them.
    Line& put(Bytes bytes) {
        if (!bytes.empty()) {
            put("bytes", uint64_t{bytes.size()});
            put("sum", short_hex(crypto::sha256(bytes).view()));
        }
        return *this;
    }
    [[nodiscard]] std::string text() const { return "{" + text_ + "}"; }

private:
    Line& raw(const char* name, const std::string& value) {
        text_ += (text_.empty() ? "\"" : ",\"") + std::string{name} + "\":" + value;
        return *this;
    }
    std::string text_{};
};

void put_program(Line& line, const ProgramEvent& event, const Names& names) {
    line.put("program", uint64_t{event.program}).put("did", name_of(event.what));
    line.put("home", name_at(names, event.home)).put("kind", lease::name_of(event.kind));
    if (event.ref != LeaseRef{}) {
        line.put("lease", short_hex(event.ref.view()));
    }
    if (event.operation != ProgramEvent::Operation::none) {
        line.put("operation", name_of(event.operation));
        line.put("number", event.number).put("offset", event.offset);
    }
    if (event.ttl.ms != 0) {
        line.put("ttl", event.ttl.ms);
    }
    if (event.error.code != ErrorCode{}) {
        line.put("error", name_of(event.error.code));
    }
    line.put(event.bytes);
}

/// Of its inventory: units of memory and blocks together.
void put_turn(Line& line, const test::TurnReport* turn) {
    if (turn == nullptr) {
        return;
    }
    uint64_t leased = 0;
    uint64_t fenced = 0;
    for (const lease::ResourceInfo& each : turn->resources) {
        leased += each.leased;
        fenced += each.fenced;
    }
    line.put("ready", turn->is_ready).put("leased", leased).put("fenced", fenced);
}

void put_details(Line& line, const SimEvent& event, const Names& names) {
    switch (event.what) {
    case SimEvent::What::power_on: line.put("boot", event.number); return;
    case SimEvent::What::power_off:
    case SimEvent::What::crash: return;
    case SimEvent::What::turn_began: line.put("clock", event.number); return;
    case SimEvent::What::turn_ended:
        line.put("clock", event.number);
        put_turn(line, event.turn);
        return;
    case SimEvent::What::anchored:
        line.put("records", event.number).put("head", short_hex(event.bytes));
        return;
    case SimEvent::What::machine_fault:
        line.put("fault", name_of(static_cast<test::MachineFault>(event.code)));
        line.put("amount", event.number);
        return;
    case SimEvent::What::disk_fault:
    case SimEvent::What::disk_replaced:
        line.put("fault", name_of(static_cast<test::DiskFault>(event.code)));
        line.put("sector", event.number);
        return;
    case SimEvent::What::write_started:
        line.put("ticket", event.ticket).put("sector", event.number).put(event.bytes);
        return;
    case SimEvent::What::write_ended:
    case SimEvent::What::flush_ended:
        line.put("ticket", event.ticket).put("ok", event.is_ok);
        return;
    case SimEvent::What::flush_started: line.put("ticket", event.ticket); return;
    case SimEvent::What::sent:
    case SimEvent::What::delivered:
        line.put("from", name_at(names, event.number)).put("order", event.datagram->order);
        line.put(event.datagram->view());
        return;
    case SimEvent::What::way_closed:
        line.put("to", name_at(names, event.number)).put("waits", event.code == 1);
        return;
    case SimEvent::What::way_opened: line.put("to", name_at(names, event.number)); return;
    case SimEvent::What::program: put_program(line, *event.program, names); return;
    case SimEvent::What::trick:
        line.put("trick", trick_name(event.code)).put("number", event.number);
        return;
    case SimEvent::What::asked:
    case SimEvent::What::disk_reset: line.put("ok", event.is_ok); return;
    }
}

} // namespace

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            out += '\\';
        }
        out += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
    }
    return out + "\"";
}

bool EventLog::start(const std::string& path, const std::string& plan, Names names) {
    names_ = std::move(names);
    file_ = std::fopen(path.c_str(), "w");
    if (file_ == nullptr) {
        return false;
    }
    std::string list;
    for (const std::string& name : names_) {
        list += (list.empty() ? "" : ",") + quoted(name);
    }
    put("{\"grafos_trace\":1,\"plan\":" + plan + ",\"machines\":[" + list + "]}");
    return true;
}

void EventLog::put(const std::string& line) noexcept {
    is_cut_ = std::fputs(line.c_str(), file_) < 0 || std::fputc('\n', file_) < 0 || is_cut_;
}

void EventLog::on_event(const SimEvent& event) noexcept {
    if (file_ == nullptr) { // a world that is taken down after its end
        return;
    }
    count_ += 1;
    Line line;
    line.put("n", count_).put("at", event.at.ms).put("machine", name_at(names_, event.machine));
    line.put("what", name_of(event.what));
    put_details(line, event, names_);
    put(line.put("text", text_of(event, names_)).text());
}

bool EventLog::finish(const std::string& outcome) {
    if (file_ == nullptr) {
        return true;
    }
    if (!outcome.empty()) {
        put("{\"outcome\":" + outcome + "}");
    }
    is_cut_ = std::fclose(file_) != 0 || is_cut_;
    file_ = nullptr;
    return !is_cut_;
}

} // namespace grafos::sim_tool
