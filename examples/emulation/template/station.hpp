// SPDX-License-Identifier: Apache-2.0
/// A station: passes each token on to the one station that it was told of. Step 2: an actor.
#pragma once

#include "examples/emulation/template/messages.hpp"

namespace grafos::ring {

class Station final : public emulation::Actor<Station, StationProtocol> {
public:
    using Context = emulation::Context<Station>;

    void on(Context& context, const Meet& message) noexcept;
    void on(Context& context, const Token& message) noexcept;
    void on(Context& context, const Count& message, const emulation::Asked<Passed>& asked) noexcept;

private:
    StationAddress next_{};
    uint64_t tokens_ = 0;
};

} // namespace grafos::ring
