// SPDX-License-Identifier: Apache-2.0
// refused: static assertion failed
#include "examples/ec_counter/messages.hpp"

// A question is answered by whoever was asked: it cannot be handed on.
struct HandOn {
    static constexpr std::string_view name = "HandOn";
#ifdef GRAFOS_REFUSED
    grafos::emulation::Asked<grafos::ec_counter::Counter> what{};
#else
    grafos::ec_counter::ServerAddress what{};
#endif
};

namespace grafos::wire {
inline constexpr FieldLayout hand_on_fields[] = {GRAFOS_WIRE_FIELD(::HandOn, what, slot, any())};
template <>
inline constexpr Layout layout_of<::HandOn> = layout<::HandOn>(hand_on_fields);
} // namespace grafos::wire
