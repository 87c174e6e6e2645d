// SPDX-License-Identifier: Apache-2.0
/// The watcher: puts the ring together, starts a token, and asks everybody at the end.
#pragma once

#include "examples/emulation/round.hpp"
#include "examples/emulation/template/messages.hpp"

namespace grafos::ring {

inline constexpr size_t stations_max = 8;

class Watcher final : public emulation::Actor<Watcher, WatcherProtocol> {
public:
    using Context = emulation::Context<Watcher>;

    struct Options {
        uint64_t hops = 12;
        Duration wait{1'000}; ///< until it looks
    };
    /// The stations outlive it, and are all started before it.
    Watcher(std::span<const StationAddress> stations, const Options& options) noexcept
        : stations_{stations}, options_{options} {}

    void on_start(Context& context) noexcept;
    void on(Context& context, const Look& message) noexcept;
    void on(Context& context, const emulation::Answer<Count>& answer) noexcept;

    /// The verdict is printed.
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }
    [[nodiscard]] uint64_t seen() const noexcept { return seen_; }
    [[nodiscard]] bool is_good() const noexcept { return is_over_ && seen_ == options_.hops + 1; }

private:
    std::span<const StationAddress> stations_;
    Options options_;
    emulation::Round<StationProtocol, Count, stations_max> round_{};
    uint64_t seen_ = 0;
    bool is_over_ = false;
};

} // namespace grafos::ring
