// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise.hpp"
#include "core/crypto/noise_parts.hpp"

namespace grafos::crypto {

using noise::key_bytes;
using noise::sealed_key_bytes;
using noise::SharedSecret;

static_assert(noise_message_1_overhead == key_bytes + sealed_key_bytes + seal_tag_bytes);
static_assert(noise_message_2_overhead == key_bytes + seal_tag_bytes);
static_assert(noise_message_1_bytes_max >= noise_message_2_bytes_max); // one buffer for both

bool NoiseResponder::start_read(const Identity& self, Bytes prologue, Bytes message) noexcept {
    erase();
    if (message.size() < noise_message_1_overhead || message.size() > noise_message_1_bytes_max) {
        return false;
    }
    self_ = &self;
    copy_bytes(message_, message);
    message_bytes_ = static_cast<uint16_t>(message.size());
    copy_bytes(initiator_ephemeral_.bytes, message.first(key_bytes));
    state_.start(prologue);
    state_.mix_hash(self.exchange_key().view());
    state_.mix_hash(initiator_ephemeral_.view());
    phase_ = Phase::read_es;
    return true;
}

bool NoiseResponder::is_step_due() const noexcept {
    switch (phase_) {
    case Phase::read_es:
    case Phase::read_ss:
    case Phase::write_e:
    case Phase::write_ee:
    case Phase::write_se: return true;
    case Phase::idle:
    case Phase::read:
    case Phase::ready: return false;
    }
    GRAFOS_UNREACHABLE();
}

Step NoiseResponder::step() noexcept {
    GRAFOS_ASSERT(is_step_due());
    switch (phase_) {
    case Phase::read_es: return read_es();
    case Phase::read_ss: return read_ss();
    case Phase::write_e: return write_e();
    case Phase::write_ee: return write_ee();
    case Phase::write_se: return write_se();
    case Phase::idle:
    case Phase::read:
    case Phase::ready: break;
    }
    GRAFOS_UNREACHABLE();
}

Step NoiseResponder::read_es() noexcept {
    SharedSecret shared;
    if (!self_->exchange(initiator_ephemeral_, shared.bytes)) {
        return refuse();
    }
    state_.mix_key(shared.bytes);
    const MutableBytes field = MutableBytes{message_}.subspan(key_bytes, sealed_key_bytes);
    if (!state_.open(field)) {
        return refuse();
    }
    copy_bytes(initiator_.bytes, field.first(key_bytes));
    phase_ = Phase::read_ss;
    return Step::more;
}

Step NoiseResponder::read_ss() noexcept {
    SharedSecret shared;
    if (!self_->exchange(initiator_, shared.bytes)) {
        return refuse();
    }
    state_.mix_key(shared.bytes);
    if (!state_.open(
            MutableBytes{message_}.first(message_bytes_).subspan(key_bytes + sealed_key_bytes))) {
        return refuse();
    }
    phase_ = Phase::read;
    return Step::done;
}

bool NoiseResponder::is_initiator_known() const noexcept {
    return phase_ >= Phase::read_ss;
}

const ExchangeKey& NoiseResponder::initiator() const noexcept {
    GRAFOS_ASSERT(is_initiator_known());
    return initiator_;
}

Bytes NoiseResponder::payload() const noexcept {
    GRAFOS_ASSERT(phase_ == Phase::read);
    return Bytes{message_}
        .first(message_bytes_ - seal_tag_bytes)
        .subspan(key_bytes + sealed_key_bytes);
}

void NoiseResponder::start_write(Bytes payload, const EphemeralSecret& ephemeral) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::read);
    GRAFOS_ASSERT(payload.size() <= noise_payload_bytes_max);
    ephemeral_ = ephemeral.bytes();
    message_bytes_ = static_cast<uint16_t>(noise_message_2_overhead + payload.size());
    copy_bytes(MutableBytes{message_}.subspan(key_bytes), payload);
    phase_ = Phase::write_e;
}

Step NoiseResponder::write_e() noexcept {
    noise::write_e(ephemeral_, message_, state_);
    phase_ = Phase::write_ee;
    return Step::more;
}

Step NoiseResponder::write_ee() noexcept {
    SharedSecret shared;
    if (!hal::x25519(ephemeral_, initiator_ephemeral_.bytes, shared.bytes)) {
        return refuse();
    }
    state_.mix_key(shared.bytes);
    phase_ = Phase::write_se;
    return Step::more;
}

Step NoiseResponder::write_se() noexcept {
    SharedSecret shared;
    if (!hal::x25519(ephemeral_, initiator_.bytes, shared.bytes)) {
        return refuse();
    }
    state_.mix_key(shared.bytes);
    state_.seal(MutableBytes{message_}.first(message_bytes_).subspan(key_bytes));
    erase_secret(ephemeral_);
    phase_ = Phase::ready;
    return Step::done;
}

Step NoiseResponder::refuse() noexcept {
    erase();
    return Step::refused;
}

Bytes NoiseResponder::message() const noexcept {
    GRAFOS_ASSERT(phase_ == Phase::ready);
    return Bytes{message_}.first(message_bytes_);
}

void NoiseResponder::split(AeadKey& sending, AeadKey& receiving) const noexcept {
    GRAFOS_ASSERT(phase_ == Phase::ready);
    state_.split(receiving, sending);
}

const Digest& NoiseResponder::hash() const noexcept {
    GRAFOS_ASSERT(phase_ == Phase::ready);
    return state_.hash();
}

void NoiseResponder::erase() noexcept {
    state_.erase();
    erase_secret(ephemeral_);
    erase_secret(message_);
    initiator_ = {};
    initiator_ephemeral_ = {};
    self_ = nullptr;
    message_bytes_ = 0;
    phase_ = Phase::idle;
}

} // namespace grafos::crypto
