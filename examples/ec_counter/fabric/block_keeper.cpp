// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/fabric/block_keeper.hpp"

#include <algorithm>

#include "core/fabric/fabric.hpp"

namespace grafos::ec_counter {

BlockKeeper::BlockKeeper(fabric::Fabric& fabric, const FabricWords& words) noexcept
    : fabric_{fabric} {
    GRAFOS_ASSERT(words.server > 0);
    for (uint64_t i = 0; i < words.settings.num_servers; ++i) {
        if (i + 1 != words.server) {
            copies_[copy_count_].emplace(
                fabric,
                BlockCopy::Place{words.nodes[i], static_cast<uint32_t>(words.server), words.ttl});
            copy_count_ += 1;
        }
    }
}

void BlockKeeper::on_start(Context& context) noexcept {
    began_ = fabric_.now();
    go_on(context);
}

void BlockKeeper::on(Context& context, const Recover&, const Asked<Counter>& asked) noexcept {
    recover_ = asked;
    go_on(context);
}

void BlockKeeper::on(Context& context, const Keep& message, const Asked<Kept>& asked) noexcept {
    wanted_ = std::max(wanted_, message.value);
    told_ = std::max(told_, message.value);
    keep_ = asked;
    go_on(context);
}

/// Copies come and go; the place as such does not end.
void BlockKeeper::on(Context& context, const Check&, const Asked<Kept>& asked) noexcept {
    go_on(context);
    context.reply(asked, Kept{});
}

void BlockKeeper::on(Context& context, const Look&) noexcept {
    is_looking_ = false;
    go_on(context);
}

void BlockKeeper::go_on(Context& context) noexcept {
    const Instant now = fabric_.now();
    for_each_copy([&](BlockCopy& copy) { copy.step(now, wanted_); });
    uint64_t found = 0;
    for_each_copy([&](BlockCopy& copy) {
        found = std::max(found, copy.is_read() ? copy.found() : 0); // what lay there once, still is
    });
    wanted_ = std::max(wanted_, found);
    tell(context);
    if (has_recovered_ && found > told_) {
        told_ = found;
        context.send(server_, SyncValue{found});
    }
    if (!is_looking_) {
        is_looking_ = true;
        const bool is_urgent = recover_.has_value() || keep_.has_value() || !is_whole();
        context.send_after(is_urgent ? look_soon : look_again, context.self(), Look{});
    }
}

void BlockKeeper::tell(Context& context) noexcept {
    const bool is_late = fabric_.now() >= saturating_add(began_, recover_within);
    if (recover_.has_value() && (is_all_read() || is_late)) {
        context.reply(*recover_, Counter{wanted_});
        recover_.reset();
        has_recovered_ = true;
        told_ = wanted_;
    }
    if (keep_.has_value() && is_kept()) {
        context.reply(*keep_, Kept{});
        keep_.reset();
    }
}

bool BlockKeeper::is_kept() const noexcept {
    const Instant now = fabric_.now();
    size_t holding = 0;
    bool is_everywhere = true;
    for (size_t i = 0; i < copy_count_; ++i) {
        const BlockCopy& copy = *copies_[i];
        const bool holds = copy.is_read() && copy.kept() >= wanted_;
        holding += holds ? 1u : 0u;
        is_everywhere = is_everywhere && (holds || !copy.is_in_reach(now));
    }
    return is_everywhere && (holding > 0 || copy_count_ == 0);
}

bool BlockKeeper::is_all_read() const noexcept {
    bool is_all = true;
    for (size_t i = 0; i < copy_count_; ++i) {
        is_all = is_all && copies_[i]->is_read();
    }
    return is_all;
}

bool BlockKeeper::is_whole() const noexcept {
    bool is_all = true;
    for (size_t i = 0; i < copy_count_; ++i) {
        is_all = is_all && copies_[i]->is_read() && copies_[i]->kept() >= wanted_;
    }
    return is_all;
}

} // namespace grafos::ec_counter
