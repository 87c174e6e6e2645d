// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tool/event_words.hpp"

#include <array>

#include "core/base/text.hpp"
#include "tests/sim/hostile/trick.hpp"

namespace grafos::sim_tool {
namespace {

using test::DiskFault;
using test::MachineFault;
using test::ProgramEvent;
using test::SimEvent;

[[nodiscard]] std::string number(uint64_t value) {
    return std::to_string(value);
}

/// Of a signed amount that an event carries as it is.
[[nodiscard]] std::string clock_step_text(uint64_t amount) {
    const bool is_back = amount > UINT64_MAX / 2;
    return is_back ? "'s clock is set back by " + number(~amount + 1) + " ms"
                   : "'s clock is set forward by " + number(amount) + " ms";
}

[[nodiscard]] std::string machine_fault_text(const SimEvent& event) {
    switch (static_cast<MachineFault>(event.code)) {
    case MachineFault::crash: return " loses power at once"; // said by `crash`
    case MachineFault::pause: return " stops for " + number(event.number) + " ms";
    case MachineFault::long_turn: return "'s next turn takes " + number(event.number) + " ms";
    case MachineFault::clock_step: return clock_step_text(event.number);
    case MachineFault::clock_stall:
        return "'s clock stands still for " + number(event.number) + " ms";
    }
    return " meets a fault without a name: " + number(event.code);
}

[[nodiscard]] std::string disk_fault_text(const SimEvent& event) {
    const std::string at = " sector " + number(event.number);
    switch (static_cast<DiskFault>(event.code)) {
    case DiskFault::read_error: return "'s disk fails to read" + at;
    case DiskFault::write_error: return "'s disk fails to write" + at;
    case DiskFault::flush_error: return "'s disk fails to flush";
    case DiskFault::misdirected_write: return "'s disk writes elsewhere what was for" + at;
    case DiskFault::lost_flush: return "'s disk says flushed, and nothing is durable by it";
    case DiskFault::late_write: return "'s disk keeps a write of" + at + " for later";
    case DiskFault::dropped_sector: return "'s disk loses what was not flushed of" + at;
    case DiskFault::torn_sector: return "'s disk tears" + at;
    case DiskFault::erased: return " gets a blank disk";
    case DiskFault::rolled_back: return " gets its disk as it was earlier";
    }
    return "'s disk meets a fault without a name: " + number(event.code);
}

[[nodiscard]] std::string datagram_text(const SimEvent& event, const Names& names) {
    const std::string& to = name_at(names, event.machine);
    const std::string& from = name_at(names, event.number);
    const std::string size = number(event.datagram->size) + " bytes";
    return event.what == SimEvent::What::sent ? from + " sends " + to + " " + size
                                              : to + " gets " + size + " from " + from;
}

[[nodiscard]] std::string access_text(const ProgramEvent& event) {
    std::string text{name_of(event.operation)};
    if (!event.bytes.empty()) {
        text += " of " + number(event.bytes.size()) + " bytes";
    }
    return text + " at " + number(event.offset) + " (" + number(event.number) + ")";
}

[[nodiscard]] std::string program_text(const SimEvent& event, const Names& names) {
    const ProgramEvent& program = *event.program;
    const std::string who =
        "program " + number(program.program) + " on " + name_at(names, event.machine);
    const std::string kind{lease::name_of(program.kind)};
    const std::string& home = name_at(names, program.home);
    const std::string lease = "lease " + short_hex(program.ref.view());
    switch (program.what) {
    case ProgramEvent::What::asked: return who + " asks " + home + " for " + kind;
    case ProgramEvent::What::granted:
        return who + " holds " + kind + " of " + home + ", " + lease + ", for " +
               number(program.ttl.ms) + " ms unless renewed";
    case ProgramEvent::What::refused:
        return who + " is refused " + kind + " of " + home + ": " + text_of(program.error);
    case ProgramEvent::What::began:
        if (program.operation == ProgramEvent::Operation::none) { // asks nobody
            return who + " still goes by what it read under " + lease + " of " + home;
        }
        return who + " begins " + access_text(program) + ", " + lease + " of " + home;
    case ProgramEvent::What::used:
        return who + " did " + access_text(program) + ", " + lease + " of " + home;
    case ProgramEvent::What::failed:
        return who + " could not do " + access_text(program) + ", " + lease + " of " + home + ": " +
               text_of(program.error);
    case ProgramEvent::What::ended:
        return who + " learns that " + lease + " of " + home +
               " is over: " + text_of(program.error);
    case ProgramEvent::What::gave_up: return who + " gives " + lease + " of " + home + " back";
    case ProgramEvent::What::renewed: return who + " renewed " + lease + " of " + home;
    }
    return who + " does something without a name: " + number(static_cast<uint8_t>(program.what));
}

} // namespace

std::string trick_name(uint8_t code) {
    const bool is_known = code < test::trick_count;
    return is_known ? std::string{test::row_of(test::trick_at(code)).name} : number(code);
}

std::string_view name_of(SimEvent::What what) noexcept {
    switch (what) {
    case SimEvent::What::power_on: return "power_on";
    case SimEvent::What::power_off: return "power_off";
    case SimEvent::What::crash: return "crash";
    case SimEvent::What::turn_began: return "turn_began";
    case SimEvent::What::turn_ended: return "turn_ended";
    case SimEvent::What::anchored: return "anchored";
    case SimEvent::What::machine_fault: return "machine_fault";
    case SimEvent::What::disk_fault: return "disk_fault";
    case SimEvent::What::write_started: return "write_started";
    case SimEvent::What::write_ended: return "write_ended";
    case SimEvent::What::flush_started: return "flush_started";
    case SimEvent::What::flush_ended: return "flush_ended";
    case SimEvent::What::disk_replaced: return "disk_replaced";
    case SimEvent::What::sent: return "sent";
    case SimEvent::What::delivered: return "delivered";
    case SimEvent::What::way_closed: return "way_closed";
    case SimEvent::What::way_opened: return "way_opened";
    case SimEvent::What::program: return "program";
    case SimEvent::What::trick: return "trick";
    case SimEvent::What::asked: return "asked";
    case SimEvent::What::disk_reset: return "disk_reset";
    }
    return "unnamed";
}

std::string_view name_of(ProgramEvent::What what) noexcept {
    switch (what) {
    case ProgramEvent::What::asked: return "asked";
    case ProgramEvent::What::granted: return "granted";
    case ProgramEvent::What::refused: return "refused";
    case ProgramEvent::What::began: return "began";
    case ProgramEvent::What::used: return "used";
    case ProgramEvent::What::failed: return "failed";
    case ProgramEvent::What::ended: return "ended";
    case ProgramEvent::What::gave_up: return "gave_up";
    case ProgramEvent::What::renewed: return "renewed";
    }
    return "unnamed";
}

std::string_view name_of(ProgramEvent::Operation operation) noexcept {
    switch (operation) {
    case ProgramEvent::Operation::none: return "none";
    case ProgramEvent::Operation::read: return "read";
    case ProgramEvent::Operation::write: return "write";
    case ProgramEvent::Operation::exchange: return "exchange";
    case ProgramEvent::Operation::add: return "add";
    case ProgramEvent::Operation::flush: return "flush";
    case ProgramEvent::Operation::lock: return "lock";
    case ProgramEvent::Operation::commit: return "commit";
    }
    return "unnamed";
}

std::string_view name_of(MachineFault fault) noexcept {
    switch (fault) {
    case MachineFault::crash: return "crash";
    case MachineFault::pause: return "pause";
    case MachineFault::long_turn: return "long_turn";
    case MachineFault::clock_step: return "clock_step";
    case MachineFault::clock_stall: return "clock_stall";
    }
    return "unnamed";
}

std::string_view name_of(DiskFault fault) noexcept {
    switch (fault) {
    case DiskFault::read_error: return "read_error";
    case DiskFault::write_error: return "write_error";
    case DiskFault::flush_error: return "flush_error";
    case DiskFault::misdirected_write: return "misdirected_write";
    case DiskFault::lost_flush: return "lost_flush";
    case DiskFault::late_write: return "late_write";
    case DiskFault::dropped_sector: return "dropped_sector";
    case DiskFault::torn_sector: return "torn_sector";
    case DiskFault::erased: return "erased";
    case DiskFault::rolled_back: return "rolled_back";
    }
    return "unnamed";
}

std::string short_hex(Bytes bytes) {
    std::array<char, 8> digits{};
    TextWriter text{digits};
    text.put_hex(bytes.first(std::min<size_t>(bytes.size(), digits.size() / 2)));
    return std::string{text.text()};
}

std::string text_of(const Error& error) {
    std::array<char, 160> buffer{};
    TextWriter text{buffer};
    put_error(text, error);
    return std::string{text.text()};
}

const std::string& name_at(const Names& names, uint64_t number) {
    static const std::string unknown = "guest"; // takes part, and is no machine
    return number < names.size() ? names[number] : unknown;
}

std::string text_of(const SimEvent& event, const Names& names) {
    const std::string& who = name_at(names, event.machine);
    const std::string sector = number(event.number);
    switch (event.what) {
    case SimEvent::What::power_on: return who + " is turned on, boot " + number(event.number);
    case SimEvent::What::power_off: return who + " is off";
    case SimEvent::What::crash: return who + " loses power at once";
    case SimEvent::What::turn_began:
        return who + "'s turn begins, its clock shows " + number(event.number) + " ms";
    case SimEvent::What::turn_ended:
        return who + "'s turn ends, its clock shows " + number(event.number) + " ms";
    case SimEvent::What::anchored:
        return who + "'s records up to " + number(event.number) + " are durable, head " +
               short_hex(event.bytes);
    case SimEvent::What::machine_fault: return who + machine_fault_text(event);
    case SimEvent::What::disk_fault:
    case SimEvent::What::disk_replaced: return who + disk_fault_text(event);
    case SimEvent::What::write_started:
        return who + " writes " + number(event.bytes.size()) + " bytes to sector " + sector;
    case SimEvent::What::write_ended:
        return who + (event.is_ok ? "'s write is done" : "'s write failed");
    case SimEvent::What::flush_started: return who + " flushes its disk";
    case SimEvent::What::flush_ended:
        return who + (event.is_ok ? "'s disk is flushed" : "'s flush failed");
    case SimEvent::What::sent:
    case SimEvent::What::delivered: return datagram_text(event, names);
    case SimEvent::What::way_closed:
        return event.code == 1 ? "what " + who + " sends " + name_at(names, event.number) + " waits"
                               : "nothing goes from " + who + " to " + name_at(names, event.number);
    case SimEvent::What::way_opened:
        return "the way from " + who + " to " + name_at(names, event.number) + " is open again";
    case SimEvent::What::program: return program_text(event, names);
    case SimEvent::What::trick:
        return who + " answered what a hostile peer tried: " + trick_name(event.code) +
               ", outcome " + number(event.number);
    case SimEvent::What::asked: return "an operator asks " + who + " for something";
    case SimEvent::What::disk_reset: return who + "'s disk forgets what was in flight";
    }
    return who + ": something without a name";
}

} // namespace grafos::sim_tool
