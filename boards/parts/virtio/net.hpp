// SPDX-License-Identifier: Apache-2.0
/// A virtio network card: NetRings behind a transport. Without offloads: each buffer is one frame.
///
/// An interrupt only says that something came; frames are taken when a turn asks. What was sent
/// raises none. A card that breaks the rules is reset and answers `io` from then on. Source:
/// Virtual I/O Device 1.1, section 5.1.
#pragma once

#include "boards/parts/virtio/net_rings.hpp"
#include "boards/parts/virtio/transport.hpp"

namespace grafos::board {

class VirtioNet final : public FrameDevice {
public:
    constexpr VirtioNet() noexcept = default;
    VirtioNet(const VirtioNet&) = delete;
    VirtioNet& operator=(const VirtioNet&) = delete;

    /// Takes over the device with registers at `base`. Failures: unsupported (it has no address of
    /// its own), io. Context: boot.
    [[nodiscard]] Result<> start(uintptr_t base) noexcept;

    [[nodiscard]] MacAddress mac() const noexcept override { return mac_; }
    [[nodiscard]] Result<MutableBytes> take_frame() noexcept override;
    void give_back() noexcept override { rings_.give_back(); }
    [[nodiscard]] Result<MutableBytes> reserve_frame() noexcept override;
    void submit_frame(size_t size) noexcept override { rings_.submit(size); }
    void flush() noexcept override;

    /// Frames were left behind by whoever took some: no rest before they are taken. A machine that
    /// never takes any rests. Context: any.
    [[nodiscard]] bool has_leftover() const noexcept { return rings_.has_leftover(); }
    [[nodiscard]] const NetCounters& counters() const noexcept { return rings_.counters(); }

private:
    /// Passes `answer` on; one that says the device lied stops it.
    [[nodiscard]] Result<MutableBytes> judge(Result<MutableBytes> answer) noexcept;

    NetRings rings_;
    VirtioTransport transport_;
    MacAddress mac_{};
    bool is_broken_ = true; ///< until started
};

} // namespace grafos::board
