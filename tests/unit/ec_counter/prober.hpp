// SPDX-License-Identifier: Apache-2.0
/// One server on a bench, with or without a keeper, and somebody who asks it what a test wants.
#pragma once

#include "examples/ec_counter/keeper.hpp"
#include "tests/unit/ec_counter/rig.hpp"

namespace grafos::test::ec {

/// It looks like a server to servers, and asks like a client.
class Prober final : public em::Actor<Prober, ServerProtocol> {
public:
    using Context = em::Context<Prober>;
    enum class Wish : uint8_t { nothing, get, set, sync, introduce };

    void wish(Wish wish, ServerAddress server, uint64_t value) noexcept {
        wish_ = wish;
        server_ = server;
        value_ = value;
    }
    [[nodiscard]] std::optional<uint64_t> got() const noexcept { return got_; }
    [[nodiscard]] bool was_accepted() const noexcept { return was_accepted_; }
    [[nodiscard]] std::optional<Error> refusal() const noexcept { return refusal_; }
    [[nodiscard]] uint64_t syncs() const noexcept { return syncs_; }
    [[nodiscard]] uint64_t last_sync() const noexcept { return last_sync_; }

    /// How a test has it do something: a DoSync to itself.
    void on_start(Context& context) noexcept { context.send(context.self(), DoSync{}); }
    void on(Context& context, const DoSync&) noexcept {
        const Wish now = wish_;
        wish_ = Wish::nothing;
        context.send_after(Duration{1}, context.self(), DoSync{});
        switch (now) {
        case Wish::nothing: return;
        case Wish::get: context.call(server_, Get{}); return;
        case Wish::set:
            was_accepted_ = false;
            refusal_.reset();
            context.call(server_, ec_counter::Set{value_});
            return;
        case Wish::sync: context.send(server_, SyncValue{value_}); return;
        case Wish::introduce: introduce(context); return;
        }
    }
    void on(Context&, const SyncValue& told) noexcept {
        syncs_ += 1;
        last_sync_ = told.value;
    }
    void on(Context&, const SetPeers&) noexcept {}
    void on(Context& context, const Get&, const em::Asked<Counter>& asked) noexcept {
        context.refuse(asked, Error{ErrorCode::unsupported});
    }
    void on(Context& context, const ec_counter::Set&, const em::Asked<Accepted>& asked) noexcept {
        context.refuse(asked, Error{ErrorCode::unsupported});
    }
    void on(Context&, const em::Answer<Get>& answer) noexcept {
        got_.reset();
        if (answer.result.is_ok()) {
            got_ = answer.result.value().value;
        }
    }
    void on(Context&, const em::Answer<ec_counter::Set>& answer) noexcept {
        if (answer.result.is_ok()) {
            was_accepted_ = answer.result.value().is_accepted;
        } else {
            refusal_ = answer.result.error();
        }
    }

private:
    void introduce(Context& context) noexcept {
        std::array<uint8_t, 8> buffer;
        wire::ListBuilder<Peer> peers{buffer};
        EXPECT_TRUE(peers.put({context.self()}).is_ok());
        context.send(server_, SetPeers{peers.list()});
    }

    Wish wish_ = Wish::nothing;
    ServerAddress server_{};
    uint64_t value_ = 0;
    std::optional<uint64_t> got_{};
    bool was_accepted_ = false;
    std::optional<Error> refusal_{};
    uint64_t syncs_ = 0;
    uint64_t last_sync_ = 0;
};

/// A client's starter.
class Starter final : public em::Actor<Starter, DirectorProtocol> {
public:
    explicit Starter(ClientAddress client) noexcept : client_{client} {}
    void on_start(em::Context<Starter>& context) noexcept { context.send(client_, Start{}); }
    void on(em::Context<Starter>&, const Begin&) noexcept {}
    void on(em::Context<Starter>&, const FirstCheck&) noexcept {}
    void on(em::Context<Starter>&, const SecondCheck&) noexcept {}

private:
    ClientAddress client_;
};

/// Drops whatever is asked, if it is told to.
class Silence final : public em::Weather {
public:
    bool is_silent = false;
    [[nodiscard]] em::Fate fate_of(const em::Letter& letter, std::string_view,
                                   Instant) noexcept override {
        return {.is_lost = is_silent && letter.kind == em::LetterKind::question};
    }
};

class Bench {
public:
    struct Options {
        bool has_keeper = false;
        uint64_t kept = 0;
        bool is_silent = false;
    };
    [[nodiscard]] bool start(const Options& options) noexcept {
        system_.add(recorder);
        system_.set_weather(&silence_);
        silence_.is_silent = options.is_silent;
        Server::Options server_options{};
        if (options.kept > 0) {
            new (&keeper) MemoryKeeper{options.kept};
        }
        if (options.has_keeper) {
            auto started = system_.start(keeper, "keeper-1");
            EXPECT_TRUE(started.is_ok());
            server_options.keeper = started.value();
        }
        auto& server = *new (&server_) SoundServer{server_options};
        auto started = system_.start(server, "server-1");
        if (!started.is_ok() || !system_.start(prober, "prober").is_ok()) {
            return false;
        }
        address_ = started.value();
        return true;
    }
    [[nodiscard]] bool start_client(const Client::Options& options) noexcept {
        auto& client = *new (&client_) Client{options};
        auto started = system_.start(client, "client-1");
        if (!started.is_ok()) {
            return false;
        }
        client_address_ = started.value();
        new (&starter_) Starter{client_address_};
        return system_.start(starter_, "main").is_ok();
    }
    [[nodiscard]] ServerAddress server() const noexcept { return address_; }
    void run_until(Instant until) noexcept {
        constexpr uint64_t ticks_max = 100'000;
        for (uint64_t i = 0; i < ticks_max && system_.next_deadline() <= until; ++i) {
            static_cast<void>(system_.tick(system_.next_deadline()));
        }
        static_cast<void>(system_.tick(until));
    }
    [[nodiscard]] bool set(uint64_t value) noexcept {
        do_now(Prober::Wish::set, value);
        return prober.was_accepted();
    }
    [[nodiscard]] uint64_t get() noexcept {
        do_now(Prober::Wish::get, 0);
        return prober.got().value_or(UINT64_MAX);
    }
    void sync(uint64_t value) noexcept { do_now(Prober::Wish::sync, value); }
    void introduce() noexcept { do_now(Prober::Wish::introduce, 0); }
    [[nodiscard]] bool is_server_stopped() const noexcept {
        return system_.is_stopped(em::System::number_of(address_));
    }
    [[nodiscard]] bool is_client_stopped() const noexcept {
        return system_.is_stopped(em::System::number_of(client_address_));
    }

    Recorder recorder{};
    MemoryKeeper keeper{};
    Prober prober{};

private:
    /// It is done at the prober's next turn, a millisecond on.
    void do_now(Prober::Wish wish, uint64_t value) noexcept {
        prober.wish(wish, address_, value);
        run_until(saturating_add(system_.now(), Duration{1}));
    }

    static constexpr em::SystemLimits limits{.actors_max = 8, .letters_max = 64};
    em::SystemOf<limits> system_{1};
    Silence silence_{};
    SoundServer server_{Server::Options{}};
    Client client_{Client::Options{}};
    Starter starter_{ClientAddress{}};
    ServerAddress address_{};
    ClientAddress client_address_{};
};

} // namespace grafos::test::ec
