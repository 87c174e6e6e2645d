// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/programs/latecomer.hpp"

#include <new>

namespace grafos::test {
namespace {

constexpr Duration patience{5'000};
constexpr uint8_t late_bytes[64] = {0xee, 0xee, 0xee, 0xee};

} // namespace

void Latecomer::step(Instant now) noexcept {
    if (job_ == Job::none) {
        return;
    }
    const Result<uint8_t> home = fabric_->find_home(home_);
    GRAFOS_ASSERT(home.is_ok() && fabric_->homes()[home.value()].is_remote());
    fabric::Channel& channel = *fabric_->homes()[home.value()].channel;
    if (request_.number == 0) {
        start(channel, now);
        return;
    }
    const Result<wire::ReplyView> reply = channel.poll(request_);
    if (!reply.is_ok() && reply.error().code == ErrorCode::busy &&
        reply.error().field == Field::ticket) {
        return;
    }
    finish(reply);
    channel.release(request_);
    request_ = {};
    job_ = Job::none;
}

void Latecomer::start(fabric::Channel& channel, Instant now) noexcept {
    std::array<uint8_t, wire::whole_payload_bytes_max> payload;
    const bool is_attach = job_ == Job::attach;
    const Result<size_t> size =
        is_attach ? wire::encode(wire::LeaseAttachRequest{lease_}, payload)
                  : wire::encode(wire::MemWriteRequest{token_.view(), 0, late_bytes}, payload);
    GRAFOS_ASSERT(size.is_ok());
    const Result<wire::RequestHandle> started =
        channel.start(is_attach ? wire::MessageType::lease_attach : wire::MessageType::mem_write,
                      Bytes{payload}.first(size.value()), patience, now);
    if (started.is_ok()) { // else the session is not open yet, or its window is full
        request_ = started.value();
    }
}

void Latecomer::finish(const Result<wire::ReplyView>& reply) noexcept {
    ProgramEvent event{.what = ProgramEvent::What::used, .program = program_};
    answer_.~Result();
    if (!reply.is_ok()) {
        new (&answer_) Result<>{reply.error()};
        event.what = ProgramEvent::What::failed;
        event.error = reply.error();
    } else {
        new (&answer_) Result<>{ok()};
    }
    event.operation = job_ == Job::write ? ProgramEvent::Operation::write : event.operation;
    observers_.say({.what = SimEvent::What::program, .machine = machine_, .program = &event});
    if (reply.is_ok() && job_ == Job::attach) {
        const auto answer = wire::decode<wire::LeaseAttachReply>(reply.value().payload);
        GRAFOS_ASSERT(answer.is_ok());
        const Result<lease::Token> token = lease::token_of(answer.value().token);
        GRAFOS_ASSERT(token.is_ok());
        token_ = token.value();
    }
}

} // namespace grafos::test
