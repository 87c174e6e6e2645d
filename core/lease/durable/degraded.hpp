// SPDX-License-Identifier: Apache-2.0
/// Why a node that has a disk refuses to grant. Closed; the numbers travel in `Error::value`.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/error.hpp"

namespace grafos::lease {

enum class DegradedReason : uint8_t {
    none = 0,
    no_durable_state = 1, ///< our identity, but neither checkpoint copy proves itself: adopt
    corrupt = 2,          ///< the log contradicts itself or its checkpoint; never truncated
    durable_unknown = 3, ///< a write or flush failed: until reboot nobody knows what is on the disk
    foreign_disk = 4,    ///< something else lives there
    newer_version = 5,   ///< written by a younger build
    geometry = 6,        ///< the disk is smaller than it says, or this build's buffers are
    device_lost = 7,     ///< the device failed a read, or did not come back from its reset
    log_full = 8, ///< not even a boot record fits: collect and trim, then it goes on by itself
};

[[nodiscard]] constexpr std::string_view name_of(DegradedReason reason) noexcept {
    switch (reason) {
    case DegradedReason::none: return "none";
    case DegradedReason::no_durable_state: return "no_durable_state";
    case DegradedReason::corrupt: return "corrupt";
    case DegradedReason::durable_unknown: return "durable_unknown";
    case DegradedReason::foreign_disk: return "foreign_disk";
    case DegradedReason::newer_version: return "newer_version";
    case DegradedReason::geometry: return "geometry";
    case DegradedReason::device_lost: return "device_lost";
    case DegradedReason::log_full: return "log_full";
    }
    return "unknown";
}

/// What every refusal of a degraded log reads like.
[[nodiscard]] constexpr Error degraded_error(DegradedReason reason) noexcept {
    return {ErrorCode::degraded, Field::log, static_cast<uint64_t>(reason), 0};
}

} // namespace grafos::lease
