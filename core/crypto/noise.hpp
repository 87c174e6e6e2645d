// SPDX-License-Identifier: Apache-2.0
/// The handshake of a session: Noise_IK_25519_ChaChaPoly_SHA256 (Noise revision 34, §7.5).
///
/// Two nodes that have each other's exchange keys (or one that has, and one that looks the other up
/// in its list) agree on two fresh keys with one message each way:
///
///     <- s                      the initiator knows the responder's key before
///     -> e, es, s, ss           message 1: 96 bytes and a payload
///     <- e, ee, se              message 2: 48 bytes and a payload
///
/// One X25519 takes 40 µs on a server and a millisecond under emulation, and a handshake takes five
/// at each end; a node that did them all in one turn would be late with its leases, and a stranger
/// could make it so. So each end is an object that rests between turns: `step` does exactly one
/// X25519 and says whether more are to come. The responder learns who asks after its first step,
/// and spends nothing more on somebody it does not know.
///
/// Rule: bytes from outside are answered with a bool or a `Step`; every secret is erased with the
/// object, or sooner. Nothing here says that a message is fresh: message 1 can be replayed, so what
/// its payload asks for takes effect only when the first transport message opens.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"
#include "core/crypto/aead.hpp"
#include "core/crypto/drbg.hpp"
#include "core/crypto/identity.hpp"
#include "core/crypto/noise_state.hpp"
#include "core/crypto/secret.hpp"

namespace grafos::crypto {

inline constexpr size_t noise_payload_bytes_max = 128;
inline constexpr size_t noise_message_1_overhead = 32 + 32 + seal_tag_bytes + seal_tag_bytes;
inline constexpr size_t noise_message_2_overhead = 32 + seal_tag_bytes;
inline constexpr size_t noise_message_1_bytes_max =
    noise_message_1_overhead + noise_payload_bytes_max;
inline constexpr size_t noise_message_2_bytes_max =
    noise_message_2_overhead + noise_payload_bytes_max;

/// What one public-key operation led to.
enum class Step : uint8_t {
    more,    ///< another one is to come, in this turn or a later one
    done,    ///< the message is written, or read and right
    refused, ///< the message is not the other end's
};

/// A secret for one handshake, erased on leaving.
class EphemeralSecret {
public:
    explicit EphemeralSecret(Drbg& drbg) noexcept { drbg.fill(bytes_); }
    /// For runs that must repeat. Never twice outside of tests.
    explicit EphemeralSecret(const hal::X25519Key& bytes) noexcept : bytes_{bytes} {}
    EphemeralSecret(const EphemeralSecret&) = delete;
    EphemeralSecret& operator=(const EphemeralSecret&) = delete;
    ~EphemeralSecret() { erase_secret(bytes_); }

    [[nodiscard]] const hal::X25519Key& bytes() const noexcept { return bytes_; }

private:
    hal::X25519Key bytes_;
};

/// The end that opens: `start`, `step` until done, send `message()`; then for each answer that
/// comes `start_read`, `step` until done or refused; when done, `payload()` and `split`.
class NoiseInitiator {
public:
    constexpr NoiseInitiator() noexcept = default;
    NoiseInitiator(const NoiseInitiator&) = delete;
    NoiseInitiator& operator=(const NoiseInitiator&) = delete;
    ~NoiseInitiator() { erase(); }

    /// Begins message 1 to `responder`, dropping any handshake before. `self` stays where it is
    /// until the handshake has ended; `payload` up to `noise_payload_bytes_max`. No public-key
    /// operation yet. Context: turn.
    void start(const Identity& self, const ExchangeKey& responder, Bytes prologue, Bytes payload,
               const EphemeralSecret& ephemeral) noexcept;

    /// One public-key operation: three write message 1, two read message 2. Refused: while writing,
    /// `responder` is no key, and the handshake is over; while reading, this message 2 is forged,
    /// and the next one may be read. Asserts that a step is due (`is_step_due`). Context: turn.
    [[nodiscard]] Step step() noexcept;
    [[nodiscard]] bool is_step_due() const noexcept;

    /// Message 1, to be sent and sent again; the bytes stay until the next `start` or `erase`.
    /// Asserts that it is written. Context: turn.
    [[nodiscard]] Bytes message() const noexcept;

    /// Takes a copy of what may be message 2. False, and nothing changed, if its length is wrong or
    /// none is waited for (not sent yet, one being read, or read already). Context: turn.
    [[nodiscard]] bool start_read(Bytes message) noexcept;

