// SPDX-License-Identifier: Apache-2.0
/// The first property that fell, and the lines that led there.
#pragma once

#include <cstdio>
#include <deque>
#include <optional>
#include <string>

#include "examples/emulation/host/event_file.hpp"
#include "examples/emulation/judge.hpp"

namespace grafos::emulation_host {

class BreakReport final : public em::Observer, public em::BreakListener {
public:
    /// Each break goes to `events` as well, which outlives this.
    explicit BreakReport(EventFile& events) : events_{events} {}
    BreakReport(const BreakReport&) = delete;
    BreakReport& operator=(const BreakReport&) = delete;

    [[nodiscard]] bool has_fallen() const { return fallen_.has_value(); }
    /// Nothing if all properties are kept.
    void print(std::FILE* to) const;
    /// Of the property that fell first; empty if all are kept.
    [[nodiscard]] std::string property() const { return fallen_ ? fallen_->property : ""; }

    void on_line(Instant now, const em::ActorView& actor, const em::Rule& rule,
                 std::string_view text) noexcept override;
    void on_break(const em::Break& broken) noexcept override;

private:
    struct Line {
        Instant at{};
        em::ActorNumber actor{};
        std::string text{};
    };
    struct Fallen {
        Instant at{};
        std::string property{};
        std::string text{};
        std::vector<Line> lines{};
    };

    EventFile& events_;
    std::deque<Line> lines_{}; ///< the last ones of all actors
    std::optional<Fallen> fallen_{};
};

} // namespace grafos::emulation_host
