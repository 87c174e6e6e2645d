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

struct Holding {
    enum class Phase : uint8_t { free, acquiring, refused, held, releasing };
    enum class Step : uint8_t { choosing, opening, asking, taking };

    Phase phase = Phase::free;
    uint8_t home = 0;
    uint32_t generation = 0; ///< of the handle

    // acquiring
    Step step = Step::choosing;
    uint8_t tries = 0;       ///< nodes asked before the one at hand
    bool is_dropped = false; ///< nobody wants the outcome any more
    bool has_given_token = false;
    Wish wish{};
    AllocKey key{};
    Instant node_deadline{}; ///< the node at hand has until then
    Instant asked_at{};
    std::optional<Error> refusal{}; ///< the most telling so far

    // acquiring, releasing
    lease::Ticket ticket{}; ///< of the home's grantor
    Instant retry_at{};

    // held, releasing
    lease::Answer lease{}; ///< as granted
    HeldTerms terms{};     ///< acquiring: `token` is the one that was given
    lease::RenewalHandle renewal{};
    lease::Ticket renewal_ticket{}; ///< of the home's grantor; generation 0: no question is out
    std::optional<RemoteRegion> remote{};
    std::optional<lease::LocalRegion> local{};
};

} // namespace grafos::fabric
