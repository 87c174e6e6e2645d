// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/program_call.hpp"

#include "core/fabric/fabric.hpp"
#include "core/wire/codec.hpp"
#include "core/wire/messages_program.hpp"

namespace grafos::fabric {
namespace {

/// The node's window may be smaller than ours.
[[nodiscard]] size_t calls_allowed(const Home& node) noexcept {
    const uint16_t window = node.channel->state().window;
    const size_t most = window < 2 ? size_t{1} : calls_max(window);
    return window == 0 || most > node.calls.size() ? node.calls.size() : most;
}

} // namespace

Result<CallHandle> Fabric::start_call(uint8_t home, uint64_t to, Bytes message,
                                      Duration patience) noexcept {
    if (home >= parts_.homes.size()) {
        return Error{ErrorCode::not_found, Field::node_id, home, parts_.homes.size()};
    }
    const Home& node = parts_.homes[home];
    if (!node.is_remote()) {
        return Error{ErrorCode::unsupported, Field::node_id, home, 0};
    }
    if (message.size() > wire::program_message_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::length, message.size(),
                     wire::program_message_bytes_max};
    }
    if (!parts_.identity.is_started() || !parts_.drbg.is_seeded()) {
        return Error{ErrorCode::not_ready, Field::identity};
    }
    const std::span<CallSlot> places = node.calls.first(calls_allowed(node));
    for (CallSlot& slot : places) {
        if (slot.request.number == 0) {
            GRAFOS_TRY_ASSIGN(slot.request, send_call(node, to, message, patience));
            const auto place = static_cast<uint16_t>(&slot - node.calls.data());
            return CallHandle{home, place, slot.request.number};
        }
    }
    return Error{ErrorCode::busy, Field::slot, places.size() + 1, places.size()};
}

/// The session takes it before it is open, and sends it then.
Result<wire::RequestHandle> Fabric::send_call(const Home& node, uint64_t to, Bytes message,
                                              Duration patience) noexcept {
    std::array<uint8_t, wire::layout_of<wire::ProgramCallRequest>.bytes_max> buffer;
    const Result<size_t> size = wire::encode(wire::ProgramCallRequest{to, message}, buffer);
    GRAFOS_ASSERT(size.is_ok()); // its length was looked at
    node.channel->connect(now_);
    return node.channel->start(wire::MessageType::program_call, Bytes{buffer}.first(size.value()),
                               patience, now_);
}

CallSlot* Fabric::find_call(CallHandle call) noexcept {
    if (call.home >= parts_.homes.size() || call.number == 0 ||
        call.slot >= parts_.homes[call.home].calls.size()) {
        return nullptr;
    }
    CallSlot& slot = parts_.homes[call.home].calls[call.slot];
    return slot.request.number == call.number ? &slot : nullptr;
}

Result<size_t> Fabric::poll_call(CallHandle call, MutableBytes to) noexcept {
    const CallSlot* const slot = find_call(call);
    if (slot == nullptr) {
        return Error{ErrorCode::not_found, Field::ticket, call.number, 0};
    }
    GRAFOS_TRY_ASSIGN(const wire::ReplyView reply,
                      parts_.homes[call.home].channel->poll(slot->request));
    const Result<wire::ProgramCallReply> message =
        wire::decode<wire::ProgramCallReply>(reply.payload);
    if (!message.is_ok()) {
        return Error{ErrorCode::corrupt, message.error().field};
    }
    const Bytes answer = message.value().answer;
    if (answer.size() > to.size()) {
        return Error{ErrorCode::capacity_exceeded, Field::length, answer.size(), to.size()};
    }
    copy_bytes(to, answer);
    return answer.size();
}

void Fabric::release_call(CallHandle call) noexcept {
    CallSlot* const slot = find_call(call);
    if (slot != nullptr) {
        parts_.homes[call.home].channel->release(slot->request);
        slot->request = {};
    }
}

} // namespace grafos::fabric
