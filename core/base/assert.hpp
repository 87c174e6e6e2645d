// SPDX-License-Identifier: Apache-2.0
/// The broken-program exit. `GRAFOS_ASSERT` is on in every build.
///
/// An assertion states what the program itself guarantees. No frame, disk byte, console line or API
/// argument may reach one: those are answered with an `Error`. A failed assertion hands a 32-bit
/// site id to the board, which writes the epitaph and halts. The id is a hash of file and line,
/// equal for every compiler and machine; `tools/site ID` turns it back into text, so the text costs
/// the image nothing.
#pragma once

#include <cstdint>

namespace grafos {

/// Supplied by the board (or the test frame). Never returns to the asserting function.
/// Context: any, interrupts included.
[[noreturn]] void assertion_failed(uint32_t site) noexcept;

namespace detail {

/// FNV-1a over "file:line", the file as given by the compiler (paths are mapped to the project's
/// root by the build, so that the id does not depend on where the tree lies).
consteval uint32_t site_id(const char* file, uint32_t line) {
    uint32_t hash = 2166136261u;
    for (const char* c = file; *c != '\0'; ++c) {
        hash = (hash ^ static_cast<uint8_t>(*c)) * 16777619u;
    }
    for (uint32_t shift = 0; shift < 32; shift += 8) {
        hash = (hash ^ ((line >> shift) & 0xffu)) * 16777619u;
    }
    return hash;
}

} // namespace detail
} // namespace grafos

#define GRAFOS_ASSERT(condition)                                                                   \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            ::grafos::assertion_failed(::grafos::detail::site_id(__FILE__, __LINE__));             \
        }                                                                                          \
    } while (false)

/// A place that cannot be reached, for the end of a switch over a closed enum.
#define GRAFOS_UNREACHABLE()                                                                       \
    ::grafos::assertion_failed(::grafos::detail::site_id(__FILE__, __LINE__))

/// O(n) invariants: compiled in for unit and simulator builds only.
#ifdef GRAFOS_SLOW_CHECKS
#define GRAFOS_CHECK_SLOW(condition) GRAFOS_ASSERT(condition)
#else
#define GRAFOS_CHECK_SLOW(condition)                                                               \
    do {                                                                                           \
    } while (false)
#endif
