// SPDX-License-Identifier: Apache-2.0
// How this board dies: what is left when nothing else can be trusted.
#include "boards/parts/epitaph/last_words.hpp"

#include "arch/aarch64/entry.hpp"
#include "arch/aarch64/words.hpp"
#include "boards/parts/virtio/emergency_disk.hpp"
#include "boards/qemu_aarch64/board.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t semihosting_exit_extended = 0x20;
constexpr uint64_t application_exit = 0x20026;

uint64_t exit_code(hal::ExitStatus status) noexcept {
    switch (status) {
    case hal::ExitStatus::success: return 16;
    case hal::ExitStatus::failure: return 35;
    case hal::ExitStatus::assertion: return 65;
    case hal::ExitStatus::exception: return 67;
    case hal::ExitStatus::refused: return 69;
    }
    return 67;
}

} // namespace

hal::EpitaphCpu emergency_begin() noexcept {
    (void)hal::mask_interrupts();
    return hal::EpitaphCpu::aarch64;
}

void emergency_print(std::string_view text) noexcept {
    console.write_polled(bytes_of(text));
}

bool emergency_write(uint64_t sector, Bytes bytes) noexcept {
    const auto slot = find_virtio(virtio_slots, VirtioDeviceKind::block);
    return slot.has_value() && write_sector_in_emergency(slot->base, sector, bytes);
}

void emergency_power_off(hal::ExitStatus status) noexcept {
    const uint64_t block[2] = {application_exit, exit_code(status)};
    arch::semihosting_call(semihosting_exit_extended, block);
    arch::system_off(); // without semihosting the code is lost, the end is not
    arch::halt_for_ever();
}

} // namespace grafos::board

void grafos_on_exception(const grafos::arch::ExceptionFrame* frame) noexcept {
    using namespace grafos;
    hal::Epitaph epitaph;
    epitaph.kind = hal::EpitaphKind::exception;
    epitaph.cpu = board::emergency_begin();
    epitaph.cause = (frame->slot << 32) | (frame->esr & 0xffffffff);
    epitaph.pc = frame->elr;
    epitaph.sp = frame->main_sp;
    epitaph.fault_address = frame->far;
    board::die(epitaph);
}
