// SPDX-License-Identifier: Apache-2.0
/// The body of a packet from anybody: each message is refused with a typed error, or exactly what
/// the writer would write.
#include "core/base/assert.hpp"
#include "core/wire/message.hpp"
#include "core/wire/packet.hpp"

using namespace grafos;
using namespace grafos::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size > packet_bytes_max) {
        return 0;
    }
    Bytes rest{data, size};
    std::array<uint8_t, packet_bytes_max> again;
    MessageWriter writer{again};
    while (!rest.empty()) {
        const size_t before = rest.size();
        const Result<MessageView> message = take_message(rest);
        if (!message.is_ok()) {
            GRAFOS_ASSERT(message.error().field != Field::none && rest.size() == before);
            break;
        }
        const MessageView& view = message.value();
        GRAFOS_ASSERT(view.is_reply() ? view.open == 0 : view.status == 0);
        GRAFOS_ASSERT(writer.put(view).is_ok());
    }
    GRAFOS_ASSERT(writer.size() == size - rest.size());
    GRAFOS_ASSERT(is_equal(Bytes{again}.first(writer.size()), Bytes{data, writer.size()}));
    return 0;
}
