// SPDX-License-Identifier: Apache-2.0
/// A message on its way: who to whom, what it is, and its encoded bytes.
#pragma once

#include <array>

#include "core/base/bytes.hpp"
#include "examples/emulation/limits.hpp"

namespace grafos::emulation {

/// Place of an actor in its system. `Address<P>` is what actors get to see of it.
enum class ActorNumber : uint16_t { nobody = UINT16_MAX };

[[nodiscard]] constexpr size_t index_of(ActorNumber number) noexcept {
    return static_cast<size_t>(number);
}

enum class LetterKind : uint8_t {
    message,  ///< sent; nobody waits
    question, ///< a call: its sender waits
    answer,   ///< what the call was answered with
    refusal,  ///< the call was refused: an encoded Error
};

/// What stands on the envelope.
struct LetterHead {
    ActorNumber from = ActorNumber::nobody; ///< nobody: an actor on another machine
    ActorNumber to = ActorNumber::nobody;   ///< likewise, of an answer
    LetterKind kind = LetterKind::message;
    uint8_t message = 0; ///< number in the protocol of whoever is asked or told
    uint16_t size = 0;
    uint32_t call = 0;     ///< of the asker: which of its calls
    uint64_t order = 0;    ///< of sending; names the letter
    uint64_t copy_of = 0;  ///< the net made it of that one; 0: no
    bool is_timer = false; ///< set by `send_after`, or sent to oneself: crosses no net
};

struct Letter : LetterHead {
    std::array<uint8_t, message_bytes_max> bytes{};

    [[nodiscard]] Bytes view() const noexcept { return Bytes{bytes}.first(size); }
    [[nodiscard]] bool is_answer() const noexcept {
        return kind == LetterKind::answer || kind == LetterKind::refusal;
    }
    /// Whatever it was before; copies no byte more than there are.
    void become(const LetterHead& head, Bytes payload) noexcept {
        static_cast<LetterHead&>(*this) = head;
        size = static_cast<uint16_t>(payload.size());
        copy_bytes(bytes, payload);
    }
};

/// Why a letter never arrived.
enum class LossReason : uint8_t {
    loss,    ///< the net lost it
    cut,     ///< between two that could not hear one another
    full,    ///< no room in the mailbox, or for letters at all
    stopped, ///< whom it was for has stopped
    late,    ///< an answer to a call that waits no longer
    corrupt, ///< it does not decode
};
/// As it stands in event files. Context: any.
[[nodiscard]] std::string_view name_of(LossReason reason) noexcept;

} // namespace grafos::emulation
