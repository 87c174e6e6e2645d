// SPDX-License-Identifier: Apache-2.0
/// The two rings of a network card and the buffers behind them, without its registers.
///
/// Problem: a card works on our memory while we do, and is not believed. Idea: buffer i belongs to
/// descriptor i for ever, so nothing it says leads anywhere but to an index that is checked. Rule:
/// a buffer is either lent to the device or ours; an answer about one that is ours, or about more
/// bytes than it holds, breaks the card for good. A frame that is merely bad is dropped and
/// counted. Source: Virtual I/O Device 1.1, sections 5.1.6 and 2.6.
#pragma once

#include "boards/parts/ethernet/frame_device.hpp"
#include "boards/parts/virtio/virtqueue.hpp"

namespace grafos::board {

/// Since start; nothing decides on them.
struct NetCounters {
    uint64_t received = 0;
    uint64_t sent = 0;
    uint64_t foreign = 0; ///< dropped: for another machine, or for a group
    uint64_t runts = 0;   ///< dropped: shorter than an Ethernet header
};

class NetRings {
public:
    static constexpr uint16_t receive_entries = 128;
    static constexpr uint16_t send_entries = 64;
    static constexpr size_t header_bytes = 12; ///< of the device's own, before each frame
    /// Frames that are dropped before one call of `take` says that none is waiting.
    static constexpr uint32_t drops_max = 64;

    constexpr NetRings() noexcept : receive_{receive_tables_}, send_{send_tables_} {}
    NetRings(const NetRings&) = delete;
    NetRings& operator=(const NetRings&) = delete;

    [[nodiscard]] Virtqueue& receive_queue() noexcept { return receive_; }
    [[nodiscard]] Virtqueue& send_queue() noexcept { return send_; }

    /// Both queues were restarted: lends all buffers for receiving. Context: boot.
    void begin(const MacAddress& own) noexcept;

    /// As FrameDevice; `io` means that the device lied: stop it, and never come back.
    [[nodiscard]] Result<MutableBytes> take() noexcept;
    void give_back() noexcept;
    [[nodiscard]] Result<MutableBytes> reserve() noexcept;
    void submit(size_t size) noexcept;

    /// Whether the device is to be notified now; asking settles it.
    [[nodiscard]] bool settle_receive() noexcept;
    [[nodiscard]] bool settle_send() noexcept;

    /// True: the last frame was taken while another one waited behind it. What came later has
    /// raised an interrupt of its own. Context: any.
    [[nodiscard]] bool has_leftover() const noexcept { return has_leftover_; }

    [[nodiscard]] const NetCounters& counters() const noexcept { return counters_; }

private:
    /// Two bytes of padding put the IP header (12 + 14 bytes further on) on a multiple of 4.
    struct alignas(4) Buffer {
        std::array<uint8_t, 2> padding{};
        std::array<uint8_t, header_bytes + ethernet_frame_bytes_max> bytes{};
    };
    static constexpr uint16_t none = UINT16_MAX;

    void lend(uint16_t index) noexcept;
    [[nodiscard]] bool is_for_us(Bytes frame) const noexcept;
    /// False: the device lied.
    [[nodiscard]] bool harvest_sent() noexcept;

    VirtqueueTables<receive_entries> receive_tables_{};
    VirtqueueTables<send_entries> send_tables_{};
    Virtqueue receive_;
    Virtqueue send_;
    Buffer received_[receive_entries] = {};
    Buffer sent_[send_entries] = {};
    bool is_sending_[send_entries] = {}; ///< lent to the device
    NetCounters counters_{};
    MacAddress own_{};
    uint16_t taken_ = none;    ///< the received buffer that is lent to our caller
    uint16_t reserved_ = none; ///< the send buffer that is
    uint16_t next_send_ = 0;   ///< where the search for a free send buffer begins
    bool is_receive_due_ = false;
    bool is_send_due_ = false;
    bool has_leftover_ = false;
};

} // namespace grafos::board
