// SPDX-License-Identifier: Apache-2.0
/// Payloads that are larger than a packet, in pieces (reference §2, FRAG_V2).
///
/// The pieces of one message have one sender and one request number, and agree on everything but
/// their place. They may come in any order; a piece that comes twice is ignored; one that overlaps,
/// or contradicts the others, ends the whole. Places for what is being put together are few, are
/// never taken from one message for another, and are given up after two seconds.
#pragma once

#include "core/base/time.hpp"
#include "core/wire/layout.hpp"
#include "core/wire/message.hpp"

namespace grafos::wire {

inline constexpr size_t fragments_max = 16; ///< of one message
inline constexpr size_t reassemblies_per_sender_max = 2;
inline constexpr Duration reassembly_patience{2'000};

/// One message being put together.
struct ReassemblySlot {
    struct Piece {
        uint16_t offset = 0;
        uint16_t size = 0;
    };
    bool is_used = false;
    uint64_t sender = 0;
    MessageView head{}; ///< of the first piece that came, without its payload
    uint16_t received = 0;
    uint8_t piece_count = 0;
    Instant gives_up_at{};
    std::array<Piece, fragments_max> pieces{};
    std::array<uint8_t, payload_bytes_max> payload{};
};

class Reassembler {
public:
    /// Counts; they only rise.
    struct Figures {
        uint64_t completed = 0;
        uint64_t repeated = 0;     ///< pieces that were there already
        uint64_t contradicted = 0; ///< messages given up: pieces that do not fit together
        uint64_t timed_out = 0;    ///< messages given up: incomplete for too long
        uint64_t refused = 0;      ///< pieces for which there was no place
    };

    explicit Reassembler(std::span<ReassemblySlot> slots) noexcept : slots_{slots} {}
    Reassembler(const Reassembler&) = delete;
    Reassembler& operator=(const Reassembler&) = delete;

    /// Takes a message whose `fragment` is set, of the session `sender`. Answers the whole message
    /// once its last piece is there, with a payload that is valid until the next call of anything
    /// here, CONTINUED and FINAL cleared, and FRAG_V2 kept, since in a request it is an offer; else
    /// nothing. Failures: invalid_argument (fragment: it overlaps or contradicts; the message is
    /// given up), capacity_exceeded (length: the whole is larger than payload_bytes_max; fragment:
    /// more than fragments_max pieces, the message is given up; slot: no place). Context: turn.
    [[nodiscard]] Result<std::optional<MessageView>> add(uint64_t sender, const MessageView& piece,
                                                         Instant now) noexcept;

    /// The sender is gone, and what it began with it. Context: turn.
    void forget(uint64_t sender) noexcept;
    /// Gives up what is overdue. Context: turn.
    void tick(Instant now) noexcept;
    [[nodiscard]] Instant next_deadline() const noexcept;

    [[nodiscard]] size_t in_use() const noexcept;
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

private:
    [[nodiscard]] ReassemblySlot* find(uint64_t sender, RequestId request) noexcept;
    [[nodiscard]] ReassemblySlot* take_slot(uint64_t sender, const MessageView& piece,
                                            Instant now) noexcept;
    [[nodiscard]] Error give_up(ReassemblySlot& slot, const Error& error) noexcept;

    std::span<ReassemblySlot> slots_;
    Figures figures_{};
};

template <size_t slot_count>
class ReassemblerOf final : private std::array<ReassemblySlot, slot_count>, public Reassembler {
public:
    ReassemblerOf() noexcept : Reassembler{std::span<ReassemblySlot>{slots()}} {}

private:
    [[nodiscard]] std::array<ReassemblySlot, slot_count>& slots() noexcept { return *this; }
};

/// The piece of `whole` that begins at `offset` and takes at most `room` bytes in a packet, flags
/// and fragment header set; the next one begins behind it, until `piece_end` is the payload's size.
/// Failures: capacity_exceeded (length: room for no byte of it; or a payload larger than
/// payload_bytes_max). Context: any.
[[nodiscard]] Result<MessageView> piece_of(const MessageView& whole, size_t offset,
                                           size_t room) noexcept;

[[nodiscard]] inline size_t piece_end(const MessageView& piece) noexcept {
    GRAFOS_ASSERT(piece.fragment.has_value());
    return piece.fragment->offset + piece.payload.size();
}

} // namespace grafos::wire
