// SPDX-License-Identifier: Apache-2.0
// The board self-tests: one executable for all three machines, one step a start.
//
// `extra=` names the step. Each step prints `ok <step> <figures>` or `failed <step>: <what>` and
// ends with success or failure; the steps that die end as the board's README says.
// tests/target/run.py starts the machines, talks to them and judges.
#include <algorithm>
#include <array>

#include "boards/parts/machine/machine.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t epitaph_sector = 7;
constexpr uint64_t epitaph_boot = 42;
constexpr Duration device_patience{5'000};

alignas(512) constinit std::array<uint8_t, 64 * 1024> buffer{};

/// What a step needs: the machine, and a place for what went wrong.
class Step {
public:
    Step(Machine& machine, std::string_view name) noexcept
        : machine_{machine}, name_{name}, text_{line_} {
        text_.put("ok ").put(name);
    }

    Machine& machine() noexcept { return machine_; }

    void check(bool is_so, std::string_view what) noexcept {
        if (!is_so && !has_failed_) {
            has_failed_ = true;
            text_.clear();
            text_.put("failed ").put(name_).put(": ").put(what);
        }
    }
    void figure(std::string_view name, uint64_t value) noexcept {
        if (!has_failed_) {
            text_.put(" ").put(name).put("=").put(value);
        }
    }
    hal::ExitStatus end() noexcept {
        text_.put("\r\n");
        print(machine_.console, text_.text());
        return has_failed_ ? hal::ExitStatus::failure : hal::ExitStatus::success;
    }

    /// One round of a main loop with nothing to do: input is read, then rest.
    void rest_until(Instant deadline) noexcept {
        std::array<uint8_t, 64> ignored;
        (void)machine_.console.read(ignored);
        machine_.power.idle_until(deadline);
    }

    /// Rests until the operation is done, as the main loop would.
    Result<> wait(hal::BlockTicket ticket) noexcept {
        const Instant deadline = saturating_add(machine_.clock.now(), device_patience);
        for (;;) {
            const Result<> polled = machine_.block_device->poll(ticket);
            if (polled.is_ok() || polled.error().code != ErrorCode::busy) {
                return polled.is_ok() ? Result<>{ok()} : Result<>{polled.error()};
            }
            if (machine_.clock.now() >= deadline) {
                return Error{ErrorCode::busy, Field::device};
            }
            rest_until(deadline);
        }
    }
    /// Starts, waits, and wants success.
    void run(Result<hal::BlockTicket> started, std::string_view what) noexcept {
        if (!started.is_ok()) {
            check(false, what);
            return;
        }
        check(wait(started.value()).is_ok(), what);
    }

private:
    Machine& machine_;
    std::string_view name_;
    std::array<char, 256> line_{};
    TextWriter text_;
    bool has_failed_ = false;
};

void fill(MutableBytes bytes, uint32_t seed) noexcept {
    uint32_t value = seed * 2654435761u + 1;
    for (uint8_t& byte : bytes) {
        value = value * 1664525u + 1013904223u;
        byte = static_cast<uint8_t>(value >> 24);
    }
}

bool is_refused(const Result<hal::BlockTicket>& result, ErrorCode code) noexcept {
    return !result.is_ok() && result.error().code == code;
}

void write_and_read_back(Step& step) noexcept {
    hal::BlockDevice& disk = *step.machine().block_device;
    const std::span<uint8_t> all{buffer};
    const MutableBytes written = all.first(8192);
    const MutableBytes read = all.subspan(8192, 8192);
    fill(written, 1);
    zero_bytes(read);
    step.run(disk.start_write(100, written), "write");
    step.run(disk.start_flush(), "flush");
    step.run(disk.start_read(100, read), "read");
    step.check(is_equal(written, read), "what was read is not what was written");
}

/// As many as the device takes, answered in any order, polled from the last to the first.
void keep_many_in_flight(Step& step) noexcept {
    hal::BlockDevice& disk = *step.machine().block_device;
    constexpr size_t count_max = 64;
    const size_t count = std::min<size_t>(disk.geometry().in_flight_max, count_max);
    std::array<hal::BlockTicket, count_max> tickets;
    const std::span<uint8_t> all{buffer};
    fill(all.first(count * 512), 2);
    step.check(count >= 8, "fewer than 8 in flight");
    for (size_t i = 0; i < count; ++i) {
        const auto started = disk.start_write(200 + i, all.subspan(i * 512, 512));
        step.check(started.is_ok(), "start one of many");
        tickets[i] = started.is_ok() ? started.value() : hal::BlockTicket{};
    }
    step.check(is_refused(disk.start_flush(), ErrorCode::busy), "one too many is not busy");
    for (size_t i = count; i-- > 0;) {
        step.check(step.wait(tickets[i]).is_ok(), "one of many");
        const Result<> again = disk.poll(tickets[i]);
        step.check(!again.is_ok() && again.error().code == ErrorCode::not_found,
                   "a ticket answered twice");
    }
    const MutableBytes read = all.subspan(32 * 1024, count * 512);
    step.run(disk.start_read(200, read), "read many");
    step.check(is_equal(read, all.first(count * 512)), "many came out mixed up");
    step.figure("in_flight", count);
}

void refuse_bad_places(Step& step) noexcept {
    hal::BlockDevice& disk = *step.machine().block_device;
    const uint64_t sectors = disk.geometry().sector_count;
    const MutableBytes one = std::span<uint8_t>{buffer}.first(512);
    const MutableBytes two = std::span<uint8_t>{buffer}.first(1024);
    constexpr auto invalid = ErrorCode::invalid_argument;
    step.check(is_refused(disk.start_read(sectors, one), invalid), "read past the end");
    step.check(is_refused(disk.start_read(sectors - 1, two), invalid), "read over the end");
    step.check(is_refused(disk.start_read(UINT64_MAX, two), invalid), "read wrapping");
    step.check(is_refused(disk.start_write(0, one.first(100)), invalid), "odd length");
    step.check(is_refused(disk.start_write(0, one.first(0)), invalid), "no length");
    step.run(disk.start_read(sectors - 1, one), "read the last sector");
    const Result<> unknown = disk.poll({12345});
    step.check(!unknown.is_ok() && unknown.error().code == ErrorCode::not_found, "unknown ticket");
}

void reset_and_go_on(Step& step) noexcept {
    hal::BlockDevice& disk = *step.machine().block_device;
    const MutableBytes half = std::span<uint8_t>{buffer}.first(32 * 1024);
    for (uint64_t i = 0; i < 3; ++i) {
        const auto started = disk.start_read(i * 64, half);
        step.check(disk.reset().is_ok(), "reset");
        if (!started.is_ok()) {
            step.check(false, "start before reset");
            return;
        }
        const Result<> forgotten = disk.poll(started.value());
        step.check(!forgotten.is_ok() && forgotten.error().code == ErrorCode::not_found,
                   "a ticket outlived the reset");
    }
    write_and_read_back(step);
}

void draw_entropy(Step& step) noexcept {
    Machine& machine = step.machine();
    if (machine.entropy == nullptr) {
        step.check(false, "no entropy");
        return;
    }
    std::array<std::array<uint8_t, 64>, 3> drawn{};
    const Instant deadline = saturating_add(machine.clock.now(), device_patience);
    uint64_t asked = 0;
    for (auto& bytes : drawn) {
        for (;; ++asked) {
            const Result<> filled = machine.entropy->fill(bytes);
            if (filled.is_ok()) {
                break;
            }
            if (filled.error().code != ErrorCode::busy || machine.clock.now() >= deadline) {
                step.check(false, "entropy refused");
                return;
            }
            step.rest_until(deadline);
        }
    }
    step.check(!is_equal(drawn[0], drawn[1]) && !is_equal(drawn[1], drawn[2]) &&
                   !is_all_zero(drawn[0]),
               "entropy repeats itself");
    const std::span<uint8_t> all{buffer};
    const Result<> too_much = machine.entropy->fill(all.first(65));
    step.check(!too_much.is_ok() && too_much.error().code == ErrorCode::invalid_argument,
               "65 bytes at once");
    step.figure("entropy_waits", asked);
}

void touch_memory(Step& step) noexcept {
    const MutableBytes memory = step.machine().leasable;
    step.check(memory.size() >= 64u << 20, "less than 64 MiB to lease");
    step.check(reinterpret_cast<uint64_t>(memory.data()) % 4096 == 0, "not on a page");
    constexpr size_t stride = 1 << 20;
    for (size_t at = 0; at < memory.size(); at += stride) {
        memory[at] = static_cast<uint8_t>(at >> 20);
    }
    memory.back() = 0xa5;
    for (size_t at = 0; at < memory.size(); at += stride) {
        step.check(memory[at] == static_cast<uint8_t>(at >> 20), "memory forgets");
    }
    step.figure("leasable", memory.size());
}

hal::ExitStatus run_devices(Step& step) noexcept {
    if (step.machine().block_device == nullptr) {
        step.check(false, "no disk");
        return step.end();
    }
    write_and_read_back(step);
    keep_many_in_flight(step);
    refuse_bad_places(step);
    reset_and_go_on(step);
    draw_entropy(step);
    touch_memory(step);
    return step.end();
}

/// How long it took from reset to here, by the CPU's own counter, which starts at 0 with the
/// machine.
hal::ExitStatus run_boot(Step& step, uint64_t counter_at_main) noexcept {
    constexpr uint64_t window_ms = 20;
    Machine& machine = step.machine();
    const Instant begin = machine.clock.now();
    const Instant end = saturating_add(begin, Duration{window_ms});
    const uint64_t before = hal::instruction_count();
    while (machine.clock.now() < end) {
        step.rest_until(end);
    }
    const uint64_t per_ms = (hal::instruction_count() - before) / (machine.clock.now() - begin).ms;
    step.figure("reset_to_main_us", per_ms == 0 ? 0 : counter_at_main * 1000 / per_ms);
    return step.end();
}

/// A counter on the disk: read, raised, written, flushed.
hal::ExitStatus run_restart(Step& step) noexcept {
    hal::BlockDevice& disk = *step.machine().block_device;
    const MutableBytes sector = std::span<uint8_t>{buffer}.first(512);
    step.run(disk.start_read(300, sector), "read");
    const uint64_t count = load_big_endian<uint64_t>(sector.data());
    store_big_endian<uint64_t>(sector.data(), count + 1);
    step.run(disk.start_write(300, sector), "write");
    step.run(disk.start_flush(), "flush");
    step.figure("count", count);
    return step.end();
}

/// The disk refuses one sector; all others work, and the refusal carries a code.
hal::ExitStatus run_broken_sector(Step& step) noexcept {
    hal::BlockDevice& disk = *step.machine().block_device;
    const MutableBytes sector = std::span<uint8_t>{buffer}.first(512);
    const uint64_t bad = disk.geometry().sector_count - 1;
    const auto started = disk.start_write(bad, sector);
    if (!started.is_ok()) {
        step.check(false, "the write was not started");
        return step.end();
    }
    const Result<> written = step.wait(started.value());
    step.check(!written.is_ok() && written.error().code == ErrorCode::io, "no io error");
    step.figure("status", written.is_ok() ? 0 : written.error().value);
    step.run(disk.start_write(0, sector), "another sector");
    return step.end();
}

/// Deadlines at growing distances: never early by the clock, and few rounds: nobody polls.
hal::ExitStatus run_timer(Step& step) noexcept {
    Machine& machine = step.machine();
    uint64_t rounds = 0;
    uint64_t latest_ms = 0;
    uint64_t deadlines = 0;
    for (uint64_t ms = 1; ms <= 64; ms *= 2) {
        for (uint32_t i = 0; i < 4; ++i) {
            const Instant deadline = saturating_add(machine.clock.now(), Duration{ms});
            while (machine.clock.now() < deadline) {
                step.rest_until(deadline);
                ++rounds;
            }
            latest_ms = std::max(latest_ms, (machine.clock.now() - deadline).ms);
            ++deadlines;
        }
    }
    step.check(rounds <= 3 * deadlines, "rests end early: this is polling");
    const Instant past{machine.clock.now().ms > 0 ? machine.clock.now().ms - 1 : 0};
    machine.power.idle_until(past); // must not rest at all
    step.figure("deadlines", deadlines);
    step.figure("rounds", rounds);
    step.figure("latest_ms", latest_ms);
    return step.end();
}

/// Five seconds with nothing to do; the driver looks at how little the machine did.
hal::ExitStatus run_idle(Step& step) noexcept {
    Machine& machine = step.machine();
    const Instant deadline = saturating_add(machine.clock.now(), Duration{5'000});
    const uint64_t before = hal::instruction_count();
    uint64_t rounds = 0;
    while (machine.clock.now() < deadline) {
        step.rest_until(deadline);
        ++rounds;
    }
    step.check(rounds <= 10, "an idle machine woke more than ten times in five seconds");
    step.figure("rounds", rounds);
    step.figure("instructions", hal::instruction_count() - before);
    return step.end();
}

/// Reads until `end` comes on a line of its own; counts bytes and lines and sums them up.
hal::ExitStatus run_console(Step& step) noexcept {
    Machine& machine = step.machine();
    print(machine.console, "ready\r\n");
    const Instant deadline = saturating_add(machine.clock.now(), Duration{20'000});
    std::array<uint8_t, 64> chunk;
    uint64_t bytes = 0;
    uint32_t crc = 0;
    uint64_t rests = 0;
    std::string_view end = "end\n";
    size_t matched = 0;
    while (matched < end.size() && machine.clock.now() < deadline) {
        const size_t count = machine.console.read(chunk);
        if (count == 0) {
            machine.power.idle_until(deadline);
            ++rests;
            continue;
        }
        for (size_t i = 0; i < count && matched < end.size(); ++i) {
            const char c = static_cast<char>(chunk[i]);
            matched = c == end[matched] ? matched + 1 : (c == end[0] ? 1u : 0u);
        }
        bytes += count;
        crc = crc32c(Bytes{chunk}.first(count), crc);
    }
    step.check(matched == end.size(), "no end");
    step.figure("bytes", bytes);
    step.figure("crc", crc);
    step.figure("rests", rests);
    return step.end();
}

/// Much output: what the line carries.
hal::ExitStatus run_output(Step& step) noexcept {
    Machine& machine = step.machine();
    std::array<char, 100> text;
    text.fill('x');
    text[98] = '\r';
    text[99] = '\n';
    const Instant before = machine.clock.now();
    for (uint32_t i = 0; i < 10'000; ++i) {
        print(machine.console, {text.data(), text.size()});
    }
    step.figure("bytes", 1'000'000);
    step.figure("ms", (machine.clock.now() - before).ms);
    return step.end();
}

// The ways to die. Volatile, so that no compiler proves what is meant to happen.

[[gnu::noinline]] uint64_t use_up_stack(volatile uint8_t* above, uint64_t depth) noexcept {
    volatile uint8_t room[4096];
    room[0] = static_cast<uint8_t>(above[0] + 1);
    return depth == 0 ? room[0] : use_up_stack(room, depth - 1) + room[0];
}

void die_as_asked(std::string_view how, Machine& machine) noexcept {
    volatile uintptr_t address = 16;
    if (how == "assertion") {
        GRAFOS_ASSERT(machine.clock.now() == Instant::never());
    } else if (how == "trap") {
        __builtin_trap();
    } else if (how == "null") {
        *reinterpret_cast<volatile uint32_t*>(address) = 1;
    } else if (how == "write_text") {
        address = reinterpret_cast<uintptr_t>(&use_up_stack);
        *reinterpret_cast<volatile uint8_t*>(address) = 0;
    } else if (how == "write_constant") {
        address = reinterpret_cast<uintptr_t>(name_of(machine.kind).data());
        *reinterpret_cast<volatile uint8_t*>(address) = 0;
    } else if (how == "run_data") {
        address = reinterpret_cast<uintptr_t>(buffer.data());
        reinterpret_cast<void (*)()>(address)();
    } else if (how == "stack") {
        volatile uint8_t first = 0;
        (void)use_up_stack(&first, 1'000'000);
    }
}

hal::ExitStatus run_death(Step& step, std::string_view how) noexcept {
    set_epitaph_target(epitaph_sector, BootNumber{epitaph_boot});
    die_as_asked(how, step.machine());
    step.check(false, "it lives");
    return step.end();
}

} // namespace

hal::ExitStatus board_main(Machine& machine) noexcept {
    const uint64_t counter_at_main = hal::instruction_count();
    const std::string_view name = machine.arguments.extra.view();
    Step step{machine, name};
    constexpr std::string_view death = "die.";
    if (name == "devices") {
        return run_devices(step);
    }
    if (name == "boot") {
        return run_boot(step, counter_at_main);
    }
    if (name == "restart") {
        return run_restart(step);
    }
    if (name == "broken_sector") {
        return run_broken_sector(step);
    }
    if (name == "timer") {
        return run_timer(step);
    }
    if (name == "idle") {
        return run_idle(step);
    }
    if (name == "console") {
        return run_console(step);
    }
    if (name == "output") {
        return run_output(step);
    }
    if (name.starts_with(death)) {
        return run_death(step, name.substr(death.size()));
    }
    step.check(false, "no such step");
    return step.end();
}

} // namespace grafos::board
