// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/client_port.hpp"

namespace grafos::wire {

Result<> ClientPort::add(ClientSession& session) noexcept {
    if (size_ == sessions_.size()) {
        return Error{ErrorCode::capacity_exceeded, Field::record_count, size_ + 1,
                     sessions_.size()};
    }
    sessions_[size_] = &session;
    size_ += 1;
    return ok();
}

void ClientPort::remove(const ClientSession& session) noexcept {
    for (size_t i = 0; i < size_; ++i) {
        if (sessions_[i] == &session) {
            size_ -= 1;
            sessions_[i] = sessions_[size_];
            sessions_[size_] = nullptr;
            return;
        }
    }
}

void ClientPort::on_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                           MutableBytes packet, Instant now) noexcept {
    for (size_t i = 0; i < size_; ++i) {
        if (sessions_[i]->take_packet(from, header, packet, now)) {
            return;
        }
    }
    dropped_nobody_ += 1;
}

bool ClientPort::tick(Instant now) noexcept {
    for (size_t i = 0; i < size_; ++i) {
        sessions_[i]->tick(now);
    }
    for (size_t i = 0; i < size_; ++i) {
        const size_t index = (first_ + i) % size_;
        if (sessions_[index]->is_step_due()) {
            sessions_[index]->step(now);
            first_ = (index + 1) % size_;
            break;
        }
    }
    for (size_t i = 0; i < size_; ++i) {
        if (sessions_[i]->is_step_due()) {
            return true;
        }
    }
    return false;
}

void ClientPort::flush(Instant now) noexcept {
    for (size_t i = 0; i < size_; ++i) {
        sessions_[i]->flush(now);
    }
}

Instant ClientPort::next_deadline() const noexcept {
    Instant next = Instant::never();
    for (size_t i = 0; i < size_; ++i) {
        next = earlier_of(next, sessions_[i]->next_deadline());
    }
    return next;
}

} // namespace grafos::wire
