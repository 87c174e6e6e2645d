// SPDX-License-Identifier: Apache-2.0
/// Where a node works off the inits that strangers send: one at a time, one public-key operation a
/// turn, eight waiting, four of one host. What is beyond is silence.
///
/// Within any second it spends 20 operations that lead to nothing. 330 forged inits a second
/// therefore cost a node 20 operations, and its renewals nothing: they are served before this desk
/// in every turn. What led to a session that its client confirmed is given back, so that somebody
/// who opens one after the other, as a command line does, waits for nobody; a pace over all
/// operations bounds what he can cost.
#pragma once

#include <algorithm>

#include "core/wire/session/handshake.hpp"
#include "core/wire/session/limits.hpp"
#include "core/wire/session/ration.hpp"

namespace grafos::wire {

/// An init whose cookie was right.
struct WaitingInit {
    hal::DatagramAddress from{};
    SessionNumber mark{};
    std::array<uint8_t, init_noise_bytes> noise{};

    /// The client's ephemeral key: names one attempt, wherever its copies come from.
    [[nodiscard]] Bytes ephemeral() const noexcept { return Bytes{noise}.first(32); }
    [[nodiscard]] bool is_same_attempt(const WaitingInit& other) const noexcept {
        return from == other.from && is_equal(ephemeral(), other.ephemeral());
    }
};

class HandshakeDesk {
public:
    enum class Intake : uint8_t { taken, waits_already, full };

    /// What one step led to; `init()` is the one it was about.
    enum class Progress : uint8_t {
        resting, ///< nothing waits, or the ration is used up: no step was made
        working,
        refused, ///< not sealed to this node by whom it says; forgotten
        named,   ///< `initiator` is known, not proven: go on, or `dismiss`
        asked,   ///< proven, and `payload` says what for: `accept` or `dismiss`
        ready,   ///< `message` and `split`, then `dismiss`
    };

    constexpr HandshakeDesk() noexcept = default;
    HandshakeDesk(const HandshakeDesk&) = delete;
    HandshakeDesk& operator=(const HandshakeDesk&) = delete;

    /// Context: turn. No public-key operation.
    [[nodiscard]] Intake take_in(const WaitingInit& init) noexcept;

    /// At most one public-key operation. Context: turn.
    [[nodiscard]] Progress step(const crypto::Identity& identity, Instant now) noexcept;

    [[nodiscard]] const WaitingInit& init() const noexcept { return queue_[first_]; }
    [[nodiscard]] const crypto::NoiseResponder& noise() const noexcept { return noise_; }

    /// After `asked`: writes message 2 in the steps to come.
    void accept(Bytes payload, crypto::Drbg& drbg) noexcept;
    /// Ends the one at the desk.
    void dismiss() noexcept;
    /// The name of the attempt at the desk, for `give_back`.
    [[nodiscard]] uint32_t attempt() const noexcept { return attempt_; }
    /// The attempt led to a confirmed session: what it cost is no stranger's.
    void give_back(uint32_t attempt) noexcept { ration_.give_back(attempt); }
    /// Ends it and forgets all that wait.
    void clear() noexcept;

    [[nodiscard]] bool has_work() const noexcept { return count_ > 0; }
    /// When the next step may be made; never if nothing waits.
    [[nodiscard]] Instant next_step_at() const noexcept {
        return has_work() ? std::max(ration_.next_at(), pace_.next_at()) : Instant::never();
    }
    [[nodiscard]] uint64_t steps() const noexcept { return steps_; }

private:
    std::array<WaitingInit, init_queue_max> queue_{};
    size_t first_ = 0;
    size_t count_ = 0;
    bool is_begun_ = false; ///< noise_ works on the first of the queue
    bool is_accepted_ = false;
    uint64_t steps_ = 0;
    uint32_t attempt_ = 0; ///< comes round after 2^32, when nobody remembers the first
    crypto::NoiseResponder noise_;
    Ration<handshake_steps_per_second> ration_{Duration{1'000}};
    Ration<handshake_steps_per_pace> pace_{handshake_pace};
};

} // namespace grafos::wire
