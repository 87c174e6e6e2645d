// SPDX-License-Identifier: Apache-2.0
#include "core/wire/port.hpp"

namespace grafos::wire {

bool Port::receive(uint32_t packets_max, Instant now) noexcept {
    for (uint32_t i = 0; i < packets_max; ++i) {
        const Result<hal::ReceivedDatagram> received = link_.receive(buffer_);
        if (!received.is_ok()) {
            return false;
        }
        GRAFOS_ASSERT(received.value().size <= buffer_.size());
        const MutableBytes packet = MutableBytes{buffer_}.first(received.value().size);
        figures_.received += 1;
        figures_.bytes_received += packet.size();
        const Result<PacketHeader> header = decode_packet_header(packet);
        if (!header.is_ok()) {
            figures_.dropped_header += 1;
            continue;
        }
        PacketSink* sink = header.value().is_to_client ? client_ : server_;
        if (sink == nullptr) {
            figures_.dropped_nobody += 1;
            continue;
        }
        sink->on_packet(received.value().from, header.value(), packet, now);
    }
    return true;
}

void Port::send(const hal::DatagramAddress& to, Bytes packet) noexcept {
    if (!link_.send(to, packet).is_ok()) {
        figures_.send_refused += 1;
        return;
    }
    figures_.sent += 1;
    figures_.bytes_sent += packet.size();
}

} // namespace grafos::wire
