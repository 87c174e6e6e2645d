// SPDX-License-Identifier: Apache-2.0
/// How letters get from one actor to another: through a net in this process, or to another machine.
#pragma once

#include "core/base/error.hpp"
#include "examples/emulation/letter.hpp"

namespace grafos::emulation {

/// What the net does to one letter.
struct Fate {
    bool is_lost = false;
    LossReason reason = LossReason::loss;
    Duration delay{};
    bool is_doubled = false;
    Duration second_delay{};
};

/// The net between the actors of one process. Letters to oneself do not cross it.
class Weather {
public:
    /// `message` is the name of what is told, asked, or answered. Context: turn.
    [[nodiscard]] virtual Fate fate_of(const Letter& letter, std::string_view message,
                                       Instant now) noexcept = 0;

protected:
    ~Weather() = default;
};

/// The way to actors on other machines. What arrives from there goes to `System::take_in`.
class Carrier {
public:
    /// A message or a question for an actor that lives elsewhere; the answer to a question comes
    /// back through `System::take_answer`. Failures: busy, capacity_exceeded, disconnected: nothing
    /// left. Context: turn.
    [[nodiscard]] virtual Result<> carry(const Letter& letter) noexcept = 0;
    /// The answer, or the refusal, to a question that came from elsewhere as number `call`. An
    /// actor may keep a question, or answer it twice: whoever carries forgets it in time, and takes
    /// one.
    virtual void carry_answer(uint32_t call, const Letter& letter) noexcept = 0;

protected:
    ~Carrier() = default;
};

} // namespace grafos::emulation
