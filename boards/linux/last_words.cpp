// SPDX-License-Identifier: Apache-2.0
// How a process dies. Only system calls that are safe in a signal handler.
#include "boards/linux/last_words.hpp"

#include <atomic>
#include <csignal>

#include <unistd.h>

#include "arch/host/context.hpp"
#include "boards/parts/epitaph/last_words.hpp"

namespace grafos::board {

namespace {

constexpr size_t signal_stack_bytes = 64 * 1024;
constexpr int fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};

constinit std::atomic<const FileDisk*> emergency_disk{nullptr};
alignas(16) constinit uint8_t signal_stack[signal_stack_bytes] = {};

int exit_code(hal::ExitStatus status) noexcept {
    switch (status) {
    case hal::ExitStatus::success: return 0;
    case hal::ExitStatus::failure: return 35;
    case hal::ExitStatus::assertion: return 65;
    case hal::ExitStatus::exception: return 67;
    case hal::ExitStatus::refused: return 69;
    }
    return 67;
}

void on_fatal_signal(int number, siginfo_t* info, void* context) noexcept {
    const arch::StoppedAt at = arch::stopped_at(*static_cast<const ucontext_t*>(context));
    hal::Epitaph epitaph;
    epitaph.kind = hal::EpitaphKind::exception;
    epitaph.cpu = emergency_begin();
    epitaph.cause = (static_cast<uint64_t>(number) << 32) | static_cast<uint32_t>(info->si_code);
    epitaph.pc = at.pc;
    epitaph.sp = at.sp;
    // Positive codes come from the CPU and carry an address, others from a sender (sigaction(2)).
    epitaph.fault_address = info->si_code > 0 ? reinterpret_cast<uint64_t>(info->si_addr) : 0;
    die(epitaph);
}

} // namespace

void set_emergency_disk(const FileDisk& disk) noexcept {
    emergency_disk.store(&disk);
}

void install_signal_handlers() noexcept {
    stack_t stack{};
    stack.ss_sp = signal_stack;
    stack.ss_size = signal_stack_bytes;
    (void)sigaltstack(&stack, nullptr);
    struct sigaction action{};
    action.sa_sigaction = on_fatal_signal;
    // Not deferred: a second fault inside the handler comes back and goes on with the next stage.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (const int number : fatal_signals) {
        (void)sigaction(number, &action, nullptr);
    }
    // A write past the file-size limit is an answer (EFBIG), a closed terminal is one too (EPIPE).
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
}

hal::EpitaphCpu emergency_begin() noexcept {
    return hal::EpitaphCpu::host;
}

void emergency_print(std::string_view text) noexcept {
    (void)!write(STDERR_FILENO, text.data(), text.size());
}

bool emergency_write(uint64_t sector, Bytes bytes) noexcept {
    const FileDisk* const disk = emergency_disk.load();
    return disk != nullptr && disk->write_now(sector, bytes);
}

void emergency_power_off(hal::ExitStatus status) noexcept {
    _exit(exit_code(status));
}

} // namespace grafos::board
