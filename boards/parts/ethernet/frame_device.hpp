// SPDX-License-Identifier: Apache-2.0
/// A network card as whoever speaks a protocol over it sees it: whole Ethernet frames, one lent at
/// a time in each direction, none copied on the way in.
#pragma once

#include <array>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::board {

inline constexpr size_t ethernet_header_bytes = 14;
inline constexpr size_t ethernet_frame_bytes_max = 1514; ///< without its check sequence

using MacAddress = std::array<uint8_t, 6>;
inline constexpr MacAddress mac_broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

class FrameDevice {
public:
    [[nodiscard]] virtual MacAddress mac() const noexcept = 0;

    /// The oldest frame that is for this machine or for all; its IP header lies on a multiple of 4.
    /// Lent until `give_back`, which each success is followed by. Failures: busy (none waiting),
    /// io (the device is broken). Context: turn.
    [[nodiscard]] virtual Result<MutableBytes> take_frame() noexcept = 0;
    virtual void give_back() noexcept = 0;

    /// Room for one frame of ethernet_frame_bytes_max bytes, to be filled and handed to `submit` at
    /// once. Failures: busy (all on their way), io. Context: turn.
    [[nodiscard]] virtual Result<MutableBytes> reserve_frame() noexcept = 0;
    /// The first `size` bytes (header … maximum) of what was reserved leave now or at `flush`.
    virtual void submit_frame(size_t size) noexcept = 0;
    virtual void flush() noexcept = 0;

protected:
    ~FrameDevice() = default;
};

} // namespace grafos::board
