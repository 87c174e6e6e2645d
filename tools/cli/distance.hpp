// SPDX-License-Identifier: Apache-2.0
/// How far two words are apart, to name the one that was meant.
#pragma once

#include <string>

namespace grafos::cli {

/// Letters to put, take, change or swap with their neighbour to make one of the other.
[[nodiscard]] size_t distance_of(const std::string& a, const std::string& b);

} // namespace grafos::cli
