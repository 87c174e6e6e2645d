// SPDX-License-Identifier: Apache-2.0
/// kv-store, the program: the server and all clients in this process.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <variant>

#include "examples/emulation/host/break_option.hpp"
#include "examples/emulation/host/stage.hpp"
#include "examples/kv_store/assembly.hpp"

namespace grafos::kv_store_host {

namespace {

using emulation_host::CommandLine;
using emulation_host::Exit;
using emulation_host::JsonObject;
using emulation_host::Stage;
using kv_store::Break;
using kv_store::KvStore;
using kv_store::Settings;

struct Options {
    emulation_host::RunOptions run;
    std::optional<std::string> clients;
    std::string planted;
    std::vector<std::optional<uint64_t>> net = // row by row
        std::vector<std::optional<uint64_t>>(kv_store::setting_rows().size());
};

void add_options(CommandLine& line, Options& options) {
    line.word("num_clients", "how many clients; without it 3", options.clients);
    add_run_options(line, options.run);
    emulation_host::add_break_option(line, kv_store::break_words, options.planted);
    for (size_t i = 0; i < options.net.size(); ++i) {
        const kv_store::SettingRow& row = kv_store::setting_rows()[i];
        std::string name = "--" + std::string{row.name};
        std::ranges::replace(name, '_', '-');
        line.number(name, std::string{row.text}, {0, row.most}, options.net[i]);
    }
}

/// What is wrong with the number of clients.
enum class CountMistake : uint8_t { no_positive_integer, too_large };

/// An integer of whatever size, so that one that is too large is told apart from what is none.
std::variant<uint64_t, CountMistake> count_in(const std::string& text) {
    const bool has_digits =
        !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!has_digits || std::ranges::all_of(text, [](char c) { return c == '0'; })) {
        return CountMistake::no_positive_integer;
    }
    uint64_t count = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    return error == std::errc{} && count <= kv_store::host_clients_max
               ? std::variant<uint64_t, CountMistake>{count}
               : CountMistake::too_large;
}

Exit refuse(const CommandLine& line, CountMistake mistake, const std::string& given) {
    switch (mistake) {
    case CountMistake::no_positive_integer:
        (void)std::fprintf(stderr, "Usage: kv-store <num_clients>\n");
        return line.refuse("num_clients must be a positive integer");
    case CountMistake::too_large:
        return line.refuse("num_clients: got " + given + ", accepted: an integer, 1 to " +
                           std::to_string(kv_store::host_clients_max));
    }
    GRAFOS_UNREACHABLE();
}

Settings settings_of(const Options& options, uint64_t clients) {
    Settings settings{.clients = clients};
    settings.seed = options.run.seed.value_or(settings.seed);
    for (size_t i = 0; i < options.net.size(); ++i) {
        if (options.net[i]) {
            kv_store::setting_rows()[i].set(settings, *options.net[i]);
        }
    }
    return settings;
}

std::string json_of(const Settings& settings) {
    const emulation::NetworkPlan& net = settings.network;
    return JsonObject{}
        .add("num_clients", settings.clients)
        .add("latency_ms", net.latency.ms)
        .add("jitter_ms", net.jitter.ms)
        .add("loss_permille", uint64_t{net.loss_permille})
        .add("duplicate_permille", uint64_t{net.duplicate_permille})
        .text();
}

JsonObject report_of(KvStore& store) {
    const auto clients = store.judge().figures();
    const auto& letters = store.system().figures();
    JsonObject report;
    report.add("program", "kv-store")
        .add("seed", store.settings().seed)
        .add_json("settings", json_of(store.settings()))
        .add("kept", store.judge().is_kept())
        .add("requests", clients.requests)
        .add("timed_out", clients.timed_out)
        .add("unfinished", clients.unfinished)
        .add("keys", uint64_t{store.key_count()})
        .add("sent", letters.sent)
        .add("lost", letters.lost);
    return report;
}

Exit run_in(KvStore& store, Stage& stage) {
    stage.watch(store.system());
    store.judge().set_listener(&stage.breaks());
    const Result<> started = store.start();
    GRAFOS_ASSERT(started.is_ok()); // the count is within what there is room for
    stage.begin(store.system(), store.settings().seed, json_of(store.settings()), {});
    const bool has_ended = stage.run(store.system(), [&] { return store.is_over(); });
    if (store.is_over()) {
        store.finish();
    }
    if (!has_ended) {
        (void)std::fprintf(stderr, "kv-store: ended by hand: no verdict\n");
    }
    const bool is_good = has_ended && store.judge().is_kept();
    return stage.end(is_good, store.key_count(), report_of(store));
}

/// In the smaller of two sizes that fits, so that a small run starts at once.
Exit run_stored(const Settings& settings, Break planted, Stage& stage) {
    using Small = kv_store::KvStoreOf<kv_store::image_clients_max>;
    using Large = kv_store::KvStoreOf<kv_store::host_clients_max>;
    if (settings.clients <= kv_store::image_clients_max) {
        return run_in(*std::make_unique<Small>(settings, planted), stage);
    }
    return run_in(*std::make_unique<Large>(settings, planted), stage);
}

int run(int count, char** words) {
    Options options;
    CommandLine line{"kv-store",
                     "A server that keeps texts under keys, and clients that put and get them: "
                     "whoever puts a key first, wins.",
                     "Exit: 0 main was done and every property held, 1 one fell, 2 bad option or "
                     "number of clients (nothing was started)."};
    add_options(line, options);
    if (const auto exit = line.parse(count, words)) {
        return static_cast<int>(*exit);
    }
    options.run.has_planted = !options.planted.empty();
    uint64_t clients = kv_store::clients_default;
    if (options.clients) {
        const auto read = count_in(*options.clients);
        if (const auto* const mistake = std::get_if<CountMistake>(&read)) {
            return static_cast<int>(refuse(line, *mistake, *options.clients));
        }
        clients = std::get<uint64_t>(read);
    }
    Stage stage{"kv-store", options.run};
    if (const auto mistake = stage.open()) {
        return static_cast<int>(line.refuse(*mistake));
    }
    const Break planted = kv_store::break_named(options.planted).value_or(Break::none);
    return static_cast<int>(run_stored(settings_of(options, clients), planted, stage));
}

} // namespace
} // namespace grafos::kv_store_host

int main(int count, char** words) {
    return grafos::kv_store_host::run(count, words);
}
