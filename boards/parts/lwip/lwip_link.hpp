// SPDX-License-Identifier: Apache-2.0
/// UDP over IPv4 over Ethernet as link, by lwIP.
///
/// Problem: a protocol stack brings its own queues, timers and memory. Idea: it is called from the
/// turn only, and a received frame is handed to it one at a time, so that a datagram goes from the
/// card's buffer straight into the caller's; the card's ring is the only queue. Rule: after each
/// call the frame is ours again. ARP's timer counts seconds at `flush`: a machine that rests is
/// never woken for it, and catches up when it comes round.
///
/// lwIP is one per machine (its state is static), and so is this.
#pragma once

#include "boards/parts/ethernet/frame_device.hpp"
#include "hal/clock.hpp"
#include "hal/datagram_link.hpp"

namespace grafos::board {

struct LwipSettings {
    hal::DatagramAddress own{0x0a00020f, 7000}; ///< 10.0.2.15; port 0 takes a free one
    uint32_t netmask = 0xffffff00;
    uint32_t gateway = 0x0a000202; ///< 10.0.2.2; 0: none
};

/// Since start; nothing decides on them.
struct LwipCounters {
    uint64_t received = 0;
    uint64_t sent = 0;
    uint64_t malformed = 0; ///< dropped: empty, too long, or from nobody
    uint64_t unsent = 0;    ///< no route
    uint64_t other = 0;     ///< frames that held no datagram for us
};

class LwipLink final : public hal::DatagramLink {
public:
    constexpr LwipLink() noexcept = default;
    LwipLink(const LwipLink&) = delete;
    LwipLink& operator=(const LwipLink&) = delete;

    /// Failures: invalid_argument (address: own or gateway are none a machine can have there).
    /// Context: boot, once until `stop`.
    [[nodiscard]] Result<> start(FrameDevice& device, hal::Clock& clock,
                                 const LwipSettings& settings) noexcept;
    /// Leaves the network. Context: turn.
    void stop() noexcept;

    [[nodiscard]] Result<> send(const hal::DatagramAddress& to, Bytes payload) noexcept override;
    [[nodiscard]] Result<hal::ReceivedDatagram> receive(MutableBytes into) noexcept override;
    void flush() noexcept override;
    [[nodiscard]] hal::DatagramAddress local_address() const noexcept override { return local_; }

    [[nodiscard]] const LwipCounters& counters() const noexcept { return counters_; }

private:
    friend struct LwipCalls; ///< what lwIP calls back

    /// Frames without a datagram for us that one `receive` goes through.
    static constexpr uint32_t frames_max = 64;
    static constexpr Duration arp_period{1'000};
    /// A longer rest counts as this long: every entry is out of date by then.
    static constexpr uint64_t arp_periods_max = 301;

    void hand_to_lwip(MutableBytes frame) noexcept;

    FrameDevice* device_ = nullptr;
    hal::Clock* clock_ = nullptr;
    hal::DatagramAddress local_{};
    LwipCounters counters_{};
    Instant arp_ticked_at_{};
    MutableBytes into_{};               ///< while `receive` runs
    hal::ReceivedDatagram delivered_{}; ///< size 0: none yet
    bool is_frame_lent_ = false;        ///< to lwIP
};

} // namespace grafos::board
