// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/network.hpp"

#include <algorithm>

namespace grafos::emulation {

bool Cut::has(ActorNumber number) const noexcept {
    return std::ranges::any_of(std::span{actors}.first(count),
                               [&](ActorNumber one) { return one == number; });
}

Fate Network::fate_of(const Letter& letter, std::string_view message, Instant now) noexcept {
    if (letter.from == plan_.observer || letter.to == plan_.observer) {
        return {.delay = plan_.latency};
    }
    Fate fate{.delay = draw_delay()};
    // Every letter draws the same numbers, so that one fault more moves no other.
    const bool is_lost = random_.chance(plan_.loss_permille);
    fate.is_doubled = random_.chance(plan_.duplicate_permille);
    fate.second_delay = draw_delay();
    const auto drops = std::span{plan_.drops}.first(plan_.drop_count);
    const bool is_dropped = std::ranges::find(drops, message) != drops.end();
    const bool is_parted = is_cut(letter, now);
    fate.is_lost = is_lost || is_dropped || is_parted;
    fate.reason = is_parted ? LossReason::cut : LossReason::loss;
    return fate;
}

Duration Network::draw_delay() noexcept {
    return {plan_.latency.ms + random_.below(plan_.jitter.ms + 1)};
}

bool Network::is_cut(const Letter& letter, Instant now) const noexcept {
    return std::ranges::any_of(std::span{plan_.cuts}.first(plan_.cut_count), [&](const Cut& cut) {
        return cut.from <= now && now < cut.until && cut.has(letter.from) != cut.has(letter.to);
    });
}

} // namespace grafos::emulation
