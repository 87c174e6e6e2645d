// SPDX-License-Identifier: Apache-2.0
// refused: a member without a row
#include "examples/emulation/protocol.hpp"

// A member without a row would never travel, and be zero wherever it arrives.
struct Elect {
    static constexpr std::string_view name = "Elect";
#ifdef GRAFOS_REFUSED
    uint64_t round = 0;
#endif
    uint64_t number = 0;
};

namespace grafos::wire {
inline constexpr FieldLayout elect_fields[] = {GRAFOS_WIRE_FIELD(::Elect, number, data, any())};
template <>
inline constexpr Layout layout_of<::Elect> = layout<::Elect>(elect_fields);
} // namespace grafos::wire

struct ElectProtocol : grafos::emulation::Protocol<Elect> {};
static_assert(ElectProtocol::takes<Elect>);
