// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise.hpp"
#include "core/crypto/noise_parts.hpp"

namespace grafos::crypto {

using noise::key_bytes;
using noise::sealed_key_bytes;
using noise::SharedSecret;

void NoiseInitiator::start(const Identity& self, const ExchangeKey& responder, Bytes prologue,
                           Bytes payload, const EphemeralSecret& ephemeral) noexcept {
    GRAFOS_ASSERT(payload.size() <= noise_payload_bytes_max);
    erase();
    self_ = &self;
    responder_ = responder;
    ephemeral_ = ephemeral.bytes();
    state_.start(prologue);
    state_.mix_hash(responder.view());
    message_bytes_ = static_cast<uint16_t>(noise_message_1_overhead + payload.size());
    copy_bytes(MutableBytes{message_}.subspan(key_bytes + sealed_key_bytes), payload);
    phase_ = Phase::write_e;
}

bool NoiseInitiator::is_step_due() const noexcept {
    switch (phase_) {
    case Phase::write_e:
    case Phase::write_es:
    case Phase::write_ss:
    case Phase::read_ee:
    case Phase::read_se: return true;
    case Phase::idle:
    case Phase::sent:
    case Phase::ready: return false;
    }
    GRAFOS_UNREACHABLE();
}

Step NoiseInitiator::step() noexcept {
    GRAFOS_ASSERT(is_step_due());
    switch (phase_) {
    case Phase::write_e: return write_e();
    case Phase::write_es: return write_es();
    case Phase::write_ss: return write_ss();
    case Phase::read_ee: return read_ee();
    case Phase::read_se: return read_se();
    case Phase::idle:
    case Phase::sent:
    case Phase::ready: break;
    }
    GRAFOS_UNREACHABLE();
}

Step NoiseInitiator::write_e() noexcept {
    noise::write_e(ephemeral_, message_, state_);
    phase_ = Phase::write_es;
    return Step::more;
}

Step NoiseInitiator::write_es() noexcept {
    SharedSecret shared;
    if (!hal::x25519(ephemeral_, responder_.bytes, shared.bytes)) {
        erase();
        return Step::refused;
    }
    state_.mix_key(shared.bytes);
    const MutableBytes field = MutableBytes{message_}.subspan(key_bytes, sealed_key_bytes);
    copy_bytes(field, self_->exchange_key().view());
    state_.seal(field);
    phase_ = Phase::write_ss;
    return Step::more;
}

Step NoiseInitiator::write_ss() noexcept {
    SharedSecret shared;
    if (!self_->exchange(responder_, shared.bytes)) {
        erase();
        return Step::refused;
    }
    state_.mix_key(shared.bytes);
    state_.seal(MutableBytes{message_}.first(message_bytes_).subspan(key_bytes + sealed_key_bytes));
    phase_ = Phase::sent;
    return Step::done;
}

Bytes NoiseInitiator::message() const noexcept {
    GRAFOS_ASSERT(phase_ >= Phase::sent);
    return Bytes{message_}.first(message_bytes_);
}

bool NoiseInitiator::start_read(Bytes message) noexcept {
    if (phase_ != Phase::sent || message.size() < noise_message_2_overhead ||
        message.size() > noise_message_2_bytes_max) {
        return false;
    }
    copy_bytes(answer_, message);
    answer_bytes_ = static_cast<uint16_t>(message.size());
    reading_.continue_from(state_);
    reading_.mix_hash(message.first(key_bytes));
    phase_ = Phase::read_ee;
    return true;
}

Step NoiseInitiator::read_ee() noexcept {
    hal::X25519Key responder_ephemeral;
    copy_bytes(responder_ephemeral, Bytes{answer_}.first(key_bytes));
    SharedSecret shared;
    if (!hal::x25519(ephemeral_, responder_ephemeral, shared.bytes)) {
        return refuse_answer();
    }
    reading_.mix_key(shared.bytes);
    phase_ = Phase::read_se;
    return Step::more;
}

Step NoiseInitiator::read_se() noexcept {
    ExchangeKey responder_ephemeral;
    copy_bytes(responder_ephemeral.bytes, Bytes{answer_}.first(key_bytes));
    SharedSecret shared;
    if (!self_->exchange(responder_ephemeral, shared.bytes)) {
        return refuse_answer();
    }
    reading_.mix_key(shared.bytes);
    if (!reading_.open(MutableBytes{answer_}.first(answer_bytes_).subspan(key_bytes))) {
        return refuse_answer();
    }
    erase_secret(ephemeral_);
    state_.erase();
    phase_ = Phase::ready;
    return Step::done;
}

Step NoiseInitiator::refuse_answer() noexcept {
    reading_.erase();
    phase_ = Phase::sent;
    return Step::refused;
}

Bytes NoiseInitiator::payload() const noexcept {
    GRAFOS_ASSERT(phase_ == Phase::ready);
    return Bytes{answer_}.first(answer_bytes_ - seal_tag_bytes).subspan(key_bytes);
}

void NoiseInitiator::split(AeadKey& sending, AeadKey& receiving) const noexcept {
    GRAFOS_ASSERT(phase_ == Phase::ready);
    reading_.split(sending, receiving);
}

const Digest& NoiseInitiator::hash() const noexcept {
    GRAFOS_ASSERT(phase_ == Phase::ready);
    return reading_.hash();
}

void NoiseInitiator::erase() noexcept {
    state_.erase();
    reading_.erase();
    erase_secret(ephemeral_);
    erase_secret(message_);
    erase_secret(answer_);
    self_ = nullptr;
    phase_ = Phase::idle;
}

} // namespace grafos::crypto
