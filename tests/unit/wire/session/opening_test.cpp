// SPDX-License-Identifier: Apache-2.0
// What strangers can do to a node, and what opening a session costs it.
#include "tests/support/raw_client.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::node_address;
using test::RawClient;
using test::rig_write;
using test::SessionRig;
using test::stranger_address;

class SessionOpening : public ::testing::Test {
protected:
    [[nodiscard]] SessionServer& node() noexcept { return rig.node.server(); }
    [[nodiscard]] uint64_t dropped(SessionDrop why) noexcept { return node().figures().of(why); }
    /// Somebody with keys, of whom the node knows nothing.
    static void start_identity(crypto::Identity& identity, uint64_t seed) noexcept {
        crypto::Drbg drbg;
        std::array<uint8_t, 8> bytes;
        store_big_endian<uint64_t>(bytes.data(), seed);
        drbg.seed(bytes);
        crypto::IdentitySecrets secrets = crypto::draw_identity_secrets(drbg);
        identity.start(secrets);
    }

    /// Three more principals, whom the node knows from now on.
    [[nodiscard]] bool know_others() noexcept {
        constexpr std::array<std::string_view, 3> names{"carol", "dave", "erin"};
        for (size_t i = 0; i < names.size(); ++i) {
            start_identity(others[i], 500 + i);
            if (!rig.node.peers.add(SessionRig::peer_entry(others[i], names[i])).is_ok()) {
                return false;
            }
        }
        return true;
    }

