// SPDX-License-Identifier: Apache-2.0
/// Runs of kv_store in static memory, a recorder of their lines, and a caller that plays a script
/// of requests against a server.
#pragma once

#include <new>

#include "examples/kv_store/assembly.hpp"
#include "examples/kv_store/rules.hpp"

namespace grafos::test::kv {

using namespace grafos::kv_store;
namespace em = grafos::emulation;

/// Keeps the first lines of a run whole, and counts all of them by their rule.
class Recorder final : public em::Observer {
public:
    static constexpr size_t text_bytes_max = 8'192;

    void on_line(Instant now, const em::ActorView&, const em::Rule& rule,
                 std::string_view text) noexcept override {
        last_at_ = now;
        text_.put(text).put('\n');
        for (size_t i = 0; i < rules::all.size(); ++i) {
            counts_[i] += rules::all[i] == &rule ? 1u : 0u;
        }
        hash_ = (hash_ ^ text.size()) * 0x100000001b3u;
        for (const char c : text) {
            hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
        }
    }
    [[nodiscard]] uint64_t count(const em::Rule& rule) const noexcept {
        uint64_t count = 0;
        for (size_t i = 0; i < rules::all.size(); ++i) {
            count += rules::all[i] == &rule ? counts_[i] : 0;
        }
        return count;
    }
    /// What was printed, from the start; cut at text_bytes_max.
    [[nodiscard]] std::string_view text() const noexcept { return text_.text(); }
    [[nodiscard]] bool has(std::string_view line) const noexcept {
        return text().find(line) != std::string_view::npos;
    }
    /// Of all that was printed.
    [[nodiscard]] uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] Instant last_at() const noexcept { return last_at_; }
    void forget() noexcept { text_.clear(); }

private:
    std::array<char, text_bytes_max> buffer_;
    TextWriter text_{buffer_};
    std::array<uint64_t, rules::all.size()> counts_{};
    uint64_t hash_ = 0xcbf29ce484222325u;
    Instant last_at_{};
};

inline constexpr uint64_t ticks_max = 100'000;

/// A run, played to its end on virtual time.
template <size_t clients_max>
struct Play {
    explicit Play(const Settings& settings, Break planted = Break::none) noexcept
        : run{settings, planted} {
        run.system().add(recorder);
    }
    /// False: it could not be started, or has no end.
    [[nodiscard]] bool play() noexcept {
        if (!run.start().is_ok()) {
            return false;
        }
        for (uint64_t i = 0; i < ticks_max && !run.is_over(); ++i) {
            static_cast<void>(run.system().tick(run.system().next_deadline()));
        }
        run.finish();
        return run.is_over();
    }
    KvStoreOf<clients_max> run;
    Recorder recorder{};
};

using SmallPlay = Play<image_clients_max>;
alignas(64) inline constinit std::array<uint8_t, sizeof(SmallPlay)> small_area{};

[[nodiscard]] inline SmallPlay& small_play(const Settings& settings,
                                           Break planted = Break::none) noexcept {
    return *new (small_area.data()) SmallPlay{settings, planted};
}

// --- a caller ------------------------------------------------------------------------------------

struct Go {
    static constexpr std::string_view name = "Go";
};

} // namespace grafos::test::kv

namespace grafos::wire {
template <>
inline constexpr Layout layout_of<test::kv::Go> = empty_layout;
} // namespace grafos::wire

namespace grafos::test::kv {

struct CallerProtocol : em::Protocol<Go> {};

/// Makes one request each time that it is told to, and keeps what came of it.
class Caller final : public em::Actor<Caller, CallerProtocol> {
public:
    using Context = em::Context<Caller>;

    void on(Context& context, const Go&) noexcept {
        switch (wanted_.kind) {
        case RequestKind::put:
            context.call(server, Put{bytes_of(wanted_.key.view()), bytes_of(wanted_.value.view())});
            return;
        case RequestKind::get: context.call(server, Get{bytes_of(wanted_.key.view())}); return;
        case RequestKind::remove:
            context.call(server, Delete{bytes_of(wanted_.key.view())});
            return;
        }
    }
    template <typename Message>
    void on(Context&, const em::Answer<Message>& answer) noexcept {
        has_answer = true;
        is_answered = answer.result.is_ok();
        if (is_answered) {
            outcome = answer.result.value().outcome;
            text.keep(text_of(answer.result.value().text));
        }
    }
    void want(RequestKind kind, std::string_view key, std::string_view value) noexcept {
        wanted_.kind = kind;
        wanted_.key.keep(key);
        wanted_.value.keep(value);
        has_answer = false;
    }

    ServerAddress server{};
    bool has_answer = false;
    bool is_answered = false;
    Outcome outcome = Outcome::ok;
    Kept<said_bytes_max> text{};

private:
    Request wanted_{};
};

/// Counts what goes back to other machines.
class Elsewhere final : public em::Carrier {
public:
    [[nodiscard]] Result<> carry(const em::Letter&) noexcept override { return ok(); }
    void carry_answer(uint32_t, const em::Letter& letter) noexcept override {
        refused += letter.kind == em::LetterKind::refusal ? 1u : 0u;
    }
    uint64_t refused = 0;
};

/// One server, one caller, the judge, and no net.
class Bench {
public:
    Bench() noexcept {
        system.set_carrier(&elsewhere);
        system.add(judge);
        system.add(recorder);
        const auto at = system.start(server_, "server");
        server_number = em::System::number_of(at.value());
        caller.server = at.value();
        judge.expect({.server = server_number, .first_client = em::ActorNumber{9}, .clients = 0});
        caller_number = em::System::number_of(system.start(caller, "caller").value());
    }

    /// True: it was answered, so, and with that text.
    [[nodiscard]] bool put(std::string_view key, std::string_view value, Outcome outcome,
                           std::string_view text) noexcept {
        caller.want(RequestKind::put, key, value);
        return is_answered(outcome, text);
    }
    [[nodiscard]] bool get(std::string_view key, Outcome outcome, std::string_view text) noexcept {
        caller.want(RequestKind::get, key, "");
        return is_answered(outcome, text);
    }
    [[nodiscard]] bool remove(std::string_view key, Outcome outcome,
                              std::string_view text) noexcept {
        caller.want(RequestKind::remove, key, "");
        return is_answered(outcome, text);
    }
    /// The lines since this was asked before are these.
    [[nodiscard]] bool printed(std::string_view lines) noexcept {
        const bool is_same = recorder.text() == lines;
        recorder.forget();
        return is_same;
    }
    void settle() noexcept {
        for (uint64_t i = 0; i < ticks_max && system.next_deadline() != Instant::never(); ++i) {
            static_cast<void>(system.tick(system.next_deadline()));
        }
    }

    Elsewhere elsewhere{};
    em::SystemOf<em::small_system> system{1};
    PropertiesOf<1> judge{};
    Recorder recorder{};
    StoreOf<store_keys_max> store{};
    Caller caller{};
    em::ActorNumber server_number{};
    em::ActorNumber caller_number{};

private:
    [[nodiscard]] bool is_answered(Outcome outcome, std::string_view text) noexcept {
        const auto told = system.take_in(em::index_of(caller_number), 0, {}, std::nullopt);
        settle();
        return told.is_ok() && caller.has_answer && caller.is_answered &&
               caller.outcome == outcome && caller.text.view() == text;
    }

    SoundServer server_{store};
};

alignas(64) inline constinit std::array<uint8_t, sizeof(Bench)> bench_area{};

[[nodiscard]] inline Bench& fresh_bench() noexcept {
    return *new (bench_area.data()) Bench{};
}

} // namespace grafos::test::kv
