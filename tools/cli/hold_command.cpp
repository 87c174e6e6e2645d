// SPDX-License-Identifier: Apache-2.0
// hold: keeps a lease alive from here, and gives it back at the end.
//
// The holder stops first (protocol §1): a life counts from before the question that won it, less
// the margin of both clocks and both turns. When it is over by this machine's clock, nothing is
// asked any more, whatever the node would say.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <ctime>

#include <unistd.h>

#include "core/lease/node_limits.hpp"
#include "tools/cli/asking.hpp"

namespace grafos::cli {
namespace {

volatile std::sig_atomic_t is_stopped = 0;

void stop(int) {
    is_stopped = 1;
}

struct HoldOptions {
    std::string lease;
    uint64_t seconds = 0; ///< 0: until it is stopped
    bool is_kept = false;
};

/// A life goes on at three quarters of it: time for the renewal to be asked for again.
constexpr uint64_t renew_percent = 75;
constexpr Duration shown_every{1'000};
/// How long this process may be kept from its core, at most: longer, and its own clock tells it.
constexpr Duration own_turn_max{50};

/// What the clock on the wall shows when this machine's own stands at `at`; `now`: it stands now.
std::string wall_time_of(Instant at, Instant now) {
    const auto ahead = static_cast<int64_t>(at.ms) - static_cast<int64_t>(now.ms);
    const auto wall = std::chrono::system_clock::now() + std::chrono::milliseconds{ahead};
    const std::time_t seconds = std::chrono::system_clock::to_time_t(wall);
    std::array<char, 16> text{};
    std::tm local{};
    (void)std::strftime(text.data(), text.size(), "%H:%M:%S", localtime_r(&seconds, &local));
    return text.data();
}

class Holding {
public:
    Holding(const Output& out, Asker& asker, size_t node, const LeaseId& lease)
        : out_{out}, asker_{asker}, node_{node}, lease_{lease} {}

    /// What happened, once the lease has ended here before anybody gave it back.
    [[nodiscard]] const std::optional<Explanation>& stopped() const { return stopped_; }

    Answer run(Instant until, bool is_kept) {
        Answer begun = attach_now();
        if (std::holds_alternative<Error>(begun)) {
            return begun;
        }
        say("held");
        while (is_stopped == 0 && now() < until) {
            asker_.idle_until(
                earlier_of(earlier_of(until, renew_at_), saturating_add(now(), shown_every)),
                is_stopped);
            if (is_stopped == 0 && now() >= renew_at_) {
                Answer renewed = renew();
                if (const Error* const error = std::get_if<Error>(&renewed)) {
                    out_.progress("");
                    return is_over(*error) ? stop_first() : renewed;
                }
                say("renewed");
            }
            out_.progress("held, " + std::to_string(left_until(ends_at_, now()).ms / 1000) +
                          " s left, renewed " + std::to_string(renewals_) + " times");
        }
        out_.progress("");
        if (now() >= ends_at_) { // stopped by a signal that came too late
            return stop_first();
        }
        return is_kept ? summary("kept") : give_back();
    }

private:
    [[nodiscard]] Instant now() { return asker_.station().now(); }

    void live(Instant asked, Duration left) {
        const Duration turns{asker_.turn_max(node_).ms + own_turn_max.ms};
        const Duration margin = lease::holder_margin(left, turns);
        ends_at_ = saturating_add(asked, Duration{left.ms - std::min(left.ms, margin.ms)});
        renew_at_ = saturating_add(asked, Duration{left.ms / 100 * renew_percent});
    }

    /// No answer came in time, and now there is no time left.
    [[nodiscard]] bool is_over(const Error& error) {
        return error.code == ErrorCode::disconnected && now() >= ends_at_;
    }
    Answer stop_first() {
        say("stopped");
        const wire::Principal& node = asker_.nodes()[node_];
        const std::string at = text_of(node.address);
        const std::string end = "the lease ended here at " + wall_time_of(ends_at_, now()) +
                                ", by this machine's own clock";
        const std::string why = is_unanswered_
                                    ? std::string{node.name_view()} + " at " + at +
                                          " has not answered since " + wall_time_of(heard_, now()) +
                                          "; " + end
                                    : "this process did not run when it had to renew; " + end;
        stopped_ =
            Explanation{at, why,
                        "the node ends it by itself, no earlier; when it answers, `grafos lease "
                        "query` says so: then allocate again"};
        return Error{ErrorCode::lease_expired, Field::ttl, now().ms, ends_at_.ms};
    }

    Answer attach_now() {
        const Instant asked = now();
        Answer answer = attach(asker_, node_, lease_, held_);
        heard_ = now();
        live(asked, held_.left);
        return answer;
    }

    Answer renew() {
        const Instant asked = now();
        if (asked >= ends_at_) { // kept from its core for so long
            return Error{ErrorCode::disconnected, Field::ttl, asked.ms, ends_at_.ms};
        }
        asker_.set_patience(left_until(ends_at_, asked));
        Answer answer = asker_.ask<wire::LeaseRenewReply>(
            node_, wire::MessageType::lease_renew, wire::LeaseRenewRequest{held_.token, Duration{}},
            [&](const wire::LeaseRenewReply& reply) {
                held_.token.assign(reply.token.begin(), reply.token.end());
                held_.generation = reply.generation;
                live(asked, reply.left);
                return Json();
            });
        const Error* const error = std::get_if<Error>(&answer);
        is_unanswered_ = error != nullptr && error->code == ErrorCode::disconnected;
        heard_ = is_unanswered_ ? heard_ : now();
        renewals_ += error == nullptr ? 1u : 0u;
        return answer;
    }

    Answer give_back() {
        Answer freed = asker_.ask<wire::LeaseFreeReply>(
            node_, wire::MessageType::lease_free, wire::LeaseFreeRequest{lease_},
            [](const wire::LeaseFreeReply&) { return Json(); });
        return std::holds_alternative<Error>(freed) ? freed : Answer{summary("freed")};
    }

    [[nodiscard]] Json summary(const char* end) {
        return {{"event", end},
                {"ref", hex_of(held_.lease_ref.view())},
                {"renewals", renewals_},
                {"generation", held_.generation.value},
                {"left_ms", number_of(left_until(ends_at_, now()).ms)}};
    }
    /// A line for programs; people see the countdown.
    void say(const char* event) {
        if (out_.is_json()) {
            out_.show(summary(event));
            (void)std::fflush(stdout);
        }
    }

    const Output& out_;
    Asker& asker_;
    size_t node_;
    LeaseId lease_;
    Held held_;
    Instant ends_at_{};
    Instant renew_at_{};
    Instant heard_{}; ///< the last answer
    bool is_unanswered_ = false;
    std::optional<Explanation> stopped_;
    uint64_t renewals_ = 0;
};

Exit hold(const Context& context, const HoldOptions& options) {
    const std::optional<Party> party = gather(context, true);
    if (!party) {
        return Exit::bad_usage;
    }
    const Output out = context.output();
    Asker& asker = *party->asker;
    const size_t node = party->chosen.front();
    (void)std::signal(SIGINT, stop);
    (void)std::signal(SIGTERM, stop);
    Holding holding{out, asker, node, id_of<LeaseId>(options.lease)};
    const Instant until = options.seconds == 0 ? Instant::never()
                                               : saturating_add(asker.station().now(),
                                                                Duration{options.seconds * 1000});
    const Answer answer = holding.run(until, options.is_kept);
    const Error* const error = std::get_if<Error>(&answer);
    if (error == nullptr) {
        out.show(with_node(party->name_of(node), std::get<Json>(answer)));
        return Exit::done;
    }
    return holding.stopped() ? out.refuse("hold", *error, *holding.stopped())
                             : refuse(out, asker, node, "hold", *error);
}

} // namespace

void add_hold(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("hold", "keep a lease alive from here, then give it back");
    const auto options = std::make_shared<HoldOptions>();
    command->add_option("ID", options->lease, "the lease's id")
        ->required()
        ->check(hex_digits(2 * LeaseId::size_bytes));
    command->add_option("--for", options->seconds, "seconds; else until Ctrl-C")
        ->check(CLI::Range(1u, 10'000'000u));
    command->add_flag("--keep", options->is_kept, "leave it to run out at the end");
    command->callback([&context, &chosen, options] {
        chosen = [&context, options] { return hold(context, *options); };
    });
}

} // namespace grafos::cli
