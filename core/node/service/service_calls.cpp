// SPDX-License-Identifier: Apache-2.0
/// Calls between programs: handed to this node's program while their packet is read, within a
/// budget of their own, and answered whenever it likes.
#include "core/node/service/reply.hpp"

namespace grafos::node {

void FabricService::open_desk(ProgramDesk& desk) noexcept {
    GRAFOS_ASSERT(desk_ == nullptr || desk_ == &desk);
    desk_ = &desk;
}

Result<> FabricService::on_program_call(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::ProgramCallRequest>(call.message.payload));
    if (desk_ == nullptr) {
        return Error{ErrorCode::not_found, Field::program, request.to, 0};
    }
    figures_.calls += 1;
    return desk_->on_call({call.origin}, call.principal, request.to, request.message, call.now);
}

Result<> FabricService::answer_call(const CallTicket& to, Bytes answer, Instant now) noexcept {
    if (answer.size() > wire::program_message_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::length, answer.size(),
                     wire::program_message_bytes_max};
    }
    has_answers_ = true;
    return reply(to.origin, wire::ProgramCallReply{answer}, false, now);
}

} // namespace grafos::node
