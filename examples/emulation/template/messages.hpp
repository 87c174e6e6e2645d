// SPDX-License-Identifier: Apache-2.0
/// Every message of the ring: who may say what to whom. Step 1 of a new protocol.
#pragma once

#include "examples/emulation/actor.hpp"

namespace grafos::ring {

struct StationProtocol;
using StationAddress = emulation::Address<StationProtocol>;

// --- answers
struct Passed {
    uint64_t tokens = 0;
    friend constexpr bool operator==(const Passed&, const Passed&) = default;
};

// --- to a station
/// This one follows you in the ring.
struct Meet {
    static constexpr std::string_view name = "Meet";
    StationAddress next{};
};
/// Pass it on, unless it has no hops left. Nobody answers.
struct Token {
    static constexpr std::string_view name = "Token";
    uint64_t hops = 0;
};
/// How many tokens have you seen?
struct Count {
    static constexpr std::string_view name = "Count";
    using Reply = Passed;
};

// --- to the watcher, from itself
struct Look {
    static constexpr std::string_view name = "Look";
};

} // namespace grafos::ring

/// How they stand in a letter: one row a field.
namespace grafos::wire {

inline constexpr FieldLayout ring_passed_fields[] = {
    GRAFOS_WIRE_FIELD(ring::Passed, tokens, data, any())};
template <>
inline constexpr Layout layout_of<ring::Passed> = layout<ring::Passed>(ring_passed_fields);

inline constexpr FieldLayout ring_meet_fields[] = {
    GRAFOS_WIRE_FIELD(ring::Meet, next, slot, any())};
template <>
inline constexpr Layout layout_of<ring::Meet> = layout<ring::Meet>(ring_meet_fields);

inline constexpr FieldLayout ring_token_fields[] = {
    GRAFOS_WIRE_FIELD(ring::Token, hops, data, any())};
template <>
inline constexpr Layout layout_of<ring::Token> = layout<ring::Token>(ring_token_fields);

template <>
inline constexpr Layout layout_of<ring::Count> = empty_layout;
template <>
inline constexpr Layout layout_of<ring::Look> = empty_layout;

} // namespace grafos::wire

namespace grafos::ring {

struct StationProtocol : emulation::Protocol<Meet, Token, Count> {};
struct WatcherProtocol : emulation::Protocol<Look> {};

} // namespace grafos::ring
