// SPDX-License-Identifier: Apache-2.0
/// What this board hands to its last words.
#pragma once

#include "boards/linux/file_disk.hpp"

namespace grafos::board {

/// The disk that takes the epitaph from here on. Context: boot.
void set_emergency_disk(const FileDisk& disk) noexcept;

/// SIGSEGV, SIGBUS, SIGILL and SIGFPE end in an epitaph, on a stack of their own. Context: boot,
/// once.
void install_signal_handlers() noexcept;

} // namespace grafos::board
