// SPDX-License-Identifier: Apache-2.0
#include "core/wire/fragment.hpp"

#include <algorithm>

namespace grafos::wire {
namespace {

constexpr uint8_t piece_flags = message_flags::continued | message_flags::final;

/// Everything but place and payload; `open` may have moved on between two transmissions.
[[nodiscard]] bool agree(const MessageView& a, const MessageView& b) noexcept {
    return a.type == b.type && (a.flags & ~piece_flags) == (b.flags & ~piece_flags) &&
           a.status == b.status && a.trace == b.trace && a.fragment->total == b.fragment->total;
}

[[nodiscard]] MessageView whole_of(const MessageView& head, Bytes payload) noexcept {
    MessageView whole = head;
    whole.flags = static_cast<uint8_t>((head.flags & ~piece_flags) | message_flags::frag_v2);
    whole.fragment = Fragment{0, static_cast<uint32_t>(payload.size())};
    whole.payload = payload;
    return whole;
}

enum class Fit : uint8_t { fresh, repeated, overlapping };

[[nodiscard]] Fit fit_of(const ReassemblySlot& slot, const MessageView& piece) noexcept {
    const size_t begin = piece.fragment->offset;
    const size_t end = piece_end(piece);
    for (uint8_t i = 0; i < slot.piece_count; ++i) {
        const size_t there = slot.pieces[i].offset;
        const size_t there_end = there + slot.pieces[i].size;
        if (begin == there && end == there_end) {
            const bool is_same =
                is_equal(piece.payload, Bytes{slot.payload}.subspan(begin, end - begin));
            return is_same ? Fit::repeated : Fit::overlapping;
        }
        if (begin < there_end && there < end) {
            return Fit::overlapping;
        }
    }
    return Fit::fresh;
}

void store_piece(ReassemblySlot& slot, const MessageView& piece) noexcept {
    GRAFOS_ASSERT(slot.piece_count < fragments_max);
    const uint32_t offset = piece.fragment->offset;
    copy_bytes(MutableBytes{slot.payload}.subspan(offset), piece.payload);
    slot.pieces[slot.piece_count] = {static_cast<uint16_t>(offset),
                                     static_cast<uint16_t>(piece.payload.size())};
    slot.piece_count = static_cast<uint8_t>(slot.piece_count + 1);
    slot.received = static_cast<uint16_t>(slot.received + piece.payload.size());
    slot.head.open = std::min(slot.head.open, piece.open);
}

} // namespace

ReassemblySlot* Reassembler::find(uint64_t sender, RequestId request) noexcept {
    for (ReassemblySlot& slot : slots_) {
        if (slot.is_used && slot.sender == sender && slot.head.request == request) {
            return &slot;
        }
    }
    return nullptr;
}

ReassemblySlot* Reassembler::take_slot(uint64_t sender, const MessageView& piece,
                                       Instant now) noexcept {
    ReassemblySlot* free = nullptr;
    size_t of_sender = 0;
    for (ReassemblySlot& slot : slots_) {
        of_sender += slot.is_used && slot.sender == sender ? 1u : 0u;
        free = slot.is_used ? free : &slot;
    }
    if (free == nullptr || of_sender >= reassemblies_per_sender_max) {
        return nullptr;
    }
    free->is_used = true;
    free->sender = sender;
    free->head = piece;
    free->head.payload = {};
    free->received = 0;
    free->piece_count = 0;
    free->gives_up_at = saturating_add(now, reassembly_patience);
    return free;
}

Error Reassembler::give_up(ReassemblySlot& slot, const Error& error) noexcept {
    GRAFOS_ASSERT(slot.is_used);
    slot.is_used = false;
    figures_.contradicted += 1;
    return error;
}

Result<std::optional<MessageView>> Reassembler::add(uint64_t sender, const MessageView& piece,
                                                    Instant now) noexcept {
    GRAFOS_ASSERT(piece.fragment.has_value());
    const Fragment fragment = *piece.fragment;
    if (fragment.total > payload_bytes_max) {
        figures_.refused += 1;
        return Error{ErrorCode::capacity_exceeded, Field::length, fragment.total,
                     payload_bytes_max};
    }
    GRAFOS_ASSERT(piece_end(piece) <= fragment.total);
    ReassemblySlot* slot = find(sender, piece.request);
    if (slot == nullptr && piece.payload.size() == fragment.total) {
        return std::optional{whole_of(piece, piece.payload)};
    }
    if (slot == nullptr) {
        slot = take_slot(sender, piece, now);
    }
    if (slot == nullptr) {
        figures_.refused += 1;
        return Error{ErrorCode::capacity_exceeded, Field::slot, 1, 0};
    }
    const Fit fit = agree(slot->head, piece) ? fit_of(*slot, piece) : Fit::overlapping;
    if (fit == Fit::overlapping) {
        return give_up(
            *slot, {ErrorCode::invalid_argument, Field::fragment, fragment.offset, slot->received});
    }
    if (fit == Fit::repeated) {
        figures_.repeated += 1;
        return std::optional<MessageView>{};
    }
    if (slot->piece_count == fragments_max) {
        return give_up(*slot, {ErrorCode::capacity_exceeded, Field::fragment, fragments_max + 1,
                               fragments_max});
    }
    store_piece(*slot, piece);
    if (slot->received < fragment.total) {
        return std::optional<MessageView>{};
    }
    // Pieces do not overlap and lie inside the whole, so that as many bytes are all of them.
    slot->is_used = false;
    figures_.completed += 1;
    return std::optional{whole_of(slot->head, Bytes{slot->payload}.first(fragment.total))};
}

void Reassembler::forget(uint64_t sender) noexcept {
    for (ReassemblySlot& slot : slots_) {
        slot.is_used = slot.is_used && slot.sender != sender;
    }
}

void Reassembler::tick(Instant now) noexcept {
    for (ReassemblySlot& slot : slots_) {
        if (slot.is_used && now >= slot.gives_up_at) {
            slot.is_used = false;
            figures_.timed_out += 1;
        }
    }
}

Instant Reassembler::next_deadline() const noexcept {
    Instant next = Instant::never();
    for (const ReassemblySlot& slot : slots_) {
        next = slot.is_used ? earlier_of(next, slot.gives_up_at) : next;
    }
    return next;
}

size_t Reassembler::in_use() const noexcept {
    size_t count = 0;
    for (const ReassemblySlot& slot : slots_) {
        count += slot.is_used ? 1u : 0u;
    }
    return count;
}

Result<MessageView> piece_of(const MessageView& whole, size_t offset, size_t room) noexcept {
    const size_t total = whole.payload.size();
    GRAFOS_ASSERT(offset <= total);
    const size_t head = message_header_bytes + fragment_header_bytes +
                        (whole.trace.has_value() ? traceparent_bytes : 0);
    const size_t left = total - offset;
    if (total > payload_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::length, total, payload_bytes_max};
    }
    if (room < head + (left > 0 ? 1 : 0)) {
        return Error{ErrorCode::capacity_exceeded, Field::length, head + 1, room};
    }
    MessageView piece = whole;
    piece.payload = whole.payload.subspan(offset, std::min(left, room - head));
    piece.fragment = Fragment{static_cast<uint32_t>(offset), static_cast<uint32_t>(total)};
    const bool is_last = offset + piece.payload.size() == total;
    piece.flags = static_cast<uint8_t>((whole.flags & ~piece_flags) | message_flags::frag_v2 |
                                       (is_last ? message_flags::final : message_flags::continued));
    return piece;
}

} // namespace grafos::wire
