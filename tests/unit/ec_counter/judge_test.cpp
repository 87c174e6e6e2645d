// SPDX-License-Identifier: Apache-2.0
/// What sound actors never do, told to the judge by hand: each property can fall.
#include "tests/testkit/test.hpp"
#include "tests/unit/ec_counter/rig.hpp"

namespace grafos::test::ec {

namespace {

constexpr em::MessageWord get_word = ServerProtocol::words()[0];
constexpr em::MessageWord set_word = ServerProtocol::words()[1];
constexpr em::MessageWord sync_word = ServerProtocol::words()[2];
constexpr em::MessageWord start_word = ClientProtocol::words()[0];

/// Two servers and three clients (numbers 1, 2 and 3, 4, 5), two requests each; nothing moves.
class Courtroom {
public:
    static constexpr em::ActorNumber main{0};
    static constexpr em::ActorNumber server_1{1};
    static constexpr em::ActorNumber server_2{2};
    static constexpr em::ActorNumber client_1{3};
    static constexpr em::ActorNumber client_2{4};

    Courtroom() noexcept : play_{small_play({.num_servers = 2, .num_clients = 3, .requests = 2})} {
        EXPECT_TRUE(play_.run.start().is_ok());
        judge().meet(cast_of(play_.run));
    }
    [[nodiscard]] Properties& judge() noexcept { return play_.properties; }
    [[nodiscard]] std::string_view fallen() const noexcept { return play_.fallen(); }
    [[nodiscard]] std::string_view what() const noexcept { return play_.what(); }