    /// The responder's payload. Asserts that message 2 was read. Context: turn.
    [[nodiscard]] Bytes payload() const noexcept;

    /// After message 2 was read. `hash` of both ends is the same.
    void split(AeadKey& sending, AeadKey& receiving) const noexcept;
    [[nodiscard]] const Digest& hash() const noexcept;

    /// Forgets everything.
    void erase() noexcept;

private:
    enum class Phase : uint8_t { idle, write_e, write_es, write_ss, sent, read_ee, read_se, ready };

    [[nodiscard]] Step write_e() noexcept;
    [[nodiscard]] Step write_es() noexcept;
    [[nodiscard]] Step write_ss() noexcept;
    [[nodiscard]] Step read_ee() noexcept;
    [[nodiscard]] Step read_se() noexcept;
    [[nodiscard]] Step refuse_answer() noexcept;

    NoiseState state_;   ///< up to message 1
    NoiseState reading_; ///< from there on; a forged message 2 spoils only this one
    const Identity* self_ = nullptr;
    ExchangeKey responder_{};
    hal::X25519Key ephemeral_{};
    std::array<uint8_t, noise_message_1_bytes_max> message_{};
    std::array<uint8_t, noise_message_2_bytes_max> answer_{};
    uint16_t message_bytes_ = 0;
    uint16_t answer_bytes_ = 0;
    Phase phase_ = Phase::idle;
};

/// The end that answers: `start_read`, `step` until more means `initiator()` is known, and until
/// done; then `payload()`, `start_write`, `step` until done, `message()` and `split`.
class NoiseResponder {
public:
    constexpr NoiseResponder() noexcept = default;
    NoiseResponder(const NoiseResponder&) = delete;
    NoiseResponder& operator=(const NoiseResponder&) = delete;
    ~NoiseResponder() { erase(); }

    /// Takes a copy of what may be message 1, dropping any handshake before. False, and idle, if
    /// its length is wrong. `self` stays where it is until the handshake has ended. No public-key
    /// operation yet. Context: turn.
    [[nodiscard]] bool start_read(const Identity& self, Bytes prologue, Bytes message) noexcept;

    /// One public-key operation: two read message 1, three write message 2. Refused: the handshake
    /// is over and everything forgotten. Asserts that a step is due (`is_step_due`). Context: turn.
    [[nodiscard]] Step step() noexcept;
    [[nodiscard]] bool is_step_due() const noexcept;

    /// Whether `initiator()` may be asked: after the first step, unless it refused.
    [[nodiscard]] bool is_initiator_known() const noexcept;
    /// Who it says is asking: before the second step is done, anybody who knows both ends' public
    /// keys may have said so; then it is proven. Asserts `is_initiator_known`. Context: turn.
    [[nodiscard]] const ExchangeKey& initiator() const noexcept;

    /// The initiator's payload, until `start_write`. Asserts that message 1 was read.
    [[nodiscard]] Bytes payload() const noexcept;

    /// Begins message 2; `payload` up to `noise_payload_bytes_max`. Asserts that message 1 was
    /// read. Context: turn.
    void start_write(Bytes payload, const EphemeralSecret& ephemeral) noexcept;

    /// Message 2, until the next `start_read` or `erase`. Asserts that it is written.
    [[nodiscard]] Bytes message() const noexcept;

    /// After message 2 was written. `hash` of both ends is the same.
    void split(AeadKey& sending, AeadKey& receiving) const noexcept;
    [[nodiscard]] const Digest& hash() const noexcept;

    /// Forgets everything.
    void erase() noexcept;

private:
    enum class Phase : uint8_t { idle, read_es, read_ss, read, write_e, write_ee, write_se, ready };

    [[nodiscard]] Step read_es() noexcept;
    [[nodiscard]] Step read_ss() noexcept;
    [[nodiscard]] Step write_e() noexcept;
    [[nodiscard]] Step write_ee() noexcept;
    [[nodiscard]] Step write_se() noexcept;
    [[nodiscard]] Step refuse() noexcept;

    NoiseState state_;
    const Identity* self_ = nullptr;
    ExchangeKey initiator_{};
    ExchangeKey initiator_ephemeral_{};
    hal::X25519Key ephemeral_{};
    std::array<uint8_t, noise_message_1_bytes_max> message_{};
    uint16_t message_bytes_ = 0;
    Phase phase_ = Phase::idle;
};

} // namespace grafos::crypto
