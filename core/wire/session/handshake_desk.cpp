// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/handshake_desk.hpp"

namespace grafos::wire {

HandshakeDesk::Intake HandshakeDesk::take_in(const WaitingInit& init) noexcept {
    size_t of_host = 0;
    for (size_t i = 0; i < count_; ++i) {
        const WaitingInit& waiting = queue_[(first_ + i) % queue_.size()];
        if (waiting.is_same_attempt(init)) {
            return Intake::waits_already;
        }
        of_host += waiting.from.ipv4 == init.from.ipv4 ? 1u : 0u;
    }
    if (count_ == queue_.size() || of_host >= init_queue_per_host_max) {
        return Intake::full;
    }
    queue_[(first_ + count_) % queue_.size()] = init;
    count_ += 1;
    return Intake::taken;
}

HandshakeDesk::Progress HandshakeDesk::step(const crypto::Identity& identity,
                                            Instant now) noexcept {
    if (count_ == 0 || !ration_.has_one(now) || !pace_.has_one(now)) {
        return Progress::resting;
    }
    if (!is_begun_) {
        const bool is_taken =
            noise_.start_read(identity, bytes_of(handshake_prologue), init().noise);
        GRAFOS_ASSERT(is_taken); // the length is fixed
        is_begun_ = true;
        attempt_ += 1;
        is_accepted_ = false;
    }
    const bool was_known = noise_.is_initiator_known();
    ration_.use(now, attempt_);
    pace_.use(now, attempt_);
    steps_ += 1;
    switch (noise_.step()) {
    case crypto::Step::refused: return Progress::refused;
    case crypto::Step::done: return is_accepted_ ? Progress::ready : Progress::asked;
    case crypto::Step::more: break;
    }
    return !was_known && noise_.is_initiator_known() ? Progress::named : Progress::working;
}

void HandshakeDesk::accept(Bytes payload, crypto::Drbg& drbg) noexcept {
    GRAFOS_ASSERT(is_begun_ && !is_accepted_);
    const crypto::EphemeralSecret ephemeral{drbg};
    noise_.start_write(payload, ephemeral);
    is_accepted_ = true;
}

void HandshakeDesk::dismiss() noexcept {
    GRAFOS_ASSERT(is_begun_ && count_ > 0);
    noise_.erase();
    is_begun_ = false;
    is_accepted_ = false;
    first_ = (first_ + 1) % queue_.size();
    count_ -= 1;
}

void HandshakeDesk::clear() noexcept {
    noise_.erase();
    is_begun_ = false;
    is_accepted_ = false;
    count_ = 0;
}

} // namespace grafos::wire
