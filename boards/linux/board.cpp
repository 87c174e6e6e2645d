// SPDX-License-Identifier: Apache-2.0
// The Linux process as a machine: owns every device object, brings them up, calls the executable.
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <sys/mman.h>
#include <unistd.h>

#include "boards/linux/event_loop.hpp"
#include "boards/linux/file_disk.hpp"
#include "boards/linux/last_words.hpp"
#include "boards/linux/system_entropy.hpp"
#include "boards/linux/terminal.hpp"
#include "boards/linux/udp_link.hpp"
#include "boards/parts/epitaph/last_words.hpp"
#include "boards/parts/machine/machine.hpp"
#include "core/base/ipv4.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;
constexpr size_t help_bytes_max = 4096;

constinit CounterClock clock_{read_boot_time_ns};
constinit ArgumentWallClock wall_clock;
constinit EventLoop loop{clock_};
constinit Terminal terminal{STDIN_FILENO, STDOUT_FILENO, loop};
constinit FileDisk disk{loop};
constinit SystemEntropy entropy;
constinit UdpLink link_{loop};
constinit Arguments arguments;

[[noreturn]] void refuse(std::string_view what, std::string_view why) noexcept {
    std::array<char, 640> buffer;
    TextWriter text{buffer};
    text.put("grafos refuses to start: ").put(what).put(why).put("\n");
    emergency_print(text.text());
    emergency_power_off(hal::ExitStatus::refused);
}

void read_arguments(int count, char** words) noexcept {
    std::array<std::string_view, arguments_count_max + 1> views;
    size_t size = 0;
    for (int i = 1; i < count && size < views.size(); ++i) {
        views[size] = words[i];
        ++size;
    }
    const auto problem = parse_arguments(std::span{views}.first(size), arguments);
    if (problem.has_value()) {
        std::array<char, 400> buffer;
        TextWriter text{buffer};
        put_problem(text, *problem);
        refuse(text.text(), "");
    }
    if (arguments.help) {
        std::array<char, help_bytes_max> buffer;
        TextWriter text{buffer};
        put_arguments_help(text);
        print(terminal, text.text());
        emergency_power_off(hal::ExitStatus::success);
    }
}

void start_clocks() noexcept {
    clock_.start(ns_per_second, arguments.start_time);
    timespec now{};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    const UnixMillis unix_now{static_cast<uint64_t>(now.tv_sec) * 1000 +
                              static_cast<uint64_t>(now.tv_nsec) / 1'000'000};
    if (arguments.unix_ms.has_value()) {
        wall_clock.start(*arguments.unix_ms, arguments.start_time,
                         hal::WallClockSource::boot_argument);
    } else {
        wall_clock.start(unix_now, arguments.start_time, hal::WallClockSource::rtc);
    }
}

hal::BlockDevice* start_disk() noexcept {
    if (arguments.disk.is_empty()) {
        return nullptr;
    }
    const Result<> started = disk.start(arguments.disk.bytes.data(), arguments.disk_bytes);
    if (!started.is_ok()) {
        std::array<char, 512> buffer;
        TextWriter text{buffer};
        text.put("argument disk: got \"").put(arguments.disk.view()).put("\": ");
        put_error(text, started.error());
        if (started.error().code == ErrorCode::io) {
            text.put(" (").put(strerror(static_cast<int>(started.error().value))).put(")");
        }
        refuse(text.text(), "");
    }
    set_emergency_disk(disk);
    return &disk;
}

hal::DatagramLink* start_link() noexcept {
    if (!arguments.address.has_value()) {
        return nullptr;
    }
    const Result<> started = link_.start(*arguments.address);
    if (!started.is_ok()) {
        std::array<char, 200> buffer;
        TextWriter text{buffer};
        text.put("argument address: got \"");
        put_ipv4(text, arguments.address->ipv4);
        text.put(':').put(uint64_t{arguments.address->port}).put("\": ");
        refuse(text.text(), strerror(static_cast<int>(started.error().value)));
    }
    return &link_;
}

MutableBytes map_leasable() noexcept {
    void* const memory = mmap(nullptr, arguments.memory_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        refuse("argument memory_bytes: ", strerror(errno));
    }
    constexpr uint64_t page_bytes = 4096;
    return {static_cast<uint8_t*>(memory), arguments.memory_bytes & ~(page_bytes - 1)};
}

[[noreturn]] void run(int count, char** words) noexcept {
    install_signal_handlers();
    if (!loop.start()) {
        refuse("epoll and timerfd: ", strerror(errno));
    }
    loop.announce_to(std::getenv("NOTIFY_SOCKET"));
    read_arguments(count, words);
    start_clocks();
    terminal.start();
    Machine machine{BoardKind::linux, arguments, clock_,       wall_clock,    terminal, loop,
                    start_disk(),     &entropy,  start_link(), map_leasable()};
    loop.power_off(board_main(machine));
}

} // namespace
} // namespace grafos::board

int main(int count, char** words) {
    grafos::board::run(count, words);
}
