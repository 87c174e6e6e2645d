// SPDX-License-Identifier: Apache-2.0
/// Payloads from anybody, of every message: u16 number, u8 direction (0 request, 1 reply, 2 the
/// refusal, 3 parameters of a grant), then the payload. Refused with a typed error, or exactly what
/// the encoder would write, but for TLVs behind the fields.
#include "core/base/assert.hpp"
#include "core/wire/message_table.hpp"
#include "core/wire/parameters.hpp"

using namespace grafos;
using namespace grafos::wire;

namespace {

void check_layout(const Layout& layout, Bytes payload) {
    alignas(8) std::array<uint8_t, 512> made{};
    GRAFOS_ASSERT(layout.struct_bytes <= made.size());
    const Result<size_t> decoded = wire::detail::decode_fields(layout, payload, made.data());
    if (!decoded.is_ok()) {
        GRAFOS_ASSERT(decoded.error().field != Field::none);
        return;
    }
    const size_t size = decoded.value();
    GRAFOS_ASSERT(size >= layout.bytes_min && size <= layout.bytes_max);
    GRAFOS_ASSERT(payload.size() - size <= payload_tlv_bytes_max);
    std::array<uint8_t, payload_bytes_max> again;
    const Result<size_t> encoded = wire::detail::encode_fields(layout, made.data(), again);
    GRAFOS_ASSERT(encoded.is_ok() && encoded.value() == size);
    GRAFOS_ASSERT(is_equal(Bytes{again}.first(size), payload.first(size)));
}

void check_parameters(Bytes parameters) {
    const Result<LeaseParameters> read = read_parameters(parameters);
    GRAFOS_ASSERT(read.is_ok() || read.error().field != Field::none);
    GRAFOS_ASSERT(!read.is_ok() || read.value().affinity_count <= affinities_max);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) {
        return 0;
    }
    const Bytes payload{data + 3, size - 3};
    const MessageEntry* const entry = find_message(load_big_endian<uint16_t>(data));
    if (data[2] == 2) {
        check_layout(layout_of<Refusal>, payload);
    } else if (data[2] == 3) {
        check_parameters(payload);
    } else if (entry != nullptr) {
        check_layout(data[2] == 0 ? *entry->request : *entry->reply, payload);
    }
    return 0;
}
