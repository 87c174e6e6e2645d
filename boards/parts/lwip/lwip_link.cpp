// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/lwip/lwip_link.hpp"

#include <algorithm>

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>

namespace grafos::board {

namespace {

constinit netif interface{};
constinit udp_pcb* socket = nullptr;
/// What a received frame looks like to lwIP; one, because one is lent at a time.
constinit pbuf_custom frame_view{};

static_assert(PBUF_POOL_BUFSIZE >=
                  hal::datagram_bytes_max + PBUF_LINK_HLEN + PBUF_IP_HLEN + PBUF_TRANSPORT_HLEN,
              "a datagram and its headers are one piece");

ip4_addr_t lwip_address(uint32_t address) noexcept {
    return {lwip_htonl(address)};
}

uint32_t own_address(const ip_addr_t* address) noexcept {
    return lwip_htonl(ip4_addr_get_u32(address));
}

/// An address one machine may have in the network of `netmask`.
bool is_host(uint32_t address, uint32_t netmask) noexcept {
    const uint32_t host = address & ~netmask;
    const uint32_t first = address >> 24;
    return host != 0 && host != ~netmask && first != 0 && first != 127 && first < 224;
}

/// A ping, or a datagram for our port, in a packet without options.
bool is_welcome(Bytes packet) noexcept {
    constexpr size_t header_bytes = 20;
    constexpr uint8_t version_and_length = 0x45;
    constexpr uint8_t icmp = 1;
    constexpr uint8_t udp = 17;
    constexpr uint8_t echo_request = 8;
    if (packet.size() < header_bytes + 8 || packet[0] != version_and_length) {
        return false;
    }
    const uint8_t protocol = packet[9];
    const uint8_t* const body = packet.data() + header_bytes;
    return (protocol == icmp && body[0] == echo_request) ||
           (protocol == udp && load_big_endian<uint16_t>(body + 2) == socket->local_port);
}

} // namespace

struct LwipCalls {
    /// lwIP is done with the received frame.
    static void free_frame(pbuf*) noexcept {
        auto& link = *static_cast<LwipLink*>(interface.state);
        GRAFOS_ASSERT(link.is_frame_lent_);
        link.is_frame_lent_ = false;
    }

    static err_t send_frame(netif* of, pbuf* packet) noexcept {
        auto& link = *static_cast<LwipLink*>(of->state);
        if (packet->tot_len > ethernet_frame_bytes_max) {
            return ERR_IF;
        }
        const Result<MutableBytes> room = link.device_->reserve_frame();
        if (!room.is_ok()) {
            return room.error().code == ErrorCode::busy ? ERR_BUF : ERR_IF;
        }
        const uint16_t size = pbuf_copy_partial(packet, room.value().data(), packet->tot_len, 0);
        GRAFOS_ASSERT(size == packet->tot_len);
        link.device_->submit_frame(size);
        return ERR_OK;
    }

    static err_t begin_interface(netif* of) noexcept {
        const auto& link = *static_cast<const LwipLink*>(of->state);
        const MacAddress mac = link.device_->mac();
        of->name[0] = 'e';
        of->name[1] = 'n';
        of->output = etharp_output;
        of->linkoutput = send_frame;
        of->mtu = 1500;
        of->hwaddr_len = sizeof(mac);
        copy_bytes(of->hwaddr, mac);
        of->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
        return ERR_OK;
    }

