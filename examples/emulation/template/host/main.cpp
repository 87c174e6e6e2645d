// SPDX-License-Identifier: Apache-2.0
/// The ring as a program. Step 4: options, time, lines and pictures come from emulation/host.
#include <cstdio>
#include <memory>

#include "examples/emulation/host/stage.hpp"
#include "examples/emulation/template/assembly.hpp"

int main(int count, char** words) {
    using namespace grafos;
    using namespace grafos::emulation_host;
    RunOptions options;
    std::optional<uint64_t> hops;
    std::optional<uint64_t> loss;
    CommandLine line{"ring", "A token goes round a ring of stations.",
                     "Exit: 0 it went all its way, 1 it did not, 2 bad option."};
    add_run_options(line, options);
    line.number("--hops", "how often the token is passed on", {0, 1'000}, hops);
    line.number("--loss", "letters in a thousand that the net loses", {0, 1'000}, loss);
    if (const auto exit = line.parse(count, words)) {
        return static_cast<int>(*exit);
    }
    Stage stage{"ring", options};
    if (const auto mistake = stage.open()) {
        return static_cast<int>(line.refuse(*mistake));
    }
    ring::Settings settings{.seed = options.seed.value_or(1)};
    settings.hops = hops.value_or(settings.hops);
    settings.net.loss_permille = static_cast<uint32_t>(loss.value_or(0));
    const auto ring = std::make_unique<ring::Ring>(settings);
    stage.watch(ring->system());
    if (!ring->start().is_ok()) {
        return static_cast<int>(line.refuse("more stations than there is room for"));
    }
    stage.begin(ring->system(), settings.seed, JsonObject{}.add("hops", settings.hops).text(), {});
    const bool has_verdict = stage.run(ring->system(), [&] { return ring->is_over(); });
    const uint64_t seen = ring->watcher().seen();
    return static_cast<int>(stage.end(has_verdict && ring->watcher().is_good(), seen,
                                      JsonObject{}.add("program", "ring").add("seen", seen)));
}
