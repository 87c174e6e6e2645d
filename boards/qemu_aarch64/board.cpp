// SPDX-License-Identifier: Apache-2.0
// The virt machine: owns every device object, brings them up in order, and calls the executable.
#include "boards/qemu_aarch64/board.hpp"

#include <algorithm>

#include "arch/aarch64/entry.hpp"
#include "arch/aarch64/words.hpp"
#include "boards/parts/bare/bring_up.hpp"
#include "boards/parts/devicetree/devicetree.hpp"
#include "boards/parts/machine/machine.hpp"
#include "boards/qemu_aarch64/power.hpp"

extern "C" {
extern const uint8_t grafos_image_end[];
}

namespace grafos::board {

constinit Pl011Line console_line{pl011_base};
constinit Pl011 console{console_line};
constinit Gic gic{distributor_base, cpu_interface_base};
constinit VirtioNet network;
constinit uint32_t is_woken = 0;

namespace {

constexpr size_t memory_ranges_max = 8;
constexpr uint64_t counter_hz_min = 1'000'000;
constexpr uintptr_t fw_cfg_select = fw_cfg_base + 8;

constinit CounterClock clock{arch::read_counter};
constinit ArgumentWallClock wall_clock;
constinit VirtPower power{clock};
constinit Arguments arguments;
constinit VirtioBlock disk;
constinit VirtioEntropy entropy;
constinit LwipLink link_;

/// Taken on trust: nothing on this machine could contradict it (protocol §1).
void start_clock() noexcept {
    const uint64_t hz = arch::read_counter_hz();
    if (hz < counter_hz_min) {
        refuse("CNTFRQ_EL0", Error{ErrorCode::unsupported, Field::clock, hz, counter_hz_min});
    }
    clock.start(hz, Instant{0});
}

MutableBytes find_leasable(uint64_t device_tree) noexcept {
    const uint8_t* const tree = reinterpret_cast<const uint8_t*>(device_tree);
    const Result<size_t> size = device_tree_size({tree, 8});
    if (!size.is_ok()) {
        refuse("device tree", size.error());
    }
    std::array<MemoryRange, memory_ranges_max> ram;
    const Result<size_t> count = find_memory({tree, size.value()}, ram);
    if (!count.is_ok()) {
        refuse("device tree", count.error());
    }
    for (MemoryRange& range : ram) {
        range.begin = std::max(range.begin, mapped_memory.begin);
        range.end = std::min(range.end, mapped_memory.end);
    }
    // The device tree lies below the image, so what is used is one piece.
    return leasable_memory(std::span{ram}.first(count.value()),
                           {mapped_memory.begin, reinterpret_cast<uint64_t>(grafos_image_end)});
}

void route_slot(uint32_t index) noexcept {
    gic.enable(interrupt_virtio_first + index);
}

[[noreturn]] void run(uint64_t device_tree) noexcept {
    constexpr FwCfgPort fw_cfg{
        // The selector is big-endian, the data a stream of bytes.
        [](uint16_t key) noexcept { mmio_write16(fw_cfg_select, __builtin_bswap16(key)); },
        []() noexcept { return mmio_read8(fw_cfg_base); },
    };
    console.start();
    const MutableBytes leasable = find_leasable(device_tree);
    gic.start();
    gic.enable(interrupt_timer);
    gic.enable(interrupt_console);
    start_clock();
    read_arguments(fw_cfg, arguments);
    set_clocks(arguments, clock, wall_clock);
    Machine machine{BoardKind::qemu_aarch64,
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

void grafos_enter_board(uint64_t device_tree) noexcept {
    grafos::board::run(device_tree);
}
