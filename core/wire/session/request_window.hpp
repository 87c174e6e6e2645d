// SPDX-License-Identifier: Apache-2.0
/// At most once: which requests of one session were begun, and what was answered (protocol §2).
///
/// The client numbers its requests upward and says with each which is its lowest unanswered one:
/// the floor, which only rises. Between the floor and the window's end each number has one slot
/// (number mod window). Below the floor nothing is ever begun; an answered mutating request gets
/// the kept bytes again; an answered read is executed again, since it changes nothing and its
/// answer may be long.
///
///     state \ arrival   same number                      number above (the floor passed the old)
///     empty             fresh                            fresh
///     executing         executing (ignored)              fresh
///     kept              answered (kept bytes again)      fresh
///     read              again (if it still only reads)   fresh
#pragma once

#include "core/wire/message_table.hpp"
#include "core/wire/session/limits.hpp"

namespace grafos::wire {

enum class RequestState : uint8_t { empty, executing, kept, read };

struct RequestSlot {
    uint64_t request = 0;
    uint16_t type = 0;
    uint16_t status = 0;
    uint16_t reply_bytes = 0;
    uint8_t reply_flags = 0;
    bool is_mutating = false;
    bool takes_fragments = false;
    RequestState state = RequestState::empty;
    std::array<uint8_t, kept_reply_bytes_max> reply{};
};

enum class Arrival : uint8_t {
    fresh,         ///< begin it
    again,         ///< a read: begin it once more
    answered,      ///< send the kept bytes
    executing,     ///< ignore it
    below_floor,   ///< ignore it
    beyond_window, ///< ignore it
    contradicting, ///< its number was used for something else
};

class RequestWindow {
public:
    constexpr RequestWindow() noexcept = default;

    /// Empty, over these slots: a power of two of them, at most 64.
    void start(std::span<RequestSlot> slots) noexcept;

    /// What to do with a request that arrived; raises the floor by what it says. Context: turn.
    [[nodiscard]] Arrival arrive(const MessageView& message, bool is_mutating) noexcept;

    /// Marks a request that is `fresh` or `again` as executing. Context: turn.
    void begin(const MessageView& message, bool is_mutating) noexcept;

    /// The slot of an executing request, or null. Context: turn.
    [[nodiscard]] RequestSlot* executing(RequestId request) const noexcept;
    /// The slot of a request whose arrival was `answered`.
    [[nodiscard]] const RequestSlot& kept(RequestId request) const noexcept;

    [[nodiscard]] uint64_t floor() const noexcept { return floor_; }
    [[nodiscard]] size_t executing_count() const noexcept;

private:
    [[nodiscard]] RequestSlot& slot_of(uint64_t request) const noexcept {
        return slots_[request % slots_.size()];
    }

    std::span<RequestSlot> slots_{};
    uint64_t floor_ = 1;
};

} // namespace grafos::wire
