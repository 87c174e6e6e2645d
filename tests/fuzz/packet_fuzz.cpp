// SPDX-License-Identifier: Apache-2.0
/// Datagrams from anybody: the header, and behind a plain one its messages and their payloads.
/// Refused with a typed error, or exactly what the encoders would write.
#include "core/base/assert.hpp"
#include "core/wire/message_table.hpp"
#include "core/wire/packet.hpp"

using namespace grafos;
using namespace grafos::wire;

namespace {

void check_header(Bytes datagram, const PacketHeader& header) {
    GRAFOS_ASSERT(header.body_bytes == datagram.size() - packet_header_bytes);
    std::array<uint8_t, packet_header_bytes> again;
    encode_packet_header(header, again);
    GRAFOS_ASSERT(is_equal(again, datagram.first(packet_header_bytes)));
}

void check_payload(const MessageView& message) {
    const MessageEntry* const entry = find_message(message.type);
    if (entry == nullptr) {
        return;
    }
    const Layout& layout = message.is_reply() ? *entry->reply : *entry->request;
    alignas(8) std::array<uint8_t, 512> made{};
    GRAFOS_ASSERT(layout.struct_bytes <= made.size());
    const Result<size_t> decoded =
        wire::detail::decode_fields(layout, message.payload, made.data());
    GRAFOS_ASSERT(decoded.is_ok() || decoded.error().field != Field::none);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const Bytes datagram{data, size};
    const Result<PacketHeader> header = decode_packet_header(datagram);
    if (!header.is_ok()) {
        GRAFOS_ASSERT(header.error().field != Field::none);
        return 0;
    }
    check_header(datagram, header.value());
    if (header.value().kind != PacketKind::plain) {
        return 0;
    }
    Bytes rest = datagram.subspan(packet_header_bytes);
    while (!rest.empty()) {
        const size_t before = rest.size();
        const Result<MessageView> message = take_message(rest);
        if (!message.is_ok()) {
            GRAFOS_ASSERT(message.error().field != Field::none && rest.size() == before);
            return 0;
        }
        GRAFOS_ASSERT(before - rest.size() == MessageWriter::bytes_of(message.value()));
        check_payload(message.value());
    }
    return 0;
}