    template <typename Message>
    void send(em::ActorNumber from, em::ActorNumber to, em::LetterKind kind,
              const em::MessageWord& word, const Message& message) noexcept {
        std::array<uint8_t, 32> bytes;
        const Result<size_t> size = wire::encode(message, bytes);
        ASSERT_TRUE(size.is_ok());
        em::Letter letter;
        letter.become({.from = from, .to = to, .kind = kind}, Bytes{bytes}.first(size.value()));
        judge().on_sent(Instant{1}, letter, word, Instant{2});
    }
    void ask_get(em::ActorNumber from, em::ActorNumber to) noexcept {
        send(from, to, em::LetterKind::question, get_word, Get{});
    }
    void ask_set(em::ActorNumber from, em::ActorNumber to, uint64_t value) noexcept {
        send(from, to, em::LetterKind::question, set_word, ec_counter::Set{value});
    }
    void finish_clients() noexcept {
        for (const uint16_t client : {uint16_t{3}, uint16_t{4}, uint16_t{5}}) {
            const em::ActorNumber number{client};
            for (int i = 0; i < 2; ++i) {
                ask_get(number, client == 4 ? server_2 : server_1);
                line(number, rules::get_done, "[client] GET -> 0");
            }
            line(number, rules::client_finished, "[client] Finished all 2 requests");
        }
    }
    void show(em::ActorNumber server, uint64_t counter) noexcept {
        judge().on_shown(Instant{1}, {server, "server"}, "counter", counter);
    }
    void line(em::ActorNumber actor, const em::Rule& rule, std::string_view text) noexcept {
        judge().on_line(Instant{1}, {actor, "actor"}, rule, text);
    }

private:
    SmallPlay& play_;
};

} // namespace

TEST(EcCounterJudge, Sees_a_client_that_goes_to_another_clients_server) {
    Courtroom room;
    room.ask_get(room.client_1, room.server_1);
    EXPECT_TRUE(room.judge().is_kept());
    room.ask_get(room.client_2, room.server_1);
    EXPECT_EQ(room.fallen(), name_of(Property::round_robin));
    EXPECT_EQ(room.what(), "its server is server-1 and should be server-2");
    ASSERT_FALSE(room.judge().is_kept());
    EXPECT_EQ(room.judge().first().actor, room.client_2);
}

TEST(EcCounterJudge, Sees_a_client_that_changes_its_server) {
    Courtroom room;
    room.ask_get(room.client_1, room.server_1);
    room.ask_get(room.client_1, room.server_2);
    EXPECT_EQ(room.fallen(), name_of(Property::one_server));
}

TEST(EcCounterJudge, Sees_a_letter_from_client_to_client) {
    Courtroom room;
    room.send(room.client_1, room.client_2, em::LetterKind::message, start_word, Start{});
    EXPECT_EQ(room.fallen(), name_of(Property::no_client_to_client));
}

TEST(EcCounterJudge, Sees_a_request_too_many) {
    Courtroom room;
    room.ask_get(room.client_1, room.server_1);
    room.ask_get(room.client_1, room.server_1);
    EXPECT_TRUE(room.judge().is_kept());
    room.ask_get(room.client_1, room.server_1);
    EXPECT_EQ(room.fallen(), name_of(Property::exact_requests));
}

TEST(EcCounterJudge, Sees_a_client_that_is_finished_too_early_or_stops_before_that) {
    Courtroom room;
    room.ask_get(room.client_1, room.server_1);
    room.line(room.client_1, rules::get_done, "[client-1] GET -> 0");
    room.line(room.client_1, rules::client_finished, "[client-1] Finished all 2 requests");
    EXPECT_EQ(room.fallen(), name_of(Property::exact_requests));
    EXPECT_EQ(room.what(), "finished after 1 requests and 1 lines about them, of 2");
    Courtroom other;
    other.judge().on_stopped(Instant{1}, {other.client_1, "client-1"}, Error{ErrorCode::not_found});
    EXPECT_EQ(other.fallen(), name_of(Property::exact_requests));
}

TEST(EcCounterJudge, Sees_a_value_beyond_the_range) {
    Courtroom room;
    room.ask_set(room.client_1, room.server_1, 999);
    EXPECT_TRUE(room.judge().is_kept());
    room.ask_set(room.client_1, room.server_1, 1'000);
    EXPECT_EQ(room.fallen(), name_of(Property::value_in_range));
}

TEST(EcCounterJudge, Sees_an_answer_that_is_not_what_was_printed) {
    Courtroom room;
    room.ask_set(room.client_1, room.server_1, 5);
    room.line(room.server_1, rules::set_accepted, "[server-1] SET 5 -> accepted (was 0)");
    room.show(room.server_1, 5);
    room.send(room.server_1, room.client_1, em::LetterKind::answer, set_word, Accepted{false});
    EXPECT_EQ(room.fallen(), name_of(Property::accepted_if_larger));
}

TEST(EcCounterJudge, Sees_an_equal_value_that_is_accepted_and_a_larger_one_that_is_rejected) {
    Courtroom room;
    room.line(room.server_1, rules::set_accepted, "[server-1] SET 0 -> accepted (was 0)");
    EXPECT_EQ(room.fallen(), name_of(Property::accepted_if_larger));
    EXPECT_EQ(room.what(), "0 was accepted while the counter was 0");
    Courtroom other;
    other.line(other.server_1, rules::set_rejected, "[server-1] SET 9 -> rejected (current 0)");
    EXPECT_EQ(other.fallen(), name_of(Property::accepted_if_larger));
}

TEST(EcCounterJudge, Sees_a_get_that_is_answered_with_something_else) {
    Courtroom room;
    room.send(room.server_1, room.client_1, em::LetterKind::answer, get_word, Counter{0});
    EXPECT_TRUE(room.judge().is_kept());
    room.send(room.server_1, room.client_1, em::LetterKind::answer, get_word, Counter{1});
    EXPECT_EQ(room.fallen(), name_of(Property::get_is_counter));
}

TEST(EcCounterJudge, Sees_a_value_that_no_client_tried_and_a_counter_that_falls) {
    Courtroom room;
    room.ask_set(room.client_1, room.server_1, 5);
    room.show(room.server_1, 5);
    EXPECT_TRUE(room.judge().is_kept());
    room.show(room.server_1, 6);
    EXPECT_EQ(room.fallen(), name_of(Property::from_a_client));
    Courtroom other;
    other.ask_set(other.client_1, other.server_1, 5);
    other.show(other.server_1, 5);
    other.show(other.server_1, 4);
    EXPECT_EQ(other.fallen(), name_of(Property::never_decreases));
    EXPECT_EQ(other.what(), "it fell from 5 to 4");
}

TEST(EcCounterJudge, Sees_a_sync_of_what_the_server_does_not_hold_or_to_nobody_who_may_hear_it) {
    Courtroom room;
    room.send(room.server_1, room.server_2, em::LetterKind::message, sync_word, SyncValue{0});
    EXPECT_TRUE(room.judge().is_kept());
    room.send(room.server_1, room.server_2, em::LetterKind::message, sync_word, SyncValue{3});
    EXPECT_EQ(room.fallen(), name_of(Property::says_what_it_holds));
    Courtroom other;
    other.send(other.server_1, other.client_1, em::LetterKind::message, sync_word, SyncValue{0});
    EXPECT_EQ(other.fallen(), name_of(Property::says_what_it_holds));
}

TEST(EcCounterJudge, Sees_servers_that_agree_on_less_than_one_of_them_held) {
    Courtroom room;
    room.ask_set(room.client_1, room.server_1, 5);
    room.show(room.server_1, 5);
    room.judge().end_with(4);
    room.judge().finish(Instant{9});
    EXPECT_EQ(room.fallen(), name_of(Property::largest_at_end));
    EXPECT_FALSE(room.judge().is_good());
}

TEST(EcCounterJudge, Knows_what_a_server_elsewhere_held_by_what_its_client_was_told) {
    Courtroom room;
    room.ask_set(room.client_1, room.server_1, 5);
    room.line(room.client_1, rules::set_done, "[client-1] SET 5 -> accepted");
    EXPECT_EQ(room.judge().figures().most_held, 5u);
    room.judge().end_with(5);
    room.judge().finish(Instant{9});
    EXPECT_TRUE(room.judge().is_good()) << room.fallen();
}

TEST(EcCounterJudge, Allows_a_server_that_begins_anew_and_what_its_keeper_gives_back) {
    Courtroom room;
    room.ask_set(room.client_1, room.server_1, 5);
    room.show(room.server_1, 5);
    room.judge().restart(room.server_1);
    room.show(room.server_1, 0);
    room.line(room.server_1, rules::recovered, "[server-1] Recovered 7");
    room.show(room.server_1, 7);
    EXPECT_TRUE(room.judge().is_kept()) << room.fallen();
}

TEST(EcCounterJudge, Takes_a_server_for_unequal_only_if_it_answered_the_last_check) {
    for (const bool is_silent_at_last : {false, true}) {
        Courtroom room;
        room.finish_clients();
        room.line(room.main, rules::first_heading, "--- Final server counter values ---");
        room.line(room.main, rules::server_silent, "server-1: timed out");
        room.line(room.main, rules::second_heading, "--- After additional sync ---");
        room.line(room.main, is_silent_at_last ? rules::server_silent : rules::server_value,
                  is_silent_at_last ? "server-1: timed out" : "server-1: 3");
        room.line(room.main, rules::server_value, "server-2: 5");
        room.line(room.main, rules::not_converged, "Servers have not yet fully converged");
        room.judge().end_with(std::nullopt);
        room.judge().finish(Instant{9});
        EXPECT_EQ(room.judge().is_kept(), is_silent_at_last) << room.what();
        EXPECT_FALSE(room.judge().is_good());
    }
}

TEST(EcCounterJudge, Says_nothing_about_agreement_when_a_server_has_stopped) {
    Courtroom room;
    room.finish_clients();
    room.line(room.main, rules::first_heading, "--- Final server counter values ---");
    room.judge().on_stopped(Instant{1}, {room.server_1, "server-1"}, Error{ErrorCode::revoked});
    room.judge().end_with(std::nullopt);
    room.judge().finish(Instant{9});
    EXPECT_TRUE(room.judge().is_kept());
    EXPECT_FALSE(room.judge().is_good());
}

} // namespace grafos::test::ec
