// SPDX-License-Identifier: Apache-2.0
/// A server: one counter that only ever grows.
///
/// Problem: several servers take values from different clients, and letters between them may be
/// late, doubled or lost; in the end all must have the same counter. Idea: the largest value wins,
/// here and everywhere. Taking a maximum does not mind the order, nor hearing the same twice, and
/// what was lost is said again in the next round. Rule: the counter changes only in `commit`, to
/// what `takes` let through: a larger value; and at the start, to what a keeper had kept.
///
/// A server may be given a keeper (keeper.hpp). Then a new value is kept before anybody hears of
/// it:
///
///     Set ──► larger? ──► Keep ──► kept: print, change, reply      while it keeps, it takes
///                             └──► not kept: refuse, or stop       nothing else from its mailbox
#pragma once

#include <optional>

#include "examples/ec_counter/messages.hpp"

namespace grafos::ec_counter {

class Server : public emulation::Actor<Server, ServerProtocol> {
public:
    template <typename Message>
    using Answer = emulation::Answer<Message>;
    template <typename Reply>
    using Asked = emulation::Asked<Reply>;
    using Context = emulation::Context<Server>;

    struct Options {
        Duration sync_period{100};
        Duration patience = emulation::call_patience; ///< with the keeper
        KeeperAddress keeper{};                       ///< nobody: the counter is in memory alone
    };
    explicit Server(const Options& options) noexcept : options_{options} {}

    /// Asks its keeper, if it has one, what it kept; the first round is one period away.
    void on_start(Context& context) noexcept;

    // --- from clients and main
    void on(Context& context, const Get& message, const Asked<Counter>& asked) noexcept;
    void on(Context& context, const Set& message, const Asked<Accepted>& asked) noexcept;
    void on(Context& context, const SetPeers& message) noexcept;

    // --- from servers, itself included
    void on(Context& context, const SyncValue& message) noexcept;
    void on(Context& context, const DoSync& message) noexcept;

    // --- from its keeper
    void on(Context& context, const Answer<Recover>& answer) noexcept;
    void on(Context& context, const Answer<Keep>& answer) noexcept;
    void on(Context& context, const Answer<Check>& answer) noexcept;

protected:
    [[nodiscard]] uint64_t counter() const noexcept { return counter_; }
    /// The comparison of sets and syncs alike.
    [[nodiscard]] virtual bool takes(uint64_t value) const noexcept { return value > counter_; }
    virtual void tell_peers(Context& context) noexcept;
    ~Server() = default;

private:
    struct Raise {
        uint64_t value = 0;
        std::optional<Asked<Accepted>> asked{}; ///< empty: another server told us
    };
    [[nodiscard]] bool has_keeper() const noexcept { return !options_.keeper.is_nobody(); }
    void raise(Context& context, const Raise& wanted) noexcept;
    void commit(Context& context, const Raise& wanted) noexcept;
    /// Stops if the error says that the lease behind the counter is over.
    bool stop_if_over(Context& context, const Error& why) noexcept;

    Options options_;
    uint64_t counter_ = 0;
    Raise raise_{}; ///< while the keeper keeps it
    std::array<ServerAddress, servers_max - 1> peers_{};
    size_t peer_count_ = 0;
};

/// The one that does as said above; the others are in breaks.hpp.
class SoundServer final : public Server {
public:
    using Server::Server;
};

} // namespace grafos::ec_counter
