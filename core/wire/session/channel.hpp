// SPDX-License-Identifier: Apache-2.0
/// One end of an open session: two keys, a counter up, a window of counters down.
///
/// It seals packets and opens them, and opens none twice. The header, nonce included, is the
/// associated data, so no bit of a packet can be changed without being seen.
#pragma once

#include "core/crypto/aead.hpp"
#include "core/wire/packet.hpp"
#include "core/wire/session/replay_window.hpp"

namespace grafos::wire {

/// Which end: says the direction bit of what it sends.
enum class SessionSide : uint8_t { client, node };

enum class Opening : uint8_t { opened, kind_refused, counter_old, counter_repeated, tag_wrong };

class Channel {
public:
    constexpr Channel() noexcept = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Begins anew, with whatever keys `sending_key` and `receiving_key` are given next. `seals`
    /// false: packets are plain, which only a build for a trusted fabric does (asserted).
    void start(SessionSide side, SessionNumber number, bool seals) noexcept;
    [[nodiscard]] crypto::AeadKey& sending_key() noexcept { return sending_; }
    [[nodiscard]] crypto::AeadKey& receiving_key() noexcept { return receiving_; }
    /// Forgets the keys; neither `seal` nor `open` may follow.
    void erase() noexcept;

    /// Where the messages of a packet lie.
    [[nodiscard]] static MutableBytes body_of(MutableBytes packet) noexcept {
        return packet.subspan(packet_header_bytes,
                              packet.size() - packet_header_bytes - packet_tag_bytes);
    }

    /// Finishes the packet whose body holds `body_bytes` of messages: header, sealing, tag.
    /// `packet` has room for all three. Answers its length. Failures: exhausted (operation: the
    /// last counter is used; the session can send no more). Context: turn.
    [[nodiscard]] Result<size_t> seal(MutableBytes packet, size_t body_bytes) noexcept;

    /// Opens `packet`, whose decoded header is `header`, in place; `messages` is what is inside.
    /// Unless `opened`, nothing changed. Context: turn.
    [[nodiscard]] Opening open(const PacketHeader& header, MutableBytes packet,
                               Bytes& messages) noexcept;

    [[nodiscard]] uint64_t sent_count() const noexcept { return next_counter_; }
    /// As if so many packets had been sent: for tests of the end of the counter.
    void skip_to(uint64_t counter) noexcept {
        GRAFOS_ASSERT(counter >= next_counter_);
        next_counter_ = counter;
    }

private:
    crypto::AeadKey sending_;
    crypto::AeadKey receiving_;
    ReplayWindow heard_{};
    SessionNumber number_{};
    uint64_t next_counter_ = 0;
    SessionSide side_ = SessionSide::client;
    bool seals_ = true;
};

} // namespace grafos::wire
