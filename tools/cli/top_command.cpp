// SPDX-License-Identifier: Apache-2.0
// top: all nodes at a glance, once a second on a terminal.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <set>
#include <sstream>

#include <unistd.h>

#include "tools/cli/asking.hpp"
#include "tools/cli/screen.hpp"

namespace grafos::cli {
namespace {

volatile std::sig_atomic_t is_stopped = 0;

void stop(int) {
    is_stopped = 1;
}

/// A node that is away must not hold up the table for long.
constexpr Duration glance_patience{1'000};
constexpr Duration down_patience{100};
constexpr Duration period{1'000};

/// The state of a node that does not answer.
constexpr const char* down = "down";

/// The member of a row, or nothing where the node refused to say.
Json member_of(const Answer& answer, const char* name) {
    const Json* const found = std::get_if<Json>(&answer);
    return found != nullptr ? (*found)[name] : Json();
}

Json memory_used(const Answer& inventory) {
    const Json* const rows = std::get_if<Json>(&inventory);
    if (rows == nullptr) {
        return {};
    }
    uint64_t used = 0;
    for (const Json& row : *rows) {
        if (row["kind"] == "memory" && row["capacity_bytes"].is_number()) {
            used += row["capacity_bytes"].get<uint64_t>() - row["available_bytes"].get<uint64_t>();
        }
    }
    return number_of(used);
}

Json glance(Asker& asker, size_t node, const std::string& name) {
    const Answer ready = ask_readiness(asker, node);
    if (const Error* const error = std::get_if<Error>(&ready)) {
        const bool is_down = error->code == ErrorCode::disconnected;
        return {
            {"node", name},          {"state", is_down ? down : std::string{name_of(error->code)}},
            {"leases", Json()},      {"sessions", Json()},
            {"memory_used", Json()}, {"audit_next", Json()},
            {"refused", Json()}};
    }
    const Answer refused = ask_requests_refused(asker, node);
    const Json* const count = std::get_if<Json>(&refused);
    return {{"node", name},
            {"state", member_of(ready, "state")},
            {"leases", member_of(ready, "leases")},
            {"sessions", member_of(ready, "sessions")},
            {"memory_used", memory_used(ask_inventory(asker, node))},
            {"audit_next", member_of(ask_audit_head(asker, node), "next")},
            {"refused", count != nullptr ? *count : Json()}};
}

/// Every node at its turn. One that was away the last time is not waited for: its session goes on
/// being tried between the questions.
class Glances {
public:
    Glances(const Party& party, Asker& asker) : party_{party}, asker_{asker} {}

    Json take() {
        Json rows = Json::array();
        for (const size_t node : party_.chosen) {
            const bool was_down = down_.contains(node);
            asker_.set_patience(was_down ? down_patience : glance_patience);
            rows.push_back(glance(asker_, node, party_.name_of(node)));
            if (rows.back()["state"] == down) {
                down_.insert(node);
            } else {
                down_.erase(node);
            }
        }
        return rows;
    }

private:
    const Party& party_;
    Asker& asker_;
    std::set<size_t> down_;
};

const char* colour_of(const std::string& state) {
    if (state == "ready") {
        return "\033[32m";
    }
    return state == down ? "\033[31m" : "\033[33m";
}

/// A headline, and the table with the states in colour.
std::vector<ScreenLine> frame_of(const Json& rows, bool has_colour) {
    const auto count_of = [&rows](const char* state) {
        return std::count_if(rows.begin(), rows.end(),
                             [state](const Json& row) { return row["state"] == state; });
    };
    std::array<char, 16> clock{};
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    (void)std::strftime(clock.data(), clock.size(), "%H:%M:%S", localtime_r(&now, &local));
    std::vector<ScreenLine> lines{{"grafos top  " + std::string{clock.data()} + "  " +
                                   std::to_string(rows.size()) + " nodes, " +
                                   std::to_string(count_of("ready")) + " ready, " +
                                   std::to_string(count_of(down)) + " down  (Ctrl-C ends)"},
                                  {}};
    std::istringstream table{table_of(rows)};
    size_t column = 0;
    size_t row = 0;
    for (std::string text; std::getline(table, text); ++row) {
        ScreenLine line{text};
        if (row == 0) {
            column = text.find("state");
        } else if (has_colour && column != std::string::npos) {
            const std::string state = rows[row - 1]["state"].get<std::string>();
            line = {text, colour_of(state), column, state.size()};
        }
        lines.push_back(line);
    }
    return lines;
}

void watch(Glances& glances, Asker& asker, bool has_colour) {
    Screen screen;
    asker.end_waiting_at(screen.is_disturbed());
    Instant next{};
    Json rows = Json::array();
    screen.draw({{"grafos top  asking ..."}});
    while (true) { // until Ctrl-C
        const Instant now = asker.station().now();
        if (now >= next) {
            next = saturating_add(now, period);
            const Json found = glances.take();
            const bool is_cut_short = screen.is_disturbed() != 0;
            rows = is_cut_short && !rows.empty() ? rows : found;
        }
        if (screen.is_disturbed() != 0 && !screen.handle()) {
            return;
        }
        screen.draw(frame_of(rows, has_colour));
        asker.idle_until(next, screen.is_disturbed());
    }
}

Exit top(const Context& context, bool is_once) {
    const std::optional<Party> party = gather(context, false);
    if (!party) {
        return Exit::bad_usage;
    }
    const Output out = context.output();
    Asker& asker = *party->asker;
    Glances glances{*party, asker};
    if (is_once || (!Screen::is_there() && !out.is_json())) {
        out.show(Json{{"nodes", glances.take()}}, "nodes");
        return Exit::done;
    }
    if (!out.is_json()) {
        watch(glances, asker, context.has_colour(STDOUT_FILENO));
        return Exit::done;
    }
    (void)std::signal(SIGINT, stop);
    (void)std::signal(SIGTERM, stop);
    while (is_stopped == 0) {
        const Instant next = saturating_add(asker.station().now(), period);
        out.show(Json{{"nodes", glances.take()}}, "nodes");
        (void)std::fflush(stdout);
        asker.idle_until(next, is_stopped);
    }
    return Exit::done;
}

} // namespace

void add_top(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const command = app.add_subcommand("top", "all nodes at a glance, each second");
    const auto is_once = std::make_shared<bool>(false);
    command->add_flag("--once", *is_once, "once, then end; also where stdout is no terminal");
    command->callback([&context, &chosen, is_once] {
        chosen = [&context, is_once] { return top(context, *is_once); };
    });
}

} // namespace grafos::cli
