// SPDX-License-Identifier: Apache-2.0
/// Writes an epitaph's bytes and its one line of text. Pure: usable with everything else broken.
#pragma once

#include "core/base/text.hpp"
#include "hal/epitaph.hpp"

namespace grafos::board {

using EpitaphSector = std::array<uint8_t, hal::epitaph_bytes>;

/// The sector as hal/epitaph.hpp lays it out. Context: any.
void encode_epitaph(const hal::Epitaph& epitaph, EpitaphSector& to) noexcept;

/// `EPITAPH exception cause=0x… pc=0x… sp=0x… fault=0x… site=0x… boot=…`. Context: any.
void put_epitaph(TextWriter& out, const hal::Epitaph& epitaph) noexcept;

} // namespace grafos::board
