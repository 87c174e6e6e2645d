// SPDX-License-Identifier: Apache-2.0
/// Where a node leaves the calls that other machines make to the program it runs.
///
/// The node vouches for who calls and that each call arrives at most once; what a call means, and
/// whom of the program `to` names, is the program's own affair.
#pragma once

#include "core/wire/principal.hpp"
#include "core/wire/session/request.hpp"

namespace grafos::node {

/// One call that waits for its answer. A plain value: it may be kept as long as one likes, and says
/// nothing any more once its caller has given up or its session has ended.
struct CallTicket {
    wire::RequestOrigin origin{};
};

class ProgramDesk {
public:
    /// A call by `caller`, whom the node's list gives the role `call`. `message` (≤ 256 bytes) is
    /// valid during the call only. Ok: it is answered by `FabricService::answer_call`, from in
    /// here or in a later turn; until then its caller waits, as long as its patience lasts. An
    /// error refuses it at once and reaches the caller as it is. Audit: none. Context: turn, inside
    /// `receive`; at most `calls_per_turn_max` in a turn.
    [[nodiscard]] virtual Result<> on_call(const CallTicket& ticket, const wire::Principal& caller,
                                           uint64_t to, Bytes message, Instant now) noexcept = 0;

protected:
    ~ProgramDesk() = default;
};

} // namespace grafos::node
