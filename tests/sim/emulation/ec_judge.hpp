// SPDX-License-Identifier: Apache-2.0
/// What must hold of an ec-counter whose machines fail, asked by who only watches.
///
///     ears of the stations ─► counters, sets, answers ─┐
///     ways closed, machines on and off ─► who could     ├─► Verdict, and what was lost, by name
///                                         have heard ───┘
///
/// Always: a counter only falls when its machine loses power; it is a value that some client wanted
/// to set; each client makes exactly its requests, and each ends as answered, timed out or refused;
/// the last value is everybody's, no client wanted a larger one, and it is the largest that was
/// held and not lost. A value is lost if its machine loses power and no machine that is on has one
/// as large, then or later: that may only be as long as no peer could have heard of it for a whole
/// period. Durable: whatever a client was told is not above the last value.
#pragma once

#include <bitset>

#include "examples/ec_counter/rules.hpp"
#include "examples/emulation/context.hpp"
#include "examples/emulation/system.hpp"
#include "tests/sim/world/sim_program.hpp"

namespace grafos::test {

/// A value that nobody had any more when its machine lost power.
struct LostValue {
    size_t server = 0; ///< from 0
    uint64_t value = 0;
    uint64_t left = 0;      ///< the largest that somebody else had
    Duration held{};        ///< by this server, until its power was cut
    Duration since_round{}; ///< since it last told its peers
    Duration could_tell{};  ///< of `held`, that a peer that is on now was in reach
    bool came_back = false; ///< a letter that was under way brought it
};

class EcJudge final : public SimObserver {
public:
    static constexpr size_t servers_max = 3;
    static constexpr size_t clients_max = 8;
    static constexpr size_t lost_max = 16;
    static constexpr uint64_t value_most = 999'999;

    struct Rules {
        Duration sync_period{};
        bool may_crash = false;
        bool is_durable = false;
        uint64_t clients = 0;
        uint64_t requests = 0;
    };
    // Until a session is there, or there again. A peer that lost power is found out by a second's
    // silence and three cookies (core/wire/session); a way that was closed is probed once a second.
    static constexpr Duration first_session{400};
    static constexpr Duration session_after_cut{1'200};
    static constexpr Duration session_after_power{2'000};
    /// A round is a turn of the server, the way, and a turn of its peer.
    static constexpr Duration slack{80};

    EcJudge(const Rules& rules, Verdict& verdict, SimObservers& observers) noexcept
        : rules_{rules}, verdict_{verdict}, observers_{observers} {}
    EcJudge(const EcJudge&) = delete;
    EcJudge& operator=(const EcJudge&) = delete;

    // --- from ears
    void on_counter(size_t server, uint64_t value) noexcept;
    void on_round(size_t server) noexcept { servers_[server].round_at = observers_.now(); }
    void on_set(size_t client, uint64_t value) noexcept;
    void on_answer(size_t client, const emulation::Rule& rule, std::string_view text) noexcept;
    void on_count(size_t client, std::string_view name, uint64_t value) noexcept;
    void on_server_stopped() noexcept { expect(false, "no server stops"); }

    // --- from the run
    /// The server's station has begun, or is gone.
    void note_server(size_t server, bool is_on) noexcept;
    /// Before its power is cut.
    void on_crash(size_t server) noexcept;
    /// After each step of the world.
    void tick() noexcept;
    /// Main's verdict.
    void finish(std::optional<uint64_t> value) noexcept;

    // SimObserver
    void on_event(const SimEvent& event) noexcept override;

    /// A server, that is on, has a value that nobody else has.
    [[nodiscard]] bool is_alone_ahead(size_t server) const noexcept;
    [[nodiscard]] std::span<const LostValue> lost() const noexcept {
        return std::span{lost_}.first(lost_count_);
    }
    [[nodiscard]] uint64_t timed_out() const noexcept;
    [[nodiscard]] uint64_t refused() const noexcept;
    [[nodiscard]] uint64_t largest() const noexcept { return largest_; }
    [[nodiscard]] uint64_t told() const noexcept { return told_; }
    [[nodiscard]] uint64_t checks() const noexcept { return checks_; }

private:
    struct Server {
        bool is_on = false;
        uint64_t counter = 0;
        Instant since{};
        Instant round_at{};
    };
    struct Client {
        uint64_t value = 0; ///< of its last set
        uint64_t answered = 0;
        uint64_t timed_out = 0;
        uint64_t refused = 0;
        uint64_t shown_timed_out = 0;
        uint64_t shown_refused = 0;
        uint64_t finished = 0;
    };

    void expect(bool condition, const char* what) noexcept {
        checks_ += 1;
        verdict_.expect(condition, what, observers_.now());
    }
    [[nodiscard]] bool is_cut(size_t a, size_t b) const noexcept {
        return closed_[a][b] || closed_[b][a];
    }
    void look_at_link(size_t from, size_t to) noexcept;
    [[nodiscard]] uint64_t largest_of_others(size_t server) const noexcept;
    /// Each peer that is on, at most.
    [[nodiscard]] Duration could_tell(size_t server) const noexcept;
    void forget_telling(size_t server, bool as_peer_too) noexcept;
    void hear_answer(uint64_t value) noexcept { told_ = value > told_ ? value : told_; }

    Rules rules_;
    Verdict& verdict_;
    SimObservers& observers_;
    std::array<Server, servers_max> servers_{};
    std::array<Client, clients_max> clients_{};
    std::array<std::array<bool, servers_max>, servers_max> closed_{};
    /// From when on letters from one to the other arrive, unless something happens.
    std::array<std::array<Instant, servers_max>, servers_max> in_reach_from_{};
    /// Since a server has its value and its peer is on.
    std::array<std::array<Duration, servers_max>, servers_max> could_tell_{};
    std::bitset<value_most + 1> wanted_{};
    uint64_t largest_wanted_ = 0;
    uint64_t largest_ = 0; ///< that was held and not lost
    uint64_t told_ = 0;    ///< largest that a client was told is there
    Instant ticked_at_{};
    std::array<LostValue, lost_max> lost_{};
    size_t lost_count_ = 0;
    uint64_t checks_ = 0;
};

/// What one machine's station says, told the judge and whoever reads along.
class EcEar final : public emulation::Observer {
public:
    class Reader {
    public:
        virtual void on_line(Instant world, std::string_view text) noexcept = 0;

    protected:
        ~Reader() = default;
    };
    /// `server` from 0; none: it is the clients' machine.
    struct Parts {
        EcJudge& judge;
        SimObservers& observers;
        Reader* reader = nullptr;
        std::optional<size_t> server{};
    };

    explicit EcEar(const Parts& parts) noexcept : parts_{parts} {}

    void on_line(Instant now, const emulation::ActorView& actor, const emulation::Rule& rule,
                 std::string_view text) noexcept override;
    void on_sent(Instant now, const emulation::Letter& letter, const emulation::MessageWord& word,
                 Instant arrives) noexcept override;
    void on_shown(Instant now, const emulation::ActorView& actor, std::string_view name,
                  uint64_t value) noexcept override;
    void on_stopped(Instant now, const emulation::ActorView& actor,
                    const Error& why) noexcept override;

private:
    /// Numbers of clients begin behind main and the servers.
    [[nodiscard]] static std::optional<size_t> client_of(emulation::ActorNumber number) noexcept;

    Parts parts_;
};

} // namespace grafos::test
