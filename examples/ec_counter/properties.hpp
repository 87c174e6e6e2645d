// SPDX-License-Identifier: Apache-2.0
/// What must hold in every run, judged from outside.
///
/// Problem: a trace of thousands of lines looks right whether it is or not. Idea: somebody who
/// keeps books of its own, from the letters, the lines and the figures that are shown, and never
/// asks an actor. Rule: each property has a name; the first one that falls is kept, with the time
/// and the actor. What main does not know breaks nothing.
///
///     PropertiesOf<small> properties{settings};
///     run.system().add(properties);        before run.start()
///     properties.meet(cast_of(run));       after it
///     …
///     properties.end_with(run.director().value());
///     properties.finish(now);
#pragma once

#include "examples/ec_counter/assembly.hpp"
#include "examples/emulation/judge.hpp"

namespace grafos::ec_counter {

enum class Property : uint8_t {
    all_started,
    round_robin,
    one_server,
    no_client_to_client,
    exact_requests,
    value_in_range,
    accepted_if_larger,
    get_is_counter,
    never_decreases,
    from_a_client,
    says_what_it_holds,
    equal_at_end,
    largest_at_end,
};
inline constexpr size_t property_count = 13;
/// A sentence. Context: any.
[[nodiscard]] std::string_view name_of(Property property) noexcept;

/// Who plays what, as the system numbers them.
struct Cast {
    emulation::ActorNumber main = emulation::ActorNumber::nobody;
    std::span<const ServerAddress> servers{};
    std::span<const ClientAddress> clients{};
};
[[nodiscard]] inline Cast cast_of(const EcCounter& run) noexcept {
    return {emulation::ActorNumber{0}, run.servers(), run.clients()};
}

class Properties : public emulation::Judge {
public:
    struct Role {
        enum class Kind : uint8_t { nobody, main, server, client };
        Kind kind = Kind::nobody;
        uint16_t index = 0;
    };
    struct ServerBook {
        uint64_t counter = 0;
        bool was_accepted = false; ///< what its last line about a set said
        bool is_seen = false;      ///< it shows its counter: it lives in this system
        bool is_stopped = false;
    };
    struct ClientBook {
        uint64_t requests = 0;
        uint64_t lines = 0;
        emulation::ActorNumber server = emulation::ActorNumber::nobody;
        bool is_finished = false;
    };
    struct Storage {
        std::span<Role> roles; ///< by number
        std::span<ServerBook> servers;
        std::span<ClientBook> clients;
    };
    struct Figures {
        uint64_t gets = 0;
        uint64_t sets = 0;
        uint64_t accepted = 0; ///< by servers
        uint64_t timed_out = 0;
        uint64_t refused = 0;
        uint64_t syncs = 0;       ///< values told to other servers
        uint64_t most_held = 0;   ///< the largest that any server ever held
        Instant most_held_at{};   ///< when some server first held it
        Instant last_change_at{}; ///< when a counter last changed
    };

    Properties(const Settings& settings, const Storage& storage) noexcept;
    /// Context: when all are started, before the first tick.
    void meet(const Cast& cast) noexcept;
    /// This server begins anew, with nothing but what a keeper gives back.
    void restart(emulation::ActorNumber server) noexcept;
    /// The verdict of main (`Director::value`). Context: before `finish`.
    void end_with(const std::optional<uint64_t>& value) noexcept { value_ = value; }
    void finish(Instant now) noexcept override;

    /// After `finish`: the servers converged, to the largest value that any of them ever held, and
    /// no property fell: the run ends with exit code 0.
    [[nodiscard]] bool is_good() const noexcept { return is_good_; }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

    void on_line(Instant now, const emulation::ActorView& actor, const emulation::Rule& rule,
                 std::string_view text) noexcept override;
    void on_sent(Instant now, const emulation::Letter& letter, const emulation::MessageWord& word,
                 Instant arrives) noexcept override;
    void on_shown(Instant now, const emulation::ActorView& actor, std::string_view name,
                  uint64_t value) noexcept override;
    void on_stopped(Instant now, const emulation::ActorView& actor,
                    const Error& why) noexcept override;

private:
    [[nodiscard]] Fall fallen(Property property) noexcept;
    [[nodiscard]] Role role_of(emulation::ActorNumber number) const noexcept;
    void judge_main_line(const emulation::Rule& rule) noexcept;
    void judge_server_line(ServerBook& server, const emulation::Rule& rule,
                           std::string_view text) noexcept;
    void judge_client_line(ClientBook& client, const emulation::Rule& rule,
                           std::string_view text) noexcept;
    void judge_request(const emulation::Letter& letter,
                       const emulation::MessageWord& word) noexcept;
    void judge_from_server(const ServerBook& server, const emulation::Letter& letter,
                           const emulation::MessageWord& word) noexcept;
    void note_held(uint64_t value) noexcept;

    const Settings settings_;
    Storage storage_;
    size_t server_count_ = 0;
    size_t client_count_ = 0;
    Figures figures_{};
    // what is being looked at
    Instant now_{};
    emulation::ActorNumber actor_ = emulation::ActorNumber::nobody;
    // books of the whole
    uint64_t servers_started_ = 0;
    uint64_t clients_started_ = 0;
    uint64_t most_tried_ = 0; ///< by a client; or given back by a keeper
    bool are_all_finished_at_check_ = false;
    bool is_one_silent_ = false; ///< to main, in the check that is under way or was the last
    bool is_good_ = false;
    std::optional<uint64_t> value_{};
};

template <EcCounterLimits limits>
struct PropertiesStorageOf {
    std::array<Properties::Role, limits.system.actors_max> roles{};
    std::array<Properties::ServerBook, limits.servers_max> servers{};
    std::array<Properties::ClientBook, limits.clients_max> clients{};
};

template <EcCounterLimits limits>
class PropertiesOf final : private PropertiesStorageOf<limits>, public Properties {
    using Places = PropertiesStorageOf<limits>;

public:
    explicit PropertiesOf(const Settings& settings) noexcept
        : Properties{settings, {Places::roles, Places::servers, Places::clients}} {}
};

} // namespace grafos::ec_counter