    static void take_datagram(void* self, udp_pcb*, pbuf* packet, const ip_addr_t* from,
                              uint16_t port) noexcept {
        auto& link = *static_cast<LwipLink*>(self);
        const hal::DatagramAddress peer{own_address(from), port};
        const size_t size = packet->tot_len;
        GRAFOS_ASSERT(link.into_.size() >= hal::datagram_bytes_max && link.delivered_.size == 0);
        if (size == 0 || size > hal::datagram_bytes_max || peer.ipv4 == 0 || peer.port == 0) {
            link.counters_.malformed += 1;
        } else {
            const uint16_t copied =
                pbuf_copy_partial(packet, link.into_.data(), packet->tot_len, 0);
            GRAFOS_ASSERT(copied == size);
            link.delivered_ = {peer, size};
            link.counters_.received += 1;
        }
        (void)pbuf_free(packet);
    }
};

Result<> LwipLink::start(FrameDevice& device, hal::Clock& clock,
                         const LwipSettings& settings) noexcept {
    GRAFOS_ASSERT(device_ == nullptr && socket == nullptr);
    const bool has_way_out = settings.gateway != 0;
    if (!is_host(settings.own.ipv4, settings.netmask)) {
        return Error{ErrorCode::invalid_argument, Field::address, settings.own.ipv4,
                     settings.netmask};
    }
    if (has_way_out && (!is_host(settings.gateway, settings.netmask) ||
                        ((settings.gateway ^ settings.own.ipv4) & settings.netmask) != 0)) {
        return Error{ErrorCode::invalid_argument, Field::address, settings.gateway,
                     settings.own.ipv4};
    }
    device_ = &device;
    clock_ = &clock;
    counters_ = {};
    arp_ticked_at_ = clock.now();
    lwip_init();
    const ip4_addr_t own = lwip_address(settings.own.ipv4);
    const ip4_addr_t netmask = lwip_address(settings.netmask);
    const ip4_addr_t gateway = lwip_address(settings.gateway);
    interface = {};
    netif* const added = netif_add(&interface, &own, &netmask, &gateway, this,
                                   LwipCalls::begin_interface, ethernet_input);
    GRAFOS_ASSERT(added == &interface);
    netif_set_default(added);
    socket = udp_new();
    GRAFOS_ASSERT(socket != nullptr);
    const err_t bound = udp_bind(socket, &own, settings.own.port);
    GRAFOS_ASSERT(bound == ERR_OK);
    udp_recv(socket, LwipCalls::take_datagram, this);
    local_ = {settings.own.ipv4, socket->local_port};
    netif_set_up(added);
    netif_set_link_up(added); // and tells the network who has this address
    device.flush();
    return ok();
}

void LwipLink::stop() noexcept {
    GRAFOS_ASSERT(device_ != nullptr && socket != nullptr);
    udp_remove(socket);
    socket = nullptr;
    netif_remove(&interface);
    device_ = nullptr;
}

Result<> LwipLink::send(const hal::DatagramAddress& to, Bytes payload) noexcept {
    GRAFOS_ASSERT(device_ != nullptr);
    if (payload.empty() || payload.size() > hal::datagram_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::length, payload.size(),
                     hal::datagram_bytes_max};
    }
    if (to.ipv4 == 0 || to.port == 0) {
        return Error{ErrorCode::invalid_argument, Field::address, to.ipv4, to.port};
    }
    const auto size = static_cast<uint16_t>(payload.size());
    pbuf* const packet = pbuf_alloc(PBUF_TRANSPORT, size, PBUF_POOL);
    if (packet == nullptr) {
        return Error{ErrorCode::busy, Field::device};
    }
    GRAFOS_ASSERT(packet->next == nullptr && packet->len == size);
    copy_bytes({static_cast<uint8_t*>(packet->payload), size}, payload);
    const ip4_addr_t peer = lwip_address(to.ipv4);
    const err_t outcome = udp_sendto(socket, packet, &peer, to.port);
    (void)pbuf_free(packet);
    if (outcome == ERR_OK) {
        counters_.sent += 1;
        return ok();
    }
    if (outcome == ERR_MEM || outcome == ERR_BUF) {
        return Error{ErrorCode::busy, Field::device};
    }
    if (outcome == ERR_IF) {
        return Error{ErrorCode::io, Field::device};
    }
    counters_.unsent += 1; // no way there: not a failure of this machine
    return ok();
}

void LwipLink::hand_to_lwip(MutableBytes frame) noexcept {
    GRAFOS_ASSERT(!is_frame_lent_);
    frame_view = {};
    frame_view.custom_free_function = LwipCalls::free_frame;
    const auto size = static_cast<uint16_t>(frame.size());
    pbuf* const packet =
        pbuf_alloced_custom(PBUF_RAW, size, PBUF_REF, &frame_view, frame.data(), size);
    GRAFOS_ASSERT(packet != nullptr);
    is_frame_lent_ = true;
    if (interface.input(packet, &interface) != ERR_OK) {
        (void)pbuf_free(packet);
    }
    // Nothing of lwIP keeps a received frame: ARP and ping answer from its heap.
    GRAFOS_ASSERT(!is_frame_lent_);
}

Result<hal::ReceivedDatagram> LwipLink::receive(MutableBytes into) noexcept {
    GRAFOS_ASSERT(device_ != nullptr && into.size() >= hal::datagram_bytes_max);
    into_ = into;
    delivered_ = {};
    for (uint32_t i = 0; i < frames_max && delivered_.size == 0; ++i) {
        const Result<MutableBytes> frame = device_->take_frame();
        if (!frame.is_ok()) {
            return frame.error();
        }
        GRAFOS_ASSERT(frame.value().size() <= ethernet_frame_bytes_max);
        hand_to_lwip(frame.value());
        device_->give_back();
        counters_.other += delivered_.size == 0 ? 1u : 0u;
    }
    if (delivered_.size == 0) {
        return Error{ErrorCode::busy, Field::device};
    }
    return delivered_;
}

void LwipLink::flush() noexcept {
    GRAFOS_ASSERT(device_ != nullptr);
    const Instant now = clock_->now();
    const uint64_t periods = left_until(now, arp_ticked_at_).ms / arp_period.ms;
    if (periods != 0) {
        for (uint64_t i = 0; i < std::min(periods, arp_periods_max); ++i) {
            etharp_tmr();
        }
        arp_ticked_at_ = saturating_add(arp_ticked_at_, Duration{periods * arp_period.ms});
    }
    device_->flush();
}

} // namespace grafos::board

/// lwIP was called outside its contract, or broke it: a broken program.
extern "C" void grafos_lwip_assertion_failed(void) {
    GRAFOS_UNREACHABLE();
}

extern "C" int grafos_lwip_refuses(pbuf* packet) {
    if (grafos::board::is_welcome({static_cast<const uint8_t*>(packet->payload), packet->len})) {
        return 0;
    }
    (void)pbuf_free(packet);
    return 1;
}
