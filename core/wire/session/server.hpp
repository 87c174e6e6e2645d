// SPDX-License-Identifier: Apache-2.0
/// The node's side of sessions: who is there, what was asked before, what was answered.
///
/// It knows packets, keys and request numbers; what a request means is its sink's. A request is
/// handed over exactly once in the life of its session, whatever the net does to its packets
/// (at most once, protocol §2). Until a session is open nothing is kept for a stranger but a place
/// in a short queue, no answer is longer than its question, and public-key operations are rationed.
///
/// A turn: `Port::receive` → `on_packet` → `RequestSink::on_request`; `tick` spends the handshake
/// ration and ends what is stale; answers are packed together and leave at `flush`.
#pragma once

#include "core/wire/port.hpp"
#include "core/wire/principal.hpp"
#include "core/wire/session/figures.hpp"
#include "core/wire/session/handshake_desk.hpp"
#include "core/wire/session/request.hpp"
#include "core/wire/session/server_storage.hpp"

namespace grafos::wire {

class SessionServer : public PacketSink {
public:
    struct Parts {
        Port& port;
        const crypto::Identity& identity;
        crypto::Drbg& drbg;
        const PeerList& peers; ///< does not change once started
        RequestSink& sink;
        bool seals = true; ///< false only in a build for a trusted fabric; else asserts
    };

    SessionServer(const SessionServer&) = delete;
    SessionServer& operator=(const SessionServer&) = delete;

    /// Draws the secret behind the cookies; from here on packets are answered. Identity and
    /// generator are started. `turn_max` is told to clients, whose margins hold it. Context: boot.
    void start(BootNumber boot, Duration turn_max) noexcept;

    void on_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                   MutableBytes packet, Instant now) noexcept override;

    /// Answers an open request, once. A payload beyond `reply_bytes_max` is refused and the request
    /// stays open: answer it with less. Failures: not_found (request: its session ended, or it was
    /// given up or answered), capacity_exceeded (length). Context: turn.
    [[nodiscard]] Result<> answer(const RequestOrigin& origin, const Reply& reply,
                                  Instant now) noexcept;

    /// Longest payload that `answer` takes for this request: 320 where the answer is kept, else one
    /// packet, or 4,096 bytes where the client takes fragments. 0: not open. Context: turn.
    [[nodiscard]] size_t reply_bytes_max(const RequestOrigin& origin) const noexcept;

    /// At most one public-key operation, then what is stale ends. Whether a handshake could go on
    /// in the next turn. Context: turn.
    bool tick(Instant now) noexcept;

    /// Seals and sends what was answered since the last flush, and flushes the port. Context: turn.
    void flush(Instant now) noexcept;

    /// When `tick` has something to do. Context: turn.
    [[nodiscard]] Instant next_deadline() const noexcept;

    /// Ends every session and forgets what waits: of a node that stops. Context: turn.
    void close_all(Instant now) noexcept;

    [[nodiscard]] const SessionFigures& figures() const noexcept { return figures_; }
    [[nodiscard]] const Reassembler::Figures& fragment_figures() const noexcept {
        return reassembler_.figures();
    }
    [[nodiscard]] bool seals() const noexcept { return parts_.seals; }
    [[nodiscard]] const SessionLimits& limits() const noexcept { return storage_.limits; }

    /// Open sessions, in no order: 0 … open_count() − 1. Context: turn.
    [[nodiscard]] size_t open_count() const noexcept { return open_count_; }
    [[nodiscard]] SessionInfo info(size_t index) const noexcept;

protected:
    SessionServer(const Parts& parts, const SessionStorageSpans& storage) noexcept;
    ~SessionServer() = default;

private:
    // Entries.
    [[nodiscard]] SessionEntry* find(SessionNumber number) noexcept;
    [[nodiscard]] SessionEntry* find_open(SessionRef session) noexcept;
    [[nodiscard]] uint16_t index_of(const SessionEntry& entry) const noexcept;
    [[nodiscard]] SessionRef ref_of(const SessionEntry& entry) const noexcept;
    void end(SessionEntry& entry, SessionEnd why) noexcept;
    void free_entry(SessionEntry& entry) noexcept;
    void end_stale(Instant now) noexcept;
    [[nodiscard]] Instant stale_at(const SessionEntry& entry) const noexcept;
    void drop(SessionDrop why) noexcept { figures_.drops[static_cast<size_t>(why)] += 1; }

    // Handshakes.
    void on_hello(const hal::DatagramAddress& from, const PacketHeader& header, Bytes packet,
                  Instant now) noexcept;
    void on_init(const hal::DatagramAddress& from, const PacketHeader& header, Bytes packet,
                 Instant now) noexcept;
    [[nodiscard]] bool is_known_attempt(const WaitingInit& init) noexcept;
    void advance_handshake(Instant now) noexcept;
    void on_asked() noexcept;
    void on_ready(Instant now) noexcept;
    void dismiss(SessionDrop why) noexcept;
    [[nodiscard]] SessionEntry* place_for(uint8_t principal) noexcept;
    [[nodiscard]] SessionEntry* own_by(const SessionEntry& entry, SessionNumber number) noexcept;
    [[nodiscard]] SessionEntry* named_by(const SessionEntry& entry) noexcept;
    void forget_named(SessionEntry& entry) noexcept;
    [[nodiscard]] SessionEntry* longest_silent(uint8_t principal) noexcept;
    [[nodiscard]] SessionEntry* given_up_for(uint8_t principal) noexcept;
    [[nodiscard]] bool has_room_for(SessionEntry& entry) noexcept;
    [[nodiscard]] bool confirm(SessionEntry& entry, Instant now) noexcept;
    [[nodiscard]] size_t count_of(uint8_t principal, EntryState state) const noexcept;

    // Requests.
    void on_sealed(const hal::DatagramAddress& from, const PacketHeader& header,
                   MutableBytes packet, Instant now) noexcept;
    void on_messages(SessionRef session, Bytes messages, Instant now) noexcept;
    void on_request(SessionEntry& entry, const MessageView& message, Instant now) noexcept;
    void execute(SessionEntry& entry, const MessageView& message, bool mutates,
                 Instant now) noexcept;
    void repeat(SessionEntry& entry, const MessageView& message) noexcept;
    [[nodiscard]] bool has_budget(SessionEntry& entry) noexcept;
    void owe_sign(SessionEntry& entry) noexcept;

    // Answers.
    void emit(SessionEntry& entry, const MessageView& message) noexcept;
    void put(SessionEntry& entry, const MessageView& message) noexcept;
    [[nodiscard]] OutgoingPacket& packet_for(SessionEntry& entry) noexcept;
    void send(OutgoingPacket& packet) noexcept;

    Parts parts_;
    SessionStorageSpans storage_;
    SessionFigures figures_{};
    BootNumber boot_{};
    Duration turn_max_{};
    CookieJar cookies_{};
    HandshakeDesk desk_{};
    Reassembler reassembler_;
    SessionEntry* accepting_ = nullptr; ///< whose message 2 the desk writes
    size_t open_count_ = 0;
    size_t windows_free_count_ = 0;
    size_t signs_owed_ = 0;
    uint64_t turn_ = 1;
    uint64_t order_ = 0;
    Instant stale_at_ = Instant::never(); ///< no entry ends for its age before this
};

/// A node's sessions with their storage.
template <SessionLimits limits>
class SessionServerOf final : private SessionStorage<limits>, public SessionServer {
public:
    explicit SessionServerOf(const Parts& parts) noexcept : SessionServer{parts, this->spans()} {}
};

} // namespace grafos::wire
