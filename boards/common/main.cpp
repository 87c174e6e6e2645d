// SPDX-License-Identifier: Apache-2.0
/// The node's executable, the same for all boards: one node, one console, one main loop.
#include "boards/common/program_seat.hpp"
#include "boards/parts/machine/machine.hpp"
#include "core/node/console.hpp"
#include "core/node/node_storage.hpp"
#include "core/node/service/service_storage.hpp"
#include "core/wire/session/trusted_fabric.hpp"

#include <new>

namespace grafos::board {
namespace {

/// A node whose bookkeeping fits a machine of 64 MiB and lends what is left of it.
constexpr lease::NodeLimits board_node{
    .lease_count_max = 4'096,
    .memory_units_max = 16'384,
    .block_units_max = 1'024,
    .group_bytes_max = 64 * 1024,
    .outbox_slots_max = 16 * 32 + 64,
    .block_accesses_max = 16,
    .events_max = 256,
    .renewals_max = 64,
    .turn_max = Duration{10},
    .teardown_deadline = Duration{5'000},
    .expiries_per_turn_max = 128,
    .requests_per_turn_max = 32,
    .wipe_bytes_per_turn = 256 * 1024,
    .sessions_max = 16,
    .session_window = 32,
    .session_tokens_max = 4,
    .data_queue_max = 32,
    .packets_per_turn_max = 64,
    .data_per_turn_max = 128,
    .looks_per_turn_max = 64,
};

/// Stand-ins for what a machine lacks: every question is answered with io, so that the node
/// degrades and says so instead of dying.
class NoDisk final : public hal::BlockDevice {
public:
    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override { return {}; }
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t, MutableBytes) noexcept override {
        return absent;
    }
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t, Bytes) noexcept override {
        return absent;
    }
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override { return absent; }
    [[nodiscard]] Result<> poll(hal::BlockTicket) noexcept override { return absent; }
    [[nodiscard]] Result<> reset() noexcept override { return absent; }

private:
    static constexpr Error absent{ErrorCode::io, Field::device, 0, 0};
};

class NoEntropy final : public hal::Entropy {
public:
    [[nodiscard]] Result<> fill(MutableBytes) noexcept override {
        return Error{ErrorCode::io, Field::entropy, 0, 0};
    }
};

using NodeType = node::NodeOf<board_node>;
using ServiceType = node::FabricServiceOf<board_node>;
alignas(NodeType) constinit std::array<uint8_t, sizeof(NodeType)> node_area{};
alignas(ServiceType) constinit std::array<uint8_t, sizeof(ServiceType)> service_area{};
alignas(node::Console) constinit std::array<uint8_t, sizeof(node::Console)> console_area{};
alignas(ProgramSeat) constinit std::array<uint8_t, sizeof(ProgramSeat)> seat_area{};
constinit wire::PeerList peers{};
constinit NoDisk no_disk{};
constinit NoEntropy no_entropy{};

[[nodiscard]] lease::WallSource wall_source_of(hal::WallClockSource source) noexcept {
    switch (source) {
    case hal::WallClockSource::none: return lease::WallSource::none;
    case hal::WallClockSource::rtc: return lease::WallSource::rtc;
    case hal::WallClockSource::boot_argument: return lease::WallSource::argument;
    case hal::WallClockSource::time_sync: return lease::WallSource::time_sync;
    }
    GRAFOS_UNREACHABLE();
}

/// Who is trusted is fixed at boot: a word that is wrong ends it, since a node that trusts fewer or
/// others than its operator meant is worse than none.
[[nodiscard]] bool read_peers(Machine& machine) noexcept {
    for (size_t index = 0; index < machine.arguments.peer_count; ++index) {
        const std::string_view word = machine.arguments.peers[index].view();
        const Result<> added = peers.add_word(word);
        if (!added.is_ok()) {
            std::array<char, 512> buffer;
            TextWriter line{buffer};
            line.put("grafos error: argument peer: got ").put(word).put(": ");
            put_error(line, added.error());
            line.put("\r\n");
            print(machine.console, line.text());
            return false;
        }
    }
    return true;
}

/// How long an end that was asked for waits for the log: what is not durable then was not answered.
constexpr Duration end_patience{1'000};

/// Says when the loop may end: at the first turn with nothing on its way to the disk.
class EndRequest {
public:
    explicit EndRequest(hal::Power& power) noexcept : power_{power} {}

    [[nodiscard]] bool is_due(const node::Node& node, Instant now) noexcept {
        if (!power_.is_end_requested()) {
            return false;
        }
        if (!is_seen_) {
            is_seen_ = true;
            until_ = saturating_add(now, end_patience);
        }
        return node.log().is_idle() || until_ <= now;
    }
    [[nodiscard]] bool is_seen() const noexcept { return is_seen_; }
    [[nodiscard]] Instant limit(Instant deadline) const noexcept {
        return is_seen_ ? earlier_of(deadline, until_) : deadline;
    }

private:
    hal::Power& power_;
    Instant until_{};
    bool is_seen_ = false;
};

/// Tells whoever runs the machine how far it is, once at each change.
class Announcer {
public:
    explicit Announcer(hal::Power& power) noexcept : power_{power} {}

    void look(node::Readiness readiness) noexcept {
        if (readiness == node::Readiness::ready) {
            say(hal::Announcement::ready);
        } else if (readiness == node::Readiness::degraded) {
            say(hal::Announcement::degraded);
        }
    }
    void say(hal::Announcement announcement) noexcept {
        const bool is_over = has_said_ && said_ == hal::Announcement::stopping;
        const bool is_news = !has_said_ || said_ != announcement;
        if (is_news && !is_over) {
            has_said_ = true;
            said_ = announcement;
            power_.announce(announcement);
        }
    }

private:
    hal::Power& power_;
    bool has_said_ = false;
    hal::Announcement said_ = hal::Announcement::ready;
};

static_assert(node_fabric.peers_max == 8, "as a refusal says");

/// As a board refuses an argument that it reads itself.
void say_refused(Machine& machine, const ArgumentProblem& problem) noexcept {
    std::array<char, 768> buffer;
    TextWriter line{buffer};
    line.put("grafos refuses to start: ");
    put_problem(line, problem);
    line.put("\r\n");
    print(machine.console, line.text());
}

/// What `program=` asks for. False: it cannot be had, which ends the boot like any wrong argument.
[[nodiscard]] bool seat_program(Machine& machine, ProgramSeat*& seat) noexcept {
    std::array<char, 512> names_buffer;
    TextWriter names{names_buffer};
    const NodeProgramEntry* entry = nullptr;
    auto problem = find_program(machine.arguments.program.view(), names, entry);
    NodeProgram* const program = entry != nullptr ? &entry->make() : nullptr;
    if (program != nullptr) {
        problem = program->read_words(machine.arguments.extra.view());
    }
    if (problem.has_value()) {
        say_refused(machine, *problem);
        return false;
    }
    if (program != nullptr) {
        seat = new (seat_area.data()) ProgramSeat{entry->name, *program, machine.console};
    }
    return true;
}

/// A machine without a link serves nobody but itself; `clients` null: no program asks others.
[[nodiscard]] node::FabricService* serve_others(Machine& machine, node::Node& node,
                                                wire::ClientPort* clients) noexcept {
    if (machine.link == nullptr) {
        return nullptr;
    }
    auto& service = *new (service_area.data())
                        ServiceType{node,
                                    *machine.link,
                                    peers,
                                    {machine.arguments.name.view(), !wire::is_trusted_fabric_build},
                                    clients};
    node.serve(service);
    return &service;
}

/// The machine's whole life as a node, with `seat` null where there is no program.
void run(Machine& machine, node::Node& node, node::Console& console, ProgramSeat* seat) noexcept {
    bool has_epitaph_target = false;
    EndRequest end{machine.power};
    Announcer announcer{machine.power};
    while (!console.wants_power_off() && !end.is_due(node, machine.clock.now())) {
        const Instant raw = machine.clock.now();
        node.tick(raw);
        if (seat != nullptr) {
            seat->tick(raw);
        }
        console.tick();
        if (!has_epitaph_target && node.readiness() == node::Readiness::ready) {
            set_epitaph_target(lease::epitaph_sector, node.boot());
            has_epitaph_target = true;
        }
        if (end.is_seen()) {
            announcer.say(hal::Announcement::stopping);
        }
        announcer.look(node.readiness());
        const Instant after = machine.clock.now();
        if (seat != nullptr) {
            seat->flush(after);
        }
        node.end_turn(after);
        Instant deadline = node.next_deadline();
        bool goes_on = console.wants_turn() || console.wants_power_off();
        if (seat != nullptr) {
            goes_on = goes_on || seat->wants_turn();
            deadline = earlier_of(deadline, seat->next_deadline());
        }
        machine.power.idle_until(goes_on ? after : end.limit(deadline));
    }
    announcer.say(hal::Announcement::stopping);
}

} // namespace

hal::ExitStatus board_main(Machine& machine) noexcept {
    if (!read_peers(machine)) {
        return hal::ExitStatus::failure;
    }
    ProgramSeat* seat = nullptr;
    if (!seat_program(machine, seat)) {
        return hal::ExitStatus::refused;
    }
    const node::Machine parts{machine.entropy != nullptr ? *machine.entropy : no_entropy,
                              machine.block_device != nullptr ? *machine.block_device : no_disk,
                              machine.leasable, machine.wall_clock.base(),
                              wall_source_of(machine.wall_clock.source())};
    auto& node = *new (node_area.data()) NodeType{parts, lease::LogOptions{}};
    node::FabricService* const service =
        serve_others(machine, node, seat != nullptr ? &seat->clients() : nullptr);
    if (seat != nullptr) {
        const Result<> attached = seat->attach(node, service, peers, machine.arguments);
        if (!attached.is_ok()) {
            say_refused(machine, {"peer", machine.arguments.program.view(),
                                  "at most 8 peers with an address where a program runs"});
            return hal::ExitStatus::refused;
        }
    }
    hal::Console& port =
        seat != nullptr ? static_cast<hal::Console&>(seat->console()) : machine.console;
    auto& console = *new (console_area.data()) node::Console{
        node,
        port,
        {machine.arguments.name.view(), machine.arguments.console == ConsoleMode::terminal}};
    run(machine, node, console, seat);
    return hal::ExitStatus::success;
}

} // namespace grafos::board
