// SPDX-License-Identifier: Apache-2.0
/// The one question we have for a device tree: where is RAM?
///
/// A flattened device tree (Devicetree Specification v0.4, §5) is a header, a stream of 32-bit
/// tokens and a table of names. It comes from outside, so it is walked with every offset checked
/// and an end that no content can move.
#pragma once

#include <span>

#include "boards/parts/memory_map/memory_map.hpp"
#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::board {

inline constexpr size_t device_tree_bytes_max = 2u << 20;

/// The size a tree claims, from its first 8 bytes. Failures: corrupt (magic), capacity_exceeded
/// (more than device_tree_bytes_max). Context: boot.
[[nodiscard]] Result<size_t> device_tree_size(Bytes header) noexcept;

/// Fills `ranges` from the `reg` of every top-level node with device_type "memory", and answers how
/// many. Address and size cells of the root: 1 or 2 each. Failures: corrupt (field says what),
/// unsupported_version, unsupported (cell counts), capacity_exceeded (more ranges than room).
/// Context: boot.
[[nodiscard]] Result<size_t> find_memory(Bytes tree, std::span<MemoryRange> ranges) noexcept;

} // namespace grafos::board
