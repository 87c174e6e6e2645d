// SPDX-License-Identifier: Apache-2.0
/// Why a node did not answer, as far as that can be told apart from here.
///
/// A node says nothing to a stranger but a cookie, so much stays dark on purpose: whether its key
/// is another one or ours is not in its list looks the same. What is known is how far the way went.
#pragma once

#include "core/wire/principal.hpp"
#include "core/wire/session/client_storage.hpp"
#include "tools/cli/output.hpp"

namespace grafos::cli {

/// How far the way to a node went.
enum class Reach : uint8_t {
    nobody_listens, ///< its machine refused the packet (ICMP port unreachable)
    no_way,         ///< this machine, or one on the way, knows no way there
    nothing,        ///< no sign at all
    hello,          ///< it answers hello, and not what our key says
    other_node,     ///< it has the key, and not the node_id that stands in the file
    session,        ///< a session was open, and it fell silent
    late,           ///< silent before, and it answers hello now
};

/// How far the questions of a session got; where they got nowhere it is asked once more by a hello
/// on a socket of its own, which hears what the system is told about the way. Takes up to 0.3 s.
[[nodiscard]] Reach reach_of(const wire::ClientFigures& figures, const hal::DatagramAddress& node);

/// For people. `what`: the operation, whose outcome may be unknown; `error`: disconnected, with
/// value 1 if the question left. `own_key`: our exchange key, as the node should list it.
[[nodiscard]] Explanation explain(Reach reach, const std::string& what, const Error& error,
                                  const wire::Principal& node, const std::string& own_key);

/// Of two kinds that do not talk to one another: unsupported (session), expected 1 if we seal.
[[nodiscard]] Explanation explain_kinds(const Error& error, const wire::Principal& node);

} // namespace grafos::cli
