// SPDX-License-Identifier: Apache-2.0
/// Whether this build may leave packets unsealed: only with the CMake option
/// `GRAFOS_TRUSTED_FABRIC`, for nets that nobody else reaches. Boot record, identity and console
/// say so.
#pragma once

namespace grafos::wire {

#ifdef GRAFOS_TRUSTED_FABRIC
inline constexpr bool is_trusted_fabric_build = true;
#else
inline constexpr bool is_trusted_fabric_build = false;
#endif

} // namespace grafos::wire
