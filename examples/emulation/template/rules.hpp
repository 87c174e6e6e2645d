// SPDX-License-Identifier: Apache-2.0
/// Why each line is printed: what `--explain` says below it.
#pragma once

#include "examples/emulation/observer.hpp"

namespace grafos::ring::rules {

using emulation::Rule;

inline constexpr Rule passed{"passed", "A token with hops left goes to the next station."};
inline constexpr Rule kept{"kept", "A token without hops left has arrived."};
inline constexpr Rule counted{"counted", "The watcher asks one station after another."};
inline constexpr Rule silent{"silent", "No answer within a second counts as none."};
inline constexpr Rule verdict{"verdict",
                              "A token with h hops is seen h + 1 times, if none is lost."};

} // namespace grafos::ring::rules