    crypto::Identity others[3];
    SessionRig rig{1, Instant{test::start_time().ms / 30'000 * 30'000 + 30'000}};
    RawClient alice{rig, stranger_address(1), rig.alice.identity, 11};
};

TEST_F(SessionOpening, Takes_four_packets_and_five_operations) {
    ASSERT_TRUE(alice.open());
    EXPECT_EQ(node().figures().hellos, 1u);
    EXPECT_EQ(node().figures().inits, 1u);
    EXPECT_EQ(node().figures().accepts, 1u);
    EXPECT_EQ(node().figures().public_key_steps, 5u);
    EXPECT_EQ(node().figures().opened, 1u);
    EXPECT_EQ(node().open_count(), 1u);
    EXPECT_EQ(node().info(0).session.number.value, alice.number().value);
    EXPECT_TRUE(node().info(0).address == stranger_address(1));
}

TEST_F(SessionOpening, Answers_nobody_with_more_than_he_sent) {
    ASSERT_TRUE(alice.shake_hands());
    EXPECT_LE(alice.bytes_in, alice.bytes_out);
    EXPECT_EQ(alice.packets, 2u);
}

TEST_F(SessionOpening, Refuses_cookies_of_another_address) {
    ASSERT_TRUE(alice.fetch_cookie());
    const InitPacket init = alice.make_init();
    rig.net.inject(stranger_address(2), node_address, init);
    alice.run(10);
    EXPECT_EQ(dropped(SessionDrop::cookie_wrong), 1u);
    EXPECT_EQ(node().figures().public_key_steps, 0u);
}

TEST_F(SessionOpening, Refuses_expired_cookies_and_takes_those_of_the_last_bucket) {
    ASSERT_TRUE(alice.fetch_cookie());
    rig.now.ms += 59'900; // the bucket began with the test
    const InitPacket init = alice.make_init();
    alice.send(init);
    alice.run(10);
    EXPECT_EQ(dropped(SessionDrop::cookie_wrong), 0u);
    EXPECT_EQ(node().figures().accepts, 1u);
    rig.now.ms += 30'000;
    alice.send(alice.make_init());
    alice.run(10);
    EXPECT_EQ(dropped(SessionDrop::cookie_wrong), 1u);
    EXPECT_EQ(node().figures().accepts, 1u);
}

TEST_F(SessionOpening, Refuses_cookies_of_an_older_boot) {
    ASSERT_TRUE(alice.fetch_cookie());
    rig.node.start();
    alice.send(alice.make_init());
    alice.run(10);
    EXPECT_EQ(dropped(SessionDrop::cookie_wrong), 1u);
    EXPECT_EQ(node().figures().public_key_steps, 0u);
}

TEST_F(SessionOpening, Refuses_each_changed_bit_of_an_init) {
    ASSERT_TRUE(alice.fetch_cookie());
    const InitPacket init = alice.make_init();
    constexpr size_t noise_at = packet_header_bytes + cookie_body_bytes;
    for (size_t bit = 0; bit < 8 * noise_at; ++bit) {
        InitPacket changed = init;
        changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
        alice.send(changed);
        alice.turn();
    }
    EXPECT_EQ(node().figures().inits, 0u);
    for (size_t at = noise_at; at < init.size(); ++at) { // these cost public-key operations
        InitPacket changed = init;
        changed[at] = static_cast<uint8_t>(changed[at] ^ (1u << (at % 8)));
        alice.send(changed);
        alice.run(2);
        rig.skip(Duration{100});
        alice.run(4);
    }
    EXPECT_EQ(node().figures().inits, init_noise_bytes);
    EXPECT_EQ(dropped(SessionDrop::key_refused), init_noise_bytes);
    EXPECT_EQ(node().figures().accepts, 0u);
    EXPECT_LE(node().figures().public_key_steps, 2 * init_noise_bytes);
}

TEST_F(SessionOpening, Spends_one_operation_on_a_principal_it_does_not_know) {
    crypto::Identity mallory;
    start_identity(mallory, 666);
    RawClient stranger{rig, stranger_address(6), mallory, 66};
    EXPECT_FALSE(stranger.shake_hands());
    EXPECT_EQ(dropped(SessionDrop::principal_unknown), 1u);
    EXPECT_EQ(node().figures().public_key_steps, 1u);
    EXPECT_EQ(stranger.packets, 1u); // the cookie, and then silence
}

TEST_F(SessionOpening, Rations_operations_under_330_forged_inits_a_second) {
    crypto::Identity mallory;
    start_identity(mallory, 666);
    RawClient stranger{rig, stranger_address(6), mallory, 66};
    ASSERT_TRUE(stranger.fetch_cookie());
    std::array<uint64_t, 4'000> steps_at{};
    for (uint64_t ms = 0; ms < steps_at.size(); ++ms) {
        if (ms % 3 == 0) {
            InitPacket init = stranger.make_init();
            store_big_endian<uint64_t>(init.data() + packet_header_bytes + cookie_body_bytes, ms);
            stranger.send(init);
        }
        stranger.turn();
        steps_at[ms] = node().figures().public_key_steps;
        ASSERT_LE(steps_at[ms] - (ms > 0 ? steps_at[ms - 1] : 0), 1u);
        ASSERT_LE(steps_at[ms] - (ms >= 1'000 ? steps_at[ms - 1'000] : 0), 20u);
    }
    EXPECT_GE(node().figures().public_key_steps, 60u);
    EXPECT_GT(dropped(SessionDrop::queue_full), 1'000u);
    EXPECT_EQ(stranger.packets, 1u);
}

// Each run of a command line opens a session of its own. The ration for what leads to nothing once
// counted these too, and every fifth command of a second waited for the next one.
TEST_F(SessionOpening, Lets_in_one_after_the_other_without_a_stall) {
    size_t opened = 0;
    uint64_t longest = 0;
    for (uint32_t i = 0; i < 40; ++i) {
        const uint64_t begun = rig.now.ms;
        RawClient next{rig, stranger_address(10 + i), rig.alice.identity, 100 + i};
        ASSERT_TRUE(next.open());
        opened += 1;
        longest = std::max(longest, rig.now.ms - begun);
        rig.skip(Duration{20}); // what else a command does
    }
    EXPECT_EQ(node().figures().opened, opened);
    EXPECT_EQ(node().figures().public_key_steps, 5 * opened);
    EXPECT_LE(longest, 100u);
}

TEST_F(SessionOpening, Paces_operations_whatever_they_lead_to) {
    const uint64_t begun = rig.now.ms;
    for (uint32_t i = 0; i < 60; ++i) {
        RawClient next{rig, stranger_address(10 + i), rig.alice.identity, 100 + i};
        ASSERT_TRUE(next.open());
        const uint64_t paces = (rig.now.ms - begun) / handshake_pace.ms + 1;
        ASSERT_LE(node().figures().public_key_steps, handshake_steps_per_pace * paces);
    }
    EXPECT_EQ(node().figures().opened, 60u);
}

TEST_F(SessionOpening, Gives_nothing_back_for_inits_that_are_played_again) {
    // Three attempts of one principal, of which two may be pending: each copy pushes one out.
    std::array<InitPacket, 3> heard{};
    ASSERT_TRUE(alice.fetch_cookie());
    for (InitPacket& init : heard) {
        init = alice.make_init();
    }
    std::array<uint64_t, 3'000> steps_at{};
    for (uint64_t ms = 0; ms < steps_at.size(); ++ms) {
        if (ms % 3 == 0) {
            alice.send(heard[ms / 3 % heard.size()]);
        }
        alice.turn();
        steps_at[ms] = node().figures().public_key_steps;
        ASSERT_LE(steps_at[ms] - (ms >= 1'000 ? steps_at[ms - 1'000] : 0), 20u);
    }
    EXPECT_GE(node().figures().pending_ended, 4u);
    EXPECT_EQ(node().figures().opened, 0u);
}

TEST_F(SessionOpening, Lets_somebody_in_while_another_host_floods) {
    crypto::Identity mallory;
    start_identity(mallory, 666);
    RawClient stranger{rig, stranger_address(6), mallory, 66};
    ASSERT_TRUE(stranger.fetch_cookie());
    const InitPacket forged = stranger.make_init();
    ASSERT_TRUE(rig.alice.session.open(rig.node_entry(), rig.now).is_ok());
    uint64_t opened_after = 0;
    for (uint64_t ms = 0; ms < 5'000 && opened_after == 0; ++ms) {
        InitPacket init = forged;
        store_big_endian<uint64_t>(init.data() + packet_header_bytes + cookie_body_bytes, ms);
        stranger.send(init);
        stranger.turn();
        opened_after = rig.alice.session.state() == SessionState::open ? ms : 0;
    }
    EXPECT_GT(opened_after, 0u);
    EXPECT_LE(opened_after, 2'000u);
}

TEST_F(SessionOpening, Lets_four_of_one_host_wait_and_eight_in_all) {
    RawClient second{rig, stranger_address(2), rig.bob.identity, 12};
    RawClient third{rig, stranger_address(3), rig.bob.identity, 13};
    ASSERT_TRUE(alice.fetch_cookie());
    ASSERT_TRUE(second.fetch_cookie());
    ASSERT_TRUE(third.fetch_cookie());
    for (int i = 0; i < 6; ++i) {
        alice.send(alice.make_init());
    }
    rig.net.set_now(rig.now);
    (void)rig.node.port().receive(64, rig.now);
    EXPECT_EQ(node().figures().inits, 4u);
    EXPECT_EQ(dropped(SessionDrop::queue_full), 2u);
    for (int i = 0; i < 4; ++i) {
        second.send(second.make_init());
    }
    third.send(third.make_init());
    (void)rig.node.port().receive(64, rig.now);
    EXPECT_EQ(node().figures().inits, 8u);
    EXPECT_EQ(dropped(SessionDrop::queue_full), 3u);
}

TEST_F(SessionOpening, Gives_the_same_init_the_same_accept_while_it_waits) {
    ASSERT_TRUE(alice.fetch_cookie());
    const InitPacket init = alice.make_init();
    alice.send(init);
    alice.send(init); // both in one turn: one waits
    alice.run(10);
    ASSERT_EQ(alice.packets, 2u);
    const test::Datagram first = alice.last;
    EXPECT_EQ(dropped(SessionDrop::init_repeated), 1u);
    const uint64_t steps = node().figures().public_key_steps;
    for (int i = 0; i < 50; ++i) {
        alice.send(init);
        alice.turn();
        alice.turn();
        ASSERT_TRUE(is_equal(alice.last.view(), first.view()));
    }
    EXPECT_EQ(node().figures().accepts_repeated, 50u);
    EXPECT_EQ(node().figures().public_key_steps, steps);
    EXPECT_EQ(node().figures().accepts, 1u);

    ASSERT_TRUE(alice.read_accept());
    alice.send_sealed({});
    alice.run(2);
    EXPECT_EQ(node().open_count(), 1u);
    const uint64_t packets = alice.packets;
    alice.send(init); // of a session that lives: silence
    alice.run(10);
    EXPECT_EQ(alice.packets, packets);
    EXPECT_EQ(dropped(SessionDrop::init_repeated), 2u);
    EXPECT_EQ(node().figures().public_key_steps, steps);
}

TEST_F(SessionOpening, Ends_a_session_nobody_confirms_after_five_seconds) {
    ASSERT_TRUE(alice.shake_hands());
    EXPECT_EQ(node().open_count(), 0u);
    rig.skip(Duration{4'990});
    EXPECT_EQ(node().figures().pending_ended, 0u);
    alice.run(20);
    EXPECT_EQ(node().figures().pending_ended, 1u);
    alice.send_sealed({});
    alice.run(2);
    EXPECT_EQ(dropped(SessionDrop::session_unknown), 1u);
    EXPECT_EQ(node().figures().opened, 0u);
}

TEST_F(SessionOpening, Keeps_two_pending_sessions_of_a_principal_and_drops_the_oldest) {
    RawClient second{rig, stranger_address(2), rig.alice.identity, 12};
    RawClient third{rig, stranger_address(3), rig.alice.identity, 13};
    ASSERT_TRUE(alice.shake_hands());
    ASSERT_TRUE(second.shake_hands());
    ASSERT_TRUE(third.shake_hands());
    EXPECT_EQ(node().figures().pending_ended, 1u);
    alice.send_sealed({});
    second.send_sealed({});
    third.send_sealed({});
    alice.run(2);
    EXPECT_EQ(dropped(SessionDrop::session_unknown), 1u);
    EXPECT_EQ(node().open_count(), 2u);
}

TEST_F(SessionOpening, Ends_the_old_session_when_the_new_one_is_confirmed_and_not_before) {
    ASSERT_TRUE(alice.open());
    const SessionNumber old = alice.number();
    RawClient again{rig, stranger_address(2), rig.alice.identity, 12};
    ASSERT_TRUE(again.shake_hands(old));
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_EQ(rig.node.sink.executed, 1u);
    again.send_sealed({});
    alice.run(2);
    EXPECT_EQ(rig.node.sink.ended, 1u);
    EXPECT_EQ(rig.node.sink.last_ended.number.value, old.value);
    EXPECT_EQ(node().figures().of(SessionEnd::replaced), 1u);
    alice.ask(2, 2, rig_write);
    alice.run(2);
    EXPECT_EQ(rig.node.sink.executed, 1u);
    EXPECT_EQ(dropped(SessionDrop::session_unknown), 1u);
    EXPECT_EQ(node().open_count(), 1u);
}

TEST_F(SessionOpening, Opens_no_session_late_that_was_replaced_before_it_was_confirmed) {
    ASSERT_TRUE(alice.shake_hands()); // and what confirms it is on its way for long
    RawClient again{rig, stranger_address(2), rig.alice.identity, 12};
    ASSERT_TRUE(again.open(alice.number()));
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_EQ(rig.node.sink.executed, 0u);
    EXPECT_EQ(dropped(SessionDrop::session_unknown), 1u);
    EXPECT_EQ(node().open_count(), 1u);
}

TEST_F(SessionOpening, Ends_what_a_session_named_that_was_itself_replaced_unconfirmed) {
    ASSERT_TRUE(alice.open());
    RawClient second{rig, stranger_address(2), rig.alice.identity, 12};
    ASSERT_TRUE(second.shake_hands(alice.number()));
    RawClient third{rig, stranger_address(3), rig.alice.identity, 13};
    ASSERT_TRUE(third.open(second.number()));
    EXPECT_EQ(node().figures().of(SessionEnd::replaced), 1u);
    EXPECT_EQ(node().open_count(), 1u);
    alice.ask(1, 1, rig_write);
    second.ask(1, 1, rig_write);
    third.run(2);
    EXPECT_EQ(rig.node.sink.executed, 0u);
    EXPECT_EQ(dropped(SessionDrop::session_unknown), 2u);
}

TEST_F(SessionOpening, Ends_nobody_elses_session) {
    ASSERT_TRUE(alice.open());
    RawClient bob{rig, stranger_address(2), rig.bob.identity, 12};
    ASSERT_TRUE(bob.open(alice.number()));
    EXPECT_EQ(rig.node.sink.ended, 0u);
    EXPECT_EQ(node().open_count(), 2u);
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_EQ(alice.replies, 1u);
}

TEST_F(SessionOpening, Displaces_the_one_of_its_principal_that_was_silent_longest) {
    RawClient second{rig, stranger_address(2), rig.alice.identity, 12};
    RawClient third{rig, stranger_address(3), rig.alice.identity, 13};
    RawClient fourth{rig, stranger_address(4), rig.alice.identity, 14};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(second.open());
    ASSERT_TRUE(third.open());
    alice.ask(1, 1, rig_write);
    alice.run(2);
    rig.skip(Duration{1'000});
    ASSERT_TRUE(fourth.open());
    EXPECT_EQ(node().figures().of(SessionEnd::displaced), 1u);
    EXPECT_EQ(rig.node.sink.last_ended.number.value, second.number().value);
    EXPECT_EQ(node().open_count(), 3u);
}

TEST_F(SessionOpening, Takes_one_of_the_newcomers_own_places_when_full_and_nobody_has_more) {
    RawClient second{rig, stranger_address(2), rig.alice.identity, 12};
    RawClient third{rig, stranger_address(3), rig.bob.identity, 13};
    RawClient fourth{rig, stranger_address(4), rig.bob.identity, 14};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(second.open());
    ASSERT_TRUE(third.open());
    rig.skip(Duration{1'000});
    ASSERT_TRUE(fourth.open());
    ASSERT_EQ(node().open_count(), 4u);
    rig.skip(Duration{1'000});
    RawClient fifth{rig, stranger_address(5), rig.bob.identity, 15};
    ASSERT_TRUE(fifth.open());
    EXPECT_EQ(node().figures().of(SessionEnd::displaced), 1u);
    EXPECT_EQ(rig.node.sink.last_ended.number.value, third.number().value);
    rig.skip(Duration{1'000});
    RawClient sixth{rig, stranger_address(6), rig.bob.identity, 16};
    ASSERT_TRUE(sixth.open(fifth.number())); // what it names goes before what is silent
    EXPECT_EQ(node().figures().of(SessionEnd::replaced), 1u);
    EXPECT_EQ(rig.node.sink.last_ended.number.value, fifth.number().value);
    EXPECT_EQ(node().open_count(), 4u);
}

TEST_F(SessionOpening, Refuses_who_has_none_when_all_places_are_taken_one_by_one) {
    ASSERT_TRUE(know_others());
    RawClient bob{rig, stranger_address(2), rig.bob.identity, 12};
    RawClient carol{rig, stranger_address(3), others[0], 13};
    RawClient dave{rig, stranger_address(4), others[1], 14};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(bob.open());
    ASSERT_TRUE(carol.open());
    rig.skip(Duration{1'000});
    ASSERT_TRUE(dave.open());
    rig.skip(Duration{1'000});
    RawClient erin{rig, stranger_address(5), others[2], 15};
    EXPECT_FALSE(erin.shake_hands());
    EXPECT_EQ(dropped(SessionDrop::table_full), 1u);
    EXPECT_EQ(rig.node.sink.ended, 0u);
    EXPECT_EQ(node().open_count(), 4u);
}

TEST_F(SessionOpening, Takes_a_place_when_full_from_who_has_two_more) {
    RawClient second{rig, stranger_address(2), rig.alice.identity, 12};
    RawClient third{rig, stranger_address(3), rig.alice.identity, 13};
    RawClient of_bob{rig, stranger_address(4), rig.bob.identity, 14};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(second.open());
    ASSERT_TRUE(third.open());
    rig.skip(Duration{1'000});
    ASSERT_TRUE(of_bob.open());
    ASSERT_EQ(node().open_count(), 4u);
    alice.ask(1, 1, rig_write);
    alice.run(2);
    rig.skip(Duration{1'000});
    RawClient more_of_bob{rig, stranger_address(5), rig.bob.identity, 15};
    ASSERT_TRUE(more_of_bob.open()); // three and one, then two and two
    EXPECT_EQ(node().figures().of(SessionEnd::displaced), 1u);
    EXPECT_EQ(rig.node.sink.last_ended.number.value, second.number().value);
    EXPECT_EQ(node().open_count(), 4u);
}

TEST_F(SessionOpening, Refuses_to_confirm_into_a_table_that_filled_up_meanwhile) {
    ASSERT_TRUE(know_others());
    RawClient bob{rig, stranger_address(2), rig.bob.identity, 12};
    RawClient carol{rig, stranger_address(3), others[0], 13};
    RawClient dave{rig, stranger_address(4), others[1], 14};
    ASSERT_TRUE(bob.open());
    ASSERT_TRUE(carol.open());
    rig.skip(Duration{1'000});
    ASSERT_TRUE(alice.open());
    rig.skip(Duration{1'000});
    RawClient late{rig, stranger_address(5), others[2], 15};
    ASSERT_TRUE(late.shake_hands());
    ASSERT_TRUE(dave.open());
    late.send_sealed({});
    late.run(2);
    EXPECT_EQ(dropped(SessionDrop::table_full), 1u);
    EXPECT_EQ(late.signs, 0u);
    EXPECT_EQ(node().open_count(), 4u);
}

TEST_F(SessionOpening, Ends_a_session_that_is_idle_too_long) {
    ASSERT_TRUE(alice.open());
    rig.skip(Duration{30'000});
    alice.send_sealed({});
    alice.run(2);
    rig.skip(Duration{59'990});
    EXPECT_EQ(node().open_count(), 1u);
    rig.run(Duration{20});
    EXPECT_EQ(node().open_count(), 0u);
    EXPECT_EQ(node().figures().of(SessionEnd::idle), 1u);
    EXPECT_EQ(rig.node.sink.ended, 1u);
}

TEST_F(SessionOpening, Keeps_its_deadline_before_what_is_due) {
    EXPECT_TRUE(node().next_deadline() == Instant::never());
    ASSERT_TRUE(alice.fetch_cookie());
    alice.send(alice.make_init());
    rig.net.set_now(rig.now);
    while (rig.node.port().receive(8, rig.now)) {}
    EXPECT_TRUE(node().next_deadline() <= rig.now);
    alice.run(10);
    ASSERT_EQ(node().figures().accepts, 1u);
    EXPECT_TRUE(node().next_deadline() > rig.now);
    EXPECT_LE(node().next_deadline().ms, rig.now.ms + 5'000);
    rig.skip(Duration{6'000});
    EXPECT_TRUE(node().next_deadline() == Instant::never());
}

TEST_F(SessionOpening, Closes_all_and_forgets_what_waits) {
    RawClient second{rig, stranger_address(2), rig.bob.identity, 12};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(second.shake_hands());
    ASSERT_TRUE(second.fetch_cookie());
    second.send(second.make_init());
    second.turn();
    node().close_all(rig.now);
    EXPECT_EQ(node().open_count(), 0u);
    EXPECT_EQ(node().figures().of(SessionEnd::closed), 1u);
    EXPECT_EQ(node().figures().pending_ended >= 1, true);
    EXPECT_TRUE(node().next_deadline() == Instant::never());
    RawClient third{rig, stranger_address(3), rig.alice.identity, 13};
    EXPECT_TRUE(third.open());
}

TEST_F(SessionOpening, Is_silent_to_what_is_no_packet_for_a_node) {
    ASSERT_TRUE(alice.fetch_cookie());
    const uint64_t packets = alice.packets;
    const CookiePacket cookie = encode_cookie({alice.random, alice.cookie});
    node().on_packet(stranger_address(1), decode_packet_header(cookie).value(),
                     MutableBytes{alice.last.bytes}.first(alice.last.size), rig.now);
    EXPECT_EQ(dropped(SessionDrop::kind_unexpected), 1u);
    HelloPacket hello = encode_hello(alice.random);
    hello[60] = 1;
    alice.send(hello);
    InitPacket init = alice.make_init();
    init[8] = static_cast<uint8_t>(init[8] ^ 1u);
    alice.send(init);
    alice.run(10);
    EXPECT_EQ(dropped(SessionDrop::hello_malformed), 1u);
    EXPECT_EQ(dropped(SessionDrop::init_malformed), 1u);
    EXPECT_EQ(alice.packets, packets);
}

} // namespace
} // namespace grafos::wire
