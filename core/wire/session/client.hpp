// SPDX-License-Identifier: Apache-2.0
/// A program's side of one session with one node.
///
/// Opens (hello → cookie → init → accept), numbers requests upward, keeps at most the node's window
/// of them open, sends again what is not answered, and says `disconnected` when an answer does not
/// come in time: that means *outcome unknown*, never *not executed*. A lost session is opened again
/// by itself, naming the old one; requests that were sent in the old one end as disconnected.
#pragma once

#include <optional>

#include "core/wire/port.hpp"
#include "core/wire/principal.hpp"
#include "core/wire/session/client_storage.hpp"

namespace grafos::wire {

class ClientSession {
public:
    struct Parts {
        Port& port;
        const crypto::Identity& identity; ///< who we are; the node lists our exchange key
        crypto::Drbg& drbg;
        bool seals = true; ///< false only in a build for a trusted fabric; else asserts
    };

    ClientSession(const ClientSession&) = delete;
    ClientSession& operator=(const ClientSession&) = delete;

    /// Begins to open a session with `node` (its address and exchange key), and keeps at it until
    /// `close`. `left`: a session of ours with this node that nobody uses any more, if there is
    /// one; it ends with the first packet of the new one. Failures: busy (session: not closed),
    /// invalid_argument (address: nobody; key: zero). Context: turn.
    [[nodiscard]] Result<> open(const Principal& node, Instant now,
                                SessionNumber left = {}) noexcept;

    /// Every request ends as disconnected; nothing is sent any more. Handles stay until released.
    /// Context: turn.
    void close() noexcept;

    [[nodiscard]] SessionState state() const noexcept;
    /// Of the node's last accept; zero before. `node_id` is what the node says of itself under its
    /// exchange key. Context: any.
    [[nodiscard]] BootNumber boot() const noexcept { return accepted_.boot; }
    [[nodiscard]] const NodeId& node_id() const noexcept { return accepted_.node_id; }
    [[nodiscard]] Duration turn_max() const noexcept { return accepted_.turn_max; }
    [[nodiscard]] uint16_t window() const noexcept;
    /// Set as long as the node is of the other kind, so that no session opens: unsupported
    /// (session: value = 1 if the node seals, expected = 1 if we do). Context: any.
    [[nodiscard]] std::optional<Error> refusal() const noexcept;
    /// The one that is open, or was last; 0: none was.
    [[nodiscard]] SessionNumber number() const noexcept { return accepted_.session; }
    /// Rises with each session opened: what was asked before is of another one.
    [[nodiscard]] uint64_t session_count() const noexcept { return figures_.opened; }

    /// Keeps a copy of `payload` and sends it at the next `flush` at which the session is open and
    /// the window has room. Failures: busy (slot: all are in use; session: closed),
    /// capacity_exceeded (length). Context: turn.
    [[nodiscard]] Result<RequestHandle> start(MessageType type, Bytes payload,
                                              const RequestOptions& options, Instant now) noexcept;
    [[nodiscard]] Result<RequestHandle> start(MessageType type, Bytes payload, Duration patience,
                                              Instant now) noexcept {
        return start(type, payload, RequestOptions{.patience = patience}, now);
    }

    /// Failures: busy (no answer yet), disconnected (patience over or session lost; value = 1 if
    /// it was sent at least once: outcome unknown; 0: it never left), `refusal()` (it never left),
    /// the node's own typed refusal, corrupt (an answer that is none), not_found (request:
    /// released, or never given). Context: turn.
    [[nodiscard]] Result<ReplyView> poll(RequestHandle request) const noexcept;

    /// When the request first left; never if it has not. Failures: not_found (request).
    [[nodiscard]] Result<Instant> first_sent(RequestHandle request) const noexcept;

    /// Forgets the request, answered or not. A stale handle is nothing. Context: turn.
    void release(RequestHandle request) noexcept;

    /// Whether the packet was for this session; then it was acted on or counted. Context: turn.
    [[nodiscard]] bool take_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                                   MutableBytes packet, Instant now) noexcept;

    /// Ends what waited too long. Context: turn.
    void tick(Instant now) noexcept;

    /// Opening takes five public-key operations: `step` makes one. Asserts that one is due.
    /// Context: turn.
    [[nodiscard]] bool is_step_due() const noexcept { return noise_.is_step_due(); }
    void step(Instant now) noexcept;

