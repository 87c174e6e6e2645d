// SPDX-License-Identifier: Apache-2.0
/// Everything a program keeps about one lease: the slot it occupies from the start of its acquire
/// until the node has been told that it is let go.
///
///     phase     | the program has | what goes on
///     free      | nothing         |
///     acquiring | an `Acquiring`  | nodes are asked, one after another
///     refused   | an `Acquiring`  | nobody granted; waits to be asked why
///     held      | the lease       | renewed until it ends; its end code stays in `terms.end`
///     releasing | nothing         | the node is told; given up when the lease has run out
///
/// A released lease waits in the slot it has had all along: there is always room to let go.
#pragma once

#include <optional>

#include "core/fabric/handles.hpp"
#include "core/fabric/remote_region.hpp"
#include "core/fabric/wish.hpp"
#include "core/lease/lessor/local_region.hpp"
#include "core/lease/renewal/renewal_slot.hpp"

namespace grafos::fabric {

/// What is forgotten with the lease.
struct HoldingState {
    enum class Step : uint8_t { choosing, opening, asking, answering };

    uint8_t home = 0; ///< index into the fabric's nodes

    // acquiring
    Step step = Step::choosing;
    uint8_t tries = 0;       ///< nodes asked before the one at hand
    bool is_dropped = false; ///< nobody wants the outcome any more
    bool is_taken = false;   ///< held: the program has asked, and has it
    bool has_given_token = false;
    bool may_be_granted = false; ///< by the node at hand, which has not answered
    Wish wish{};
    AllocKey key{};
    Instant node_deadline{};        ///< the node at hand has until then
    std::optional<Error> refusal{}; ///< the most telling so far

    // acquiring, releasing
    lease::Ticket ticket{}; ///< of the home's grantor; generation 0: no question is out
    Instant asked_at{};
    Instant retry_at{};

    // held, releasing
    lease::Answer lease{}; ///< as granted
    BootNumber boot{};     ///< of its node, then
    lease::RenewalHandle renewal{};
    lease::Ticket renewal_ticket{}; ///< of the home's grantor; generation 0: no question is out
};

struct Holding {
    enum class Phase : uint8_t { free, acquiring, refused, held, releasing };

    Phase phase = Phase::free;
    bool is_working = false; ///< in the queue of those that something is to be done for
    uint32_t generation = 1; ///< of the handle
    HoldingState state{};
    HeldTerms terms{}; ///< acquiring: `token` is the one that was given
    std::optional<RemoteRegion> remote{};
    std::optional<lease::LocalRegion> local{};
};

} // namespace grafos::fabric
