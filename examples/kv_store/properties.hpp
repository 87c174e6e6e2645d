// SPDX-License-Identifier: Apache-2.0
/// What a run of the store must keep to, judged from outside.
///
/// The judge keeps a table of its own of what was put. It sees each request arrive at the server
/// and works out, by that table, what the server must print and answer; it sees each answer arrive
/// at its client, and works out what the client must print. It has nothing of the actors' code.
///
/// A net that loses and doubles letters changes what happens, never what is right: a request that
/// arrives twice is handled twice, so that the second copy of a Put finds its own key there. The
/// judge counts copies at the server as requests, and at the clients not.
///
/// Nor is lateness ever wrong: a client that main's wait cuts short, before its first request or
/// after it, is counted (`unfinished`), and judged by what it has made and said so far.
#pragma once

#include "examples/emulation/judge.hpp"
#include "examples/kv_store/request.hpp"

namespace grafos::kv_store {

/// Sentences, as they are reported.
namespace property {

inline constexpr std::string_view first_put_wins = "the first put of a key wins";
inline constexpr std::string_view value_stays = "a value stays until its key is deleted";
inline constexpr std::string_view absent_not_found = "a key that nobody put is not found";
inline constexpr std::string_view absent_can_be_put = "a key that is absent can be put";
inline constexpr std::string_view full_is_full = "a full store takes no new key";
inline constexpr std::string_view reasons_exact = "a refusal says what and which key";
inline constexpr std::string_view lines_true = "a line says what was answered";
inline constexpr std::string_view all_started = "as many clients are started as were asked for";
inline constexpr std::string_view ten_each = "each client makes ten requests, one at a time";
inline constexpr std::string_view five_keys = "clients know five keys and a hundred values";

} // namespace property

class Properties : public emulation::Judge {
public:
    using Actor = emulation::ActorNumber;

    /// Who is who. Clients have numbers in a row.
    struct Cast {
        Actor main = Actor::nobody;
        Actor server{};
        Actor first_client{};
        uint64_t clients = 0;
    };
    using LineText = Kept<emulation::line_bytes_max>;
    /// What the judge knows of a client.
    struct Asker {
        uint64_t requests = 0; ///< made so far
        uint64_t timed_out = 0;
        bool is_sent_start = false;
        bool is_open = false; ///< it waits for an answer, or has not yet printed it
        bool has_finished = false;
        bool has_heard = false; ///< `line` is what it has to print
        Request request{};
        LineText line{};
    };
    struct Memory {
        std::span<Asker> askers;    ///< one for each client
        std::span<Request> waiting; ///< as long as the server's mailbox, and the one it handles
    };
    struct Figures {
        uint64_t requests = 0; ///< made by clients
        uint64_t timed_out = 0;
        uint64_t unfinished = 0; ///< clients that main's wait cut short
    };

    explicit Properties(const Memory& memory) noexcept : memory_{memory} {}

    /// Context: before the first start.
    void expect(const Cast& cast) noexcept;
    void finish(Instant now) noexcept override;
    [[nodiscard]] Figures figures() const noexcept;

    void on_line(Instant now, const emulation::ActorView& actor, const emulation::Rule& rule,
                 std::string_view text) noexcept override;
    void on_sent(Instant now, const emulation::Letter& letter, const emulation::MessageWord& word,
                 Instant arrives) noexcept override;
    void on_arrived(Instant now, const emulation::Letter& letter) noexcept override;
    void on_lost(Instant now, const emulation::Letter& letter,
                 emulation::LossReason reason) noexcept override;
    void on_timed_out(Instant now, const emulation::ActorView& actor,
                      uint64_t order) noexcept override;
    void on_stopped(Instant now, const emulation::ActorView& actor,
                    const Error& why) noexcept override;

private:
    /// What was put, and not deleted.
    struct Pair {
        bool is_there = false;
        Kept<key_bytes_max> key{};
        Kept<value_bytes_max> value{};
    };

    [[nodiscard]] Asker* asker_of(Actor number) noexcept;
    [[nodiscard]] Pair* pair_of(std::string_view key) noexcept;
    [[nodiscard]] Pair* free_pair() noexcept;

    void judge_main_line(Instant now, const emulation::Rule& rule) noexcept;
    // at the server
    void judge_answer(Instant now, const emulation::Letter& letter) noexcept;
    void judge_said(Instant now, const Request& request, const Said& said) noexcept;
    void judge_reason(Instant now, const Request& request, const Said& said) noexcept;
    void judge_server_line(Instant now, const Request& request, const Said& said) noexcept;
    void remember(const Request& request) noexcept;
    // at a client
    void judge_request(Instant now, Asker& asker, const Request& request) noexcept;
    void judge_client_line(Instant now, Actor number, Asker& asker, std::string_view text) noexcept;
    void hear(Asker& asker, bool is_value, std::string_view said) noexcept;

    Memory memory_;
    Cast cast_{};
    std::array<Pair, store_keys_max> pairs_{};
    size_t waiting_first_ = 0;
    size_t waiting_count_ = 0;
    LineText server_line_{};
    bool has_server_line_ = false;
};

/// The server's mailbox: each client may have a question there, a copy of it, and ones that came
/// late.
consteval uint16_t server_mailbox_for(size_t clients_max) {
    return static_cast<uint16_t>(4 * clients_max + 16);
}

template <size_t clients_max>
class PropertiesOf final : public Properties {
public:
    PropertiesOf() noexcept : Properties{{askers_, waiting_}} {}

private:
    std::array<Asker, clients_max> askers_{};
    std::array<Request, server_mailbox_for(clients_max) + 1> waiting_{};
};

} // namespace grafos::kv_store
