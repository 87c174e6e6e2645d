// SPDX-License-Identifier: Apache-2.0
/// Every message of ec-counter: who may say what to whom.
///
/// A client has the address of its one server and nobody else's; a server those of the other
/// servers. Nobody is ever given the address of a client but main, so no client can write to
/// another.
#pragma once

#include "core/wire/list.hpp"
#include "examples/emulation/actor.hpp"

namespace grafos::ec_counter {

/// Most servers of one system: the list of all others must fit one letter.
inline constexpr size_t servers_max = 100;

struct ServerProtocol;
using ServerAddress = emulation::Address<ServerProtocol>;

// --- answers
struct Counter {
    uint64_t value = 0;
    friend constexpr bool operator==(const Counter&, const Counter&) = default;
};
struct Accepted {
    bool is_accepted = false;
};
/// It is kept, and will be given back by `Recover`.
struct Kept {};

// --- to a server
/// What is the counter?
struct Get {
    static constexpr std::string_view name = "Get";
    using Reply = Counter;
};
/// Take this value if it is larger than yours.
struct Set {
    static constexpr std::string_view name = "Set";
    using Reply = Accepted;
    uint64_t value = 0;
};
/// Another server's counter. Nobody waits for an answer.
struct SyncValue {
    static constexpr std::string_view name = "SyncValue";
    uint64_t value = 0;
};
/// To itself, once a period: tell all others.
struct DoSync {
    static constexpr std::string_view name = "DoSync";
};
struct Peer {
    ServerAddress address{};
};
/// The other servers, instead of those known before.
struct SetPeers {
    static constexpr std::string_view name = "SetPeers";
    wire::List<Peer> peers{};
};

// --- to a client
/// Begin with your requests.
struct Start {
    static constexpr std::string_view name = "Start";
};
/// To itself: the next one.
struct Continue {
    static constexpr std::string_view name = "Continue";
};

// --- to main, from itself
struct Begin {
    static constexpr std::string_view name = "Begin";
};
struct FirstCheck {
    static constexpr std::string_view name = "FirstCheck";
};
struct SecondCheck {
    static constexpr std::string_view name = "SecondCheck";
};

// --- to a keeper, from the server whose value it keeps
/// What do you keep? 0 if nothing.
struct Recover {
    static constexpr std::string_view name = "Recover";
    using Reply = Counter;
};
/// Keep this; answered when it would outlive the server. A smaller value than the one that is kept
/// is kept already.
struct Keep {
    static constexpr std::string_view name = "Keep";
    using Reply = Kept;
    uint64_t value = 0;
};
/// Is your place for it still ours?
struct Check {
    static constexpr std::string_view name = "Check";
    using Reply = Kept;
};
/// To itself, while a disk or a net keeps it waiting.
struct Look {
    static constexpr std::string_view name = "Look";
};

} // namespace grafos::ec_counter

namespace grafos::wire {

#define GRAFOS_EC_EMPTY(Message)                                                                   \
    template <>                                                                                    \
    inline constexpr Layout layout_of<ec_counter::Message> = empty_layout

GRAFOS_EC_EMPTY(Kept);
GRAFOS_EC_EMPTY(Get);
GRAFOS_EC_EMPTY(DoSync);
GRAFOS_EC_EMPTY(Start);
GRAFOS_EC_EMPTY(Continue);
GRAFOS_EC_EMPTY(Begin);
GRAFOS_EC_EMPTY(FirstCheck);
GRAFOS_EC_EMPTY(SecondCheck);
GRAFOS_EC_EMPTY(Recover);
GRAFOS_EC_EMPTY(Check);
GRAFOS_EC_EMPTY(Look);

#undef GRAFOS_EC_EMPTY

inline constexpr FieldLayout ec_counter_counter_fields[] = {
    GRAFOS_WIRE_FIELD(ec_counter::Counter, value, data, any())};
template <>
inline constexpr Layout layout_of<ec_counter::Counter> =
    layout<ec_counter::Counter>(ec_counter_counter_fields);

inline constexpr FieldLayout ec_counter_accepted_fields[] = {
    GRAFOS_WIRE_FIELD(ec_counter::Accepted, is_accepted, data, any())};
template <>
inline constexpr Layout layout_of<ec_counter::Accepted> =
    layout<ec_counter::Accepted>(ec_counter_accepted_fields);

inline constexpr FieldLayout ec_counter_set_fields[] = {
    GRAFOS_WIRE_FIELD(ec_counter::Set, value, data, any())};
template <>
inline constexpr Layout layout_of<ec_counter::Set> = layout<ec_counter::Set>(ec_counter_set_fields);

inline constexpr FieldLayout ec_counter_sync_value_fields[] = {
    GRAFOS_WIRE_FIELD(ec_counter::SyncValue, value, data, any())};
template <>
inline constexpr Layout layout_of<ec_counter::SyncValue> =
    layout<ec_counter::SyncValue>(ec_counter_sync_value_fields);

inline constexpr FieldLayout ec_counter_peer_fields[] = {
    GRAFOS_WIRE_FIELD(ec_counter::Peer, address, slot, any())};
template <>
inline constexpr Layout layout_of<ec_counter::Peer> =
    layout<ec_counter::Peer>(ec_counter_peer_fields);

inline constexpr size_t ec_counter_peers_bytes_max =
    (ec_counter::servers_max - 1) * layout_of<ec_counter::Peer>.bytes_max;
inline constexpr FieldLayout ec_counter_set_peers_fields[] = {
    GRAFOS_WIRE_FIELD(ec_counter::SetPeers, peers, record_count,
                      listed(ec_counter::servers_max - 1, ec_counter_peers_bytes_max))};
template <>
inline constexpr Layout layout_of<ec_counter::SetPeers> =
    layout<ec_counter::SetPeers>(ec_counter_set_peers_fields);

inline constexpr FieldLayout ec_counter_keep_fields[] = {
    GRAFOS_WIRE_FIELD(ec_counter::Keep, value, data, any())};
template <>
inline constexpr Layout layout_of<ec_counter::Keep> =
    layout<ec_counter::Keep>(ec_counter_keep_fields);

} // namespace grafos::wire

namespace grafos::ec_counter {

struct ServerProtocol : emulation::Protocol<Get, Set, SyncValue, DoSync, SetPeers> {};
struct ClientProtocol : emulation::Protocol<Start, Continue> {};
struct DirectorProtocol : emulation::Protocol<Begin, FirstCheck, SecondCheck> {};
struct KeeperProtocol : emulation::Protocol<Recover, Keep, Check, Look> {};

using ClientAddress = emulation::Address<ClientProtocol>;
using KeeperAddress = emulation::Address<KeeperProtocol>;

} // namespace grafos::ec_counter
