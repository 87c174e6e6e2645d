// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame_peer.hpp"

namespace grafos::test {

namespace {

constexpr size_t ipv4_header_bytes = 20;
constexpr size_t udp_header_bytes = 8;

/// The Internet's checksum (RFC 1071), written down the plain way.
uint16_t internet_sum(Bytes bytes, uint64_t sum) noexcept {
    for (size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? uint64_t{bytes[i]} << 8 : uint64_t{bytes[i]};
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<uint16_t>(~sum);
}

uint64_t halves(uint32_t address) noexcept {
    return (address >> 16) + (address & 0xffff);
}

} // namespace

void FramePeer::reset() noexcept {
    first_ = 0;
    waiting_ = 0;
    sent_count_ = 0;
    is_lent_ = false;
    is_broken_ = false;
}

FramePeer::Frame& FramePeer::begin(uint16_t type) noexcept {
    GRAFOS_ASSERT(waiting_ < delivered_max);
    Frame& frame = delivered_[(first_ + waiting_) % delivered_max];
    waiting_ += 1;
    copy_bytes(MutableBytes{frame.bytes}.first(6), card_mac);
    copy_bytes(MutableBytes{frame.bytes}.subspan(6, 6), peer_mac);
    store_big_endian<uint16_t>(frame.bytes.data() + 12, type);
    return frame;
}

MutableBytes FramePeer::begin_ipv4(uint8_t protocol, uint32_t from, uint32_t to,
                                   size_t size) noexcept {
    Frame& frame = begin(0x0800);
    uint8_t* const ip = frame.bytes.data() + board::ethernet_header_bytes;
    zero_bytes({ip, ipv4_header_bytes});
    ip[0] = 0x45;
    store_big_endian<uint16_t>(ip + 2, static_cast<uint16_t>(ipv4_header_bytes + size));
    ip[8] = 64;
    ip[9] = protocol;
    store_big_endian<uint32_t>(ip + 12, from);
    store_big_endian<uint32_t>(ip + 16, to);
    store_big_endian<uint16_t>(ip + 10, internet_sum({ip, ipv4_header_bytes}, 0));
    frame.size = board::ethernet_header_bytes + ipv4_header_bytes + size;
    return {ip + ipv4_header_bytes, size};
}

void FramePeer::deliver_udp(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                            Bytes payload) noexcept {
    const size_t size = udp_header_bytes + payload.size();
    const MutableBytes udp = begin_ipv4(17, from.ipv4, to.ipv4, size);
    store_big_endian<uint16_t>(udp.data(), from.port);
    store_big_endian<uint16_t>(udp.data() + 2, to.port);
    store_big_endian<uint16_t>(udp.data() + 4, static_cast<uint16_t>(size));
    store_big_endian<uint16_t>(udp.data() + 6, 0);
    copy_bytes(udp.subspan(udp_header_bytes), payload);
    const uint16_t sum = internet_sum(udp, halves(from.ipv4) + halves(to.ipv4) + 17 + size);
    store_big_endian<uint16_t>(udp.data() + 6, sum == 0 ? uint16_t{0xffff} : sum);
}

void FramePeer::deliver_arp(uint16_t operation, uint32_t from, uint32_t to) noexcept {
    Frame& frame = begin(0x0806);
    uint8_t* const arp = frame.bytes.data() + board::ethernet_header_bytes;
    constexpr std::array<uint8_t, 6> ethernet_and_ipv4{0, 1, 8, 0, 6, 4};
    copy_bytes({arp, 6}, ethernet_and_ipv4);
    store_big_endian<uint16_t>(arp + 6, operation);
    copy_bytes({arp + 8, 6}, peer_mac);
    store_big_endian<uint32_t>(arp + 14, from);
    zero_bytes({arp + 18, 6});
    store_big_endian<uint32_t>(arp + 24, to);
    frame.size = board::ethernet_header_bytes + 28;
}

void FramePeer::deliver_ping(uint32_t from, uint32_t to, size_t size) noexcept {
    const MutableBytes icmp = begin_ipv4(1, from, to, size + 8);
    zero_bytes(icmp);
    icmp[0] = 8;
    store_big_endian<uint16_t>(icmp.data() + 2, internet_sum(icmp, 0));
}

void FramePeer::deliver_protocol(uint8_t protocol, uint32_t from, uint32_t to) noexcept {
    zero_bytes(begin_ipv4(protocol, from, to, 16));
}

void FramePeer::deliver_noise(size_t size, uint64_t seed) noexcept {
    GRAFOS_ASSERT(size >= board::ethernet_header_bytes && size <= board::ethernet_frame_bytes_max);
    Frame& frame = begin(seed % 2 == 0 ? 0x0800 : 0x0806);
    for (size_t i = board::ethernet_header_bytes; i < size; ++i) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        frame.bytes[i] = static_cast<uint8_t>(seed >> 56);
    }
    frame.size = size;
}

MutableBytes FramePeer::last_delivered() noexcept {
    GRAFOS_ASSERT(waiting_ > 0);
    Frame& frame = delivered_[(first_ + waiting_ - 1) % delivered_max];
    return MutableBytes{frame.bytes}.first(frame.size);
}

void FramePeer::cut_last(size_t size) noexcept {
    GRAFOS_ASSERT(waiting_ > 0 && size <= last_delivered().size());
    delivered_[(first_ + waiting_ - 1) % delivered_max].size = size;
}

Bytes FramePeer::sent(size_t index) const noexcept {
    GRAFOS_ASSERT(index < sent_count_);
    return Bytes{sent_[index].bytes}.first(sent_[index].size);
}

bool FramePeer::is_arp_request_for(size_t index, uint32_t address) const noexcept {
    const Bytes frame = sent(index);
    return frame.size() >= 42 && load_big_endian<uint16_t>(frame.data() + 12) == 0x0806 &&
           load_big_endian<uint16_t>(frame.data() + 20) == 1 &&
           load_big_endian<uint32_t>(frame.data() + 38) == address;
}

Result<MutableBytes> FramePeer::take_frame() noexcept {
    GRAFOS_ASSERT(!is_lent_);
    if (is_broken_) {
        return Error{ErrorCode::io, Field::device};
    }
    if (waiting_ == 0) {
        return Error{ErrorCode::busy, Field::device};
    }
    is_lent_ = true;
    return MutableBytes{delivered_[first_].bytes}.first(delivered_[first_].size);
}

void FramePeer::give_back() noexcept {
    GRAFOS_ASSERT(is_lent_ && waiting_ > 0);
    is_lent_ = false;
    first_ = (first_ + 1) % delivered_max;
    waiting_ -= 1;
}

Result<MutableBytes> FramePeer::reserve_frame() noexcept {
    if (is_broken_) {
        return Error{ErrorCode::io, Field::device};
    }
    if (sent_count_ == sent_max) {
        return Error{ErrorCode::busy, Field::device};
    }
    return MutableBytes{sent_[sent_count_].bytes};
}

void FramePeer::submit_frame(size_t size) noexcept {
    GRAFOS_ASSERT(sent_count_ < sent_max);
    sent_[sent_count_].size = size;
    sent_count_ += 1;
}

} // namespace grafos::test
