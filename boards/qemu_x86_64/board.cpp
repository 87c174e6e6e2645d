// SPDX-License-Identifier: Apache-2.0
// The microvm machine: owns every device object, brings them up in order, and calls the executable.
#include "boards/qemu_x86_64/board.hpp"

#include "arch/x86_64/entry.hpp"
#include "arch/x86_64/words.hpp"
#include "boards/parts/bare/bring_up.hpp"
#include "boards/parts/calibration/calibration.hpp"
#include "boards/parts/machine/machine.hpp"
#include "boards/parts/pvh/pvh.hpp"
#include "boards/qemu_x86_64/power.hpp"

extern "C" {
extern const uint8_t grafos_image_end[];
}

namespace grafos::board {

constinit Ns16550Line console_line{com1_port};
constinit Ns16550 console{console_line};
constinit LocalApic local_apic{local_apic_base};
constinit VirtioNet network;
constinit uint32_t is_woken = 0;

namespace {

constexpr uint16_t pit_command = 0x43;
constexpr uint16_t pit_channel0 = 0x40;
constexpr uint32_t pit_hz = 1'193'182;
constexpr uint16_t fw_cfg_select = 0x510;
constexpr uint16_t fw_cfg_data = 0x511;
constexpr size_t memory_ranges_max = 32;

constinit CounterClock clock{arch::read_tsc};
constinit ArgumentWallClock wall_clock;
constinit MicrovmPower power{clock};
constinit Arguments arguments;
constinit VirtioBlock disk;
constinit VirtioEntropy entropy;
constinit LwipLink link_;

BracketedRead read_pit() noexcept {
    BracketedRead read;
    read.before = arch::read_tsc();
    arch::port_write8(pit_command, 0x00); // latch channel 0
    const uint8_t low = arch::port_read8(pit_channel0);
    const uint8_t high = arch::port_read8(pit_channel0);
    read.after = arch::read_tsc();
    read.reference = static_cast<uint16_t>(low | (high << 8));
    return read;
}

void start_clock() noexcept {
    arch::port_write8(pit_command, 0x34); // channel 0, both bytes, rate generator
    arch::port_write8(pit_channel0, 0);   // 65536
    arch::port_write8(pit_channel0, 0);
    local_apic.arm(UINT32_MAX);
    const uint32_t apic_before = local_apic.ticks_left();
    const uint64_t tsc_before = arch::read_tsc();
    const Calibration found = calibrate({read_pit, pit_hz});
    if (!found.is_good) {
        std::array<char, 160> buffer;
        TextWriter text{buffer};
        text.put("the time stamp counter does not keep time against the PIT: ");
        text.put(found.first_hz).put(" Hz, then ").put(found.second_hz).put(" Hz after ");
        text.put(uint64_t{found.attempts}).put(" attempts");
        refuse(text.text());
    }
    const uint64_t apic_ticks = apic_before - local_apic.ticks_left();
    const uint64_t tsc_ticks = arch::read_tsc() - tsc_before;
    local_apic.disarm();
    clock.start(found.hz, Instant{0});
    power.start(apic_ticks * clock.ticks_per_ms() / tsc_ticks);
}

MutableBytes find_leasable(uint64_t start_info) noexcept {
    std::array<MemoryRange, memory_ranges_max> ram;
    const Result<size_t> count = read_pvh_memory(start_info, memory_end, ram);
    if (!count.is_ok()) {
        refuse("memory map", count.error());
    }
    return leasable_memory(std::span{ram}.first(count.value()),
                           {0, reinterpret_cast<uint64_t>(grafos_image_end)});
}

void route_slot(uint32_t index) noexcept {
    route_io_apic(virtio_io_apic_base, index, vector_virtio);
}

[[noreturn]] void run(uint64_t start_info) noexcept {
    constexpr FwCfgPort fw_cfg{
        [](uint16_t key) noexcept { arch::port_write16(fw_cfg_select, key); },
        []() noexcept { return arch::port_read8(fw_cfg_data); },
    };
    console.start();
    arch::install_vectors();
    const MutableBytes leasable = find_leasable(start_info);
    arch::protect_image();
    local_apic.start(vector_timer, vector_spurious);
    route_io_apic(io_apic_base, com1_pin, vector_console);
    start_clock();
    read_arguments(fw_cfg, arguments);
    set_clocks(arguments, clock, wall_clock);
    Machine machine{BoardKind::qemu_x86_64,
                    arguments,
                    clock,
                    wall_clock,
                    console,
                    power,
                    start_block(virtio_slots, route_slot, disk),
                    start_entropy(virtio_slots, route_slot, entropy),
                    start_link(virtio_slots, route_slot, arguments, clock, network, link_),
                    leasable};
    arch::enable_interrupts();
    power.power_off(board_main(machine));
}

} // namespace
} // namespace grafos::board

void grafos_enter_board(uint64_t start_info) noexcept {
    grafos::board::run(start_info);
}
