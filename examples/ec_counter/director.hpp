// SPDX-License-Identifier: Apache-2.0
/// Main: introduces everybody, waits, and asks twice what became of the counters.
///
/// It is told of the servers and clients that were really started, and takes every count from
/// those lists. It waits for times, not for events: the first check comes when the clients should
/// be done, the second when some more rounds of syncs are over. Only the second has a verdict.
#pragma once

#include "examples/ec_counter/messages.hpp"
#include "examples/emulation/round.hpp"

namespace grafos::ec_counter {

class Director final : public emulation::Actor<Director, DirectorProtocol> {
public:
    template <typename Message>
    using Answer = emulation::Answer<Message>;
    using Context = emulation::Context<Director>;

    struct Options {
        uint64_t servers_asked_for = 0; ///< for the opening line
        uint64_t clients_asked_for = 0;
        Duration first_wait{5'000};
        Duration second_wait{1'000};
        Duration patience = emulation::call_patience;
        /// False: each server's machine tells it who its peers are, again after each restart.
        bool introduces = true;
    };
    explicit Director(const Options& options) noexcept : options_{options} {}

    /// Whom it introduces, in order; both lists outlive it. Context: before the first tick.
    void meet(std::span<const ServerAddress> servers,
              std::span<const ClientAddress> clients) noexcept;

    void on_start(Context& context) noexcept;
    void on(Context& context, const Begin& message) noexcept;
    void on(Context& context, const FirstCheck& message) noexcept;
    void on(Context& context, const SecondCheck& message) noexcept;
    void on(Context& context, const Answer<Get>& answer) noexcept;

    /// The verdict is printed.
    [[nodiscard]] bool is_over() const noexcept { return phase_ == Phase::over; }
    /// All servers answered the second check, with this value.
    [[nodiscard]] std::optional<uint64_t> value() const noexcept { return value_; }

private:
    enum class Phase : uint8_t { running, first_check, second_check, over };

    void introduce(Context& context, size_t server) noexcept;
    void ask_next(Context& context) noexcept;
    void end(Context& context) noexcept;

    Options options_;
    std::span<const ServerAddress> servers_{};
    std::span<const ClientAddress> clients_{};
    Phase phase_ = Phase::running;
    emulation::Round<ServerProtocol, Get, servers_max> round_{};
    std::optional<uint64_t> value_{};
};

} // namespace grafos::ec_counter
