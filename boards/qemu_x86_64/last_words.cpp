// SPDX-License-Identifier: Apache-2.0
// How this board dies: what is left when nothing else can be trusted.
#include "boards/parts/epitaph/last_words.hpp"

#include "arch/x86_64/entry.hpp"
#include "arch/x86_64/words.hpp"
#include "boards/parts/virtio/emergency_disk.hpp"
#include "boards/qemu_x86_64/board.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

namespace {

constexpr uint16_t debug_exit_port = 0x501;
constexpr uint64_t vector_page_fault = 14;

/// QEMU ends with (value << 1) | 1: 33, 35, 65, 67, 69.
uint32_t debug_exit_value(hal::ExitStatus status) noexcept {
    switch (status) {
    case hal::ExitStatus::success: return 0x10;
    case hal::ExitStatus::failure: return 0x11;
    case hal::ExitStatus::assertion: return 0x20;
    case hal::ExitStatus::exception: return 0x21;
    case hal::ExitStatus::refused: return 0x22;
    }
    return 0x21;
}

} // namespace

hal::EpitaphCpu emergency_begin() noexcept {
    (void)hal::mask_interrupts();
    return hal::EpitaphCpu::x86_64;
}

void emergency_print(std::string_view text) noexcept {
    console.write_polled(bytes_of(text));
}

bool emergency_write(uint64_t sector, Bytes bytes) noexcept {
    const auto slot = find_virtio(virtio_slots, VirtioDeviceKind::block);
    return slot.has_value() && write_sector_in_emergency(slot->base, sector, bytes);
}

void emergency_power_off(hal::ExitStatus status) noexcept {
    arch::port_write32(debug_exit_port, debug_exit_value(status));
    arch::halt_for_ever(); // without the exit device the machine stands still
}

} // namespace grafos::board

void grafos_on_exception(const grafos::arch::ExceptionFrame* frame) noexcept {
    using namespace grafos;
    hal::Epitaph epitaph;
    epitaph.kind = hal::EpitaphKind::exception;
    epitaph.cpu = board::emergency_begin();
    epitaph.cause = (frame->vector << 32) | (frame->error_code & 0xffffffff);
    epitaph.pc = frame->rip;
    epitaph.sp = frame->rsp;
    epitaph.fault_address =
        frame->vector == board::vector_page_fault ? arch::read_fault_address() : 0;
    board::die(epitaph);
}
