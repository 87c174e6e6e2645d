// SPDX-License-Identifier: Apache-2.0
/// Reads the last words of the boot before (hal/epitaph.hpp says how they lie).
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "hal/epitaph.hpp"

namespace grafos::lease {

/// `sector` is one sector. Failures: not_found (all zero: nobody died), foreign (magic),
/// unsupported_version (version), corrupt (checksum, padding; kind, name: no such kind or CPU).
/// Context: any.
[[nodiscard]] Result<hal::Epitaph> decode_epitaph(Bytes sector) noexcept;

} // namespace grafos::lease
