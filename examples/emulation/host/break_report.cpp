// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/break_report.hpp"

#include <algorithm>

namespace grafos::emulation_host {
namespace {

constexpr size_t lines_kept = 2'000;
/// Of the actor in question; besides, what others did in between.
constexpr size_t lines_of_actor = 4;
constexpr size_t lines_told = 12;

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

/// From the actor's fourth line from the end on; at least the last line, at most twelve.
void BreakReport::on_break(const em::Break& broken) noexcept {
    events_.put_break(broken.at, index_of(broken.actor), broken.property, broken.text);
    if (fallen_) {
        return;
    }
    fallen_ = Fallen{broken.at, std::string{broken.property}, std::string{broken.text}, {}};
    auto first = lines_.end();
    size_t found = 0;
    while (first != lines_.begin() && found < lines_of_actor) {
        --first;
        found += first->actor == broken.actor ? 1u : 0u;
    }
    for (auto line = first; line != lines_.end(); ++line) {
        const bool is_near = std::distance(line, lines_.end()) <= std::ptrdiff_t{lines_told};
        if (is_near || line->actor == broken.actor) {
            fallen_->lines.push_back(*line);
        }
    }
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
