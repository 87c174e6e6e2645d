// SPDX-License-Identifier: Apache-2.0
/// What happened, in lines for people: power, faults of machines and disks, ways that closed and
/// opened, and what programs said. Of a failure it tells how it came to that.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tests/sim/world/observer.hpp"

namespace grafos::testkit {

class Story final : public test::SimObserver {
public:
    static constexpr size_t lines_max = 400; ///< the oldest are forgotten

    explicit Story(std::vector<std::string> names) : names_{std::move(names)} {}
    Story(const Story&) = delete;
    Story& operator=(const Story&) = delete;

    void on_event(const test::SimEvent& event) noexcept override;
    void say(Instant at, const std::string& text);
    /// Everything so far is forgotten: what follows is told from 0 ms on.
    void begin(Instant at);
    /// The last `most` lines.
    [[nodiscard]] std::string tell(size_t most) const;

private:
    [[nodiscard]] std::string name_of(uint64_t machine) const;
    [[nodiscard]] std::string text_of(const test::SimEvent& event) const;

    std::vector<std::string> names_;
    std::deque<std::string> lines_{};
    uint64_t forgotten_ = 0;
    Instant began_{};
};

} // namespace grafos::testkit
