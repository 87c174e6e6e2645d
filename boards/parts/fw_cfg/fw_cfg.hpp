// SPDX-License-Identifier: Apache-2.0
/// QEMU's firmware configuration device: named files that whoever starts the machine gives it
/// (`-fw_cfg name=opt/grafos/args,string=…`). Read once at boot, byte by byte; what it says about
/// counts and sizes is bounded here.
/// Source: QEMU docs/specs/fw_cfg.
#pragma once

#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::board {

/// The two registers, which each board reaches in its own way.
struct FwCfgPort {
    void (*select)(uint16_t key) noexcept;
    uint8_t (*read_byte)() noexcept;
};

inline constexpr uint32_t fw_cfg_files_max = 256;

/// Reads the file `name` into `to` and answers its size. Failures: not_found (no device or no such
/// file), capacity_exceeded (longer than `to`, or a directory longer than fw_cfg_files_max).
/// Context: boot.
[[nodiscard]] Result<size_t> read_fw_cfg_file(const FwCfgPort& port, std::string_view name,
                                              MutableBytes to) noexcept;

} // namespace grafos::board