    /// Sends what is due: opening packets, requests, repetitions. Does not flush the port.
    /// Context: turn.
    void flush(Instant now) noexcept;

    /// When `tick` or `flush` has something to do. Context: turn.
    [[nodiscard]] Instant next_deadline() const noexcept;

    [[nodiscard]] const ClientFigures& figures() const noexcept { return figures_; }

protected:
    ClientSession(const Parts& parts, const ClientStorageSpans& storage) noexcept;
    ~ClientSession() = default;

private:
    enum class Phase : uint8_t {
        closed,
        hello,   ///< a cookie is asked for
        writing, ///< message 1 is being made
        init,    ///< an accept is asked for
        reading, ///< message 2 is being read
        open,
    };

    // Opening.
    void enter_hello(Instant now) noexcept;
    void enter_writing() noexcept;
    void enter_init(Instant now) noexcept;
    void enter_open(Instant now) noexcept;
    [[nodiscard]] bool take_cookie(const PacketHeader& header, Bytes packet) noexcept;
    [[nodiscard]] bool take_accept(const PacketHeader& header, Bytes packet, Instant now) noexcept;
    [[nodiscard]] bool take_sealed(const PacketHeader& header, MutableBytes packet,
                                   Instant now) noexcept;
    void send_opening(Instant now) noexcept;
    void keep_up(Instant now) noexcept;
    void lose_session() noexcept;
    void refuse_kind(Instant now) noexcept;

    // Requests.
    [[nodiscard]] const ClientSlot* find(RequestHandle request) const noexcept;
    [[nodiscard]] MutableBytes buffer_of(const ClientSlot& slot) const noexcept;
    [[nodiscard]] size_t payload_bytes_each() const noexcept;
    void disconnect(ClientSlot& slot) noexcept;
    void on_reply(const MessageView& message, uint64_t counter, Instant now) noexcept;
    void hasten_overtaken(Instant asked) noexcept;
    void on_piece(ClientSlot& slot, const MessageView& message, uint64_t counter,
                  Instant now) noexcept;
    void forget_pieces(ClientSlot& slot) noexcept;
    void complete(ClientSlot& slot, const MessageView& message) noexcept;
    void on_heard(Instant now) noexcept;

    // Sending.
    [[nodiscard]] RequestId lowest_open() const noexcept;
    [[nodiscard]] ClientSlot* next_queued() noexcept;
    void fill_packets(Instant now) noexcept;
    void put_request(ClientSlot& slot, RequestId lowest, Instant now) noexcept;
    void put(const MessageView& message) noexcept;
    void send_packet() noexcept;

    Parts parts_;
    ClientStorageSpans storage_;
    Principal node_{};
    AcceptPayload accepted_{};
    ClientFigures figures_{};
    Phase phase_ = Phase::closed;
    ClientRandom random_{};
    Cookie cookie_{};
    crypto::NoiseInitiator noise_{};
    Channel channel_{};
    Reassembler reassembler_;
    SessionNumber old_session_{}; ///< the last one that was open
    Instant next_send_{};         ///< of hello or init while opening, of a probe while open
    Duration wait_{};             ///< until the one after
    Instant give_up_at_{};        ///< of one init: then from the beginning
    Instant next_read_{};         ///< no accept is read before
    bool awaits_word_ = false;    ///< something was sent since the node was last heard
    Instant waiting_since_{};     ///< silence counts from here
    bool is_other_kind_ = false;  ///< one of both seals
    bool is_suspect_ = false;     ///< silence for too long: asked by hello whether anybody lives
    uint8_t cookies_heard_ = 0;   ///< since it is suspect: the node lives
    uint64_t next_number_ = 1;
    uint64_t next_request_ = 1;
    uint64_t next_pieces_name_ = 1;
    size_t sent_count_ = 0; ///< slots in state `sent`
    std::array<uint8_t, packet_bytes_max> packet_{};
    size_t packet_body_bytes_ = 0;
};

/// A session with its storage: `window` requests at once, each payload and each reply up to
/// `payload_bytes`.
template <uint16_t window, size_t payload_bytes = whole_payload_bytes_max>
class ClientSessionOf final : private ClientStorage<window, payload_bytes>, public ClientSession {
public:
    explicit ClientSessionOf(const Parts& parts) noexcept : ClientSession{parts, this->spans()} {}
};

} // namespace grafos::wire
