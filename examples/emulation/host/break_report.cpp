// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/break_report.hpp"

#include <algorithm>

namespace grafos::emulation_host {
namespace {

constexpr size_t lines_kept = 2'000;
constexpr size_t lines_told = 12;
constexpr size_t lines_of_actor = 4; ///< of the one in question

} // namespace

void BreakReport::on_line(Instant now, const em::ActorView& actor, const em::Rule&,
                          std::string_view text) noexcept {
    if (fallen_ || text.empty()) {
        return;
    }
    lines_.push_back({now, actor.number, std::string{text}});
    if (lines_.size() > lines_kept) {
        lines_.pop_front();
    }
}

/// The last twelve lines, and before them what is missing of the actor's own last four.
void BreakReport::on_break(const em::Break& broken) noexcept {
    events_.put_break(broken.at, index_of(broken.actor), broken.property, broken.text);
    if (fallen_) {
        return;
    }
    fallen_ = Fallen{broken.at, std::string{broken.property}, std::string{broken.text}, {}};
    size_t own = 0;
    for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
        const bool is_own = line->actor == broken.actor && own < lines_of_actor;
        own += is_own ? 1u : 0u;
        if (is_own || std::distance(lines_.rbegin(), line) < std::ptrdiff_t{lines_told}) {
            fallen_->lines.push_back(*line);
        }
    }
    std::ranges::reverse(fallen_->lines);
}

void BreakReport::print(std::FILE* to) const {
    if (!fallen_) {
        return;
    }
    (void)std::fprintf(to, "\nA property fell at %llu ms: %s\n  %s\nWhat led there:\n",
                       static_cast<unsigned long long>(fallen_->at.ms), fallen_->property.c_str(),
                       fallen_->text.c_str());
    for (const Line& line : fallen_->lines) {
        const size_t first = line.text.find_first_not_of('\n');
        (void)std::fprintf(to, "%8llu ms  %s\n", static_cast<unsigned long long>(line.at.ms),
                           first == std::string::npos ? "" : line.text.c_str() + first);
    }
}

} // namespace grafos::emulation_host
