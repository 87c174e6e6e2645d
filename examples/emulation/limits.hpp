// SPDX-License-Identifier: Apache-2.0
/// What is fixed for every emulation, and what each one chooses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/time.hpp"

namespace grafos::emulation {

/// Longest encoded message: a list of a hundred addresses, or two texts.
inline constexpr size_t message_bytes_max = 224;
/// Longest printed line.
inline constexpr size_t line_bytes_max = 200;
/// Kinds of messages that one kind of actor takes.
inline constexpr size_t protocol_messages_max = 32;
inline constexpr size_t observers_max = 6;
/// A call waits so long for its answer unless it says otherwise.
inline constexpr Duration call_patience{1'000};
/// Letters that wait in front of an actor, unless it is started with another number.
inline constexpr uint16_t mailbox_default = 16;

/// How big one system is; everything is sized from it at build time.
struct SystemLimits {
    uint16_t actors_max;  ///< here and elsewhere
    uint32_t letters_max; ///< on their way, waiting for their time, or in mailboxes
    /// Handled in one tick; more wait for the next, at the same time.
    uint32_t letters_per_tick_max = 4'096;
};

/// A handful of servers and clients: 90 KiB.
inline constexpr SystemLimits small_system{.actors_max = 32, .letters_max = 256};
/// A hundred servers that all speak to one another, and a thousand clients: 5 MiB.
inline constexpr SystemLimits large_system{.actors_max = 1'280, .letters_max = 20'000};

} // namespace grafos::emulation
