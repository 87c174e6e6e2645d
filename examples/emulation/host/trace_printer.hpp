// SPDX-License-Identifier: Apache-2.0
/// The trace on the terminal: each line that an actor prints; on request the rule behind it, and a
/// stop after it.
#pragma once

#include <cstdio>
#include <string>

#include "examples/emulation/observer.hpp"

namespace grafos::emulation_host {

namespace em = grafos::emulation;

class TracePrinter final : public em::Observer {
public:
    struct Options {
        std::FILE* to = stdout;
        bool explains = false; ///< below each line the rule that it follows
        bool steps = false;    ///< after each line it waits for Enter; `q` ends
    };

    explicit TracePrinter(const Options& options);

    /// `q` was typed, or the terminal went away: nothing more is printed.
    [[nodiscard]] bool wants_end() const { return wants_end_; }

    void on_line(Instant now, const em::ActorView& actor, const em::Rule& rule,
                 std::string_view text) noexcept override;

private:
    void put_coloured(const em::ActorView& actor, std::string_view text);
    void wait_for_enter();

    Options options_;
    bool has_colours_;
    bool wants_end_ = false;
};

} // namespace grafos::emulation_host
