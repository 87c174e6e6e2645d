// SPDX-License-Identifier: Apache-2.0
/// A network card in RAM with one other machine behind it, which the test plays: it hands in UDP,
/// ARP and ping, whole or broken, and looks at what came out.
#pragma once

#include "boards/parts/ethernet/frame_device.hpp"
#include "hal/datagram_link.hpp"

namespace grafos::test {

inline constexpr board::MacAddress card_mac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
inline constexpr board::MacAddress peer_mac{0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

class FramePeer final : public board::FrameDevice {
public:
    static constexpr size_t sent_max = 32;
    static constexpr size_t delivered_max = 8;

    constexpr FramePeer() noexcept = default;
    FramePeer(const FramePeer&) = delete;
    FramePeer& operator=(const FramePeer&) = delete;

    void reset() noexcept;
    void break_down() noexcept { is_broken_ = true; }

    /// Queue a frame; at most delivered_max wait.
    void deliver_udp(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                     Bytes payload) noexcept;
    /// `operation`: 1 a question, 2 an answer, others nonsense.
    void deliver_arp(uint16_t operation, uint32_t from, uint32_t to) noexcept;
    void deliver_ping(uint32_t from, uint32_t to, size_t size) noexcept;
    /// Sixteen bytes of zeroes of any protocol.
    void deliver_protocol(uint8_t protocol, uint32_t from, uint32_t to) noexcept;
    void deliver_noise(size_t size, uint64_t seed) noexcept;
    [[nodiscard]] MutableBytes last_delivered() noexcept;
    void cut_last(size_t size) noexcept;

    [[nodiscard]] size_t sent_count() const noexcept { return sent_count_; }
    [[nodiscard]] Bytes sent(size_t index) const noexcept;
    void drop_sent() noexcept { sent_count_ = 0; }
    [[nodiscard]] bool is_arp_request_for(size_t index, uint32_t address) const noexcept;

    [[nodiscard]] board::MacAddress mac() const noexcept override { return card_mac; }
    [[nodiscard]] Result<MutableBytes> take_frame() noexcept override;
    void give_back() noexcept override;
    [[nodiscard]] Result<MutableBytes> reserve_frame() noexcept override;
    void submit_frame(size_t size) noexcept override;
    void flush() noexcept override {}

private:
    struct alignas(8) Frame {
        std::array<uint8_t, 2> padding{};
        std::array<uint8_t, board::ethernet_frame_bytes_max> bytes{};
        size_t size = 0;
    };

    [[nodiscard]] Frame& begin(uint16_t type) noexcept;
    /// An IPv4 packet of `size` bytes behind its header; answers where they go.
    [[nodiscard]] MutableBytes begin_ipv4(uint8_t protocol, uint32_t from, uint32_t to,
                                          size_t size) noexcept;

    Frame delivered_[delivered_max] = {};
    Frame sent_[sent_max] = {};
    size_t first_ = 0;
    size_t waiting_ = 0;
    size_t sent_count_ = 0;
    bool is_lent_ = false;
    bool is_broken_ = false;
};

} // namespace grafos::test
