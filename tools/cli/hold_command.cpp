// SPDX-License-Identifier: Apache-2.0
// hold: keeps a lease alive from here, and gives it back at the end.
#include <algorithm>
#include <csignal>

#include <unistd.h>

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
/// Whether a life is over is the node's to say: it is asked also when it seems to be.
constexpr Duration patience_min{1'000};

class Holding {
public:
    Holding(const Output& out, Asker& asker, size_t node, const LeaseId& lease)
        : out_{out}, asker_{asker}, node_{node}, lease_{lease} {}

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
                if (std::holds_alternative<Error>(renewed)) {
                    return renewed;
                }
                say("renewed");
            }
            out_.progress("held, " + std::to_string(left_until(ends_at_, now()).ms / 1000) +
                          " s left, renewed " + std::to_string(renewals_) + " times");
        }
        out_.progress("");
        return is_kept ? summary("kept") : give_back();
    }

private:
    [[nodiscard]] Instant now() { return asker_.station().now(); }

    /// The life counts from before the question, so that it is never believed longer than it is.
    void live(Instant asked, Duration left) {
        ends_at_ = saturating_add(asked, left);
        renew_at_ = saturating_add(asked, Duration{left.ms / 100 * renew_percent});
    }

    Answer attach_now() {
        const Instant asked = now();
        Answer answer = attach(asker_, node_, lease_, held_);
        live(asked, held_.left);
        return answer;
    }

    Answer renew() {
        const Instant asked = now();
        asker_.set_patience(std::max(left_until(ends_at_, asked), patience_min));
        Answer answer = asker_.ask<wire::LeaseRenewReply>(
            node_, wire::MessageType::lease_renew, wire::LeaseRenewRequest{held_.token, Duration{}},
            [&](const wire::LeaseRenewReply& reply) {
                held_.token.assign(reply.token.begin(), reply.token.end());
                held_.generation = reply.generation;
                live(asked, reply.left);
                return Json();
            });
        renewals_ += std::holds_alternative<Json>(answer) ? 1u : 0u;
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
    uint64_t renewals_ = 0;
};

Exit hold(const Context& context, const HoldOptions& options) {
    const Output out = context.output();
    return act(context, "hold", [&](Asker& asker, size_t node) {
        (void)std::signal(SIGINT, stop);
        (void)std::signal(SIGTERM, stop);
        Holding holding{out, asker, node, id_of<LeaseId>(options.lease)};
        const Instant until =
            options.seconds == 0
                ? Instant::never()
                : saturating_add(asker.station().now(), Duration{options.seconds * 1000});
        return holding.run(until, options.is_kept);
    });
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
