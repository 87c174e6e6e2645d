// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/story.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tests/sim/world/sim_machine.hpp"

namespace grafos::testkit {
namespace {

using What = test::SimEvent::What;

constexpr std::array told{What::power_on,      What::power_off,  What::crash,
                          What::machine_fault, What::disk_fault, What::disk_replaced,
                          What::way_closed,    What::way_opened};

[[nodiscard]] std::string text_of_machine_fault(const test::SimEvent& event) {
    const std::string amount = std::to_string(event.number) + " ms";
    switch (static_cast<test::MachineFault>(event.code)) {
    case test::MachineFault::crash: return "crashes";
    case test::MachineFault::pause: return "stands still for " + amount;
    case test::MachineFault::long_turn: return "has a turn of " + amount;
    case test::MachineFault::clock_step:
        return "has its clock set by " + std::to_string(static_cast<int64_t>(event.number)) + " ms";
    case test::MachineFault::clock_stall: return "has a clock that stops for " + amount;
    }
    return "has a fault";
}

[[nodiscard]] const char* text_of_disk_fault(uint8_t code) {
    switch (static_cast<test::DiskFault>(code)) {
    case test::DiskFault::read_error: return "disk fails to read";
    case test::DiskFault::write_error: return "disk fails to write";
    case test::DiskFault::flush_error: return "disk fails to flush";
    case test::DiskFault::misdirected_write: return "disk writes elsewhere";
    case test::DiskFault::lost_flush: return "disk does not flush";
    case test::DiskFault::late_write: return "disk writes late";
    case test::DiskFault::dropped_sector: return "disk loses what was not flushed";
    case test::DiskFault::torn_sector: return "disk tears a sector";
    case test::DiskFault::erased: return "disk is replaced by a blank one";
    case test::DiskFault::rolled_back: return "disk is as it was earlier";
    }
    return "disk has a fault";
}

} // namespace

std::string Story::name_of(uint64_t machine) const {
    return machine < names_.size() ? names_[machine] : "somebody";
}

/// Of what the story tells; the rest is silence, and most of all events.
std::string Story::text_of(const test::SimEvent& event) const {
    const std::string who = name_of(event.machine);
    if (event.what == What::power_on) {
        return who + " boots, for the " + std::to_string(event.number) + ". time";
    }
    if (event.what == What::power_off) {
        return who + " is off";
    }
    if (event.what == What::crash) {
        return who + " crashes";
    }
    if (event.what == What::machine_fault) {
        return who + " " + text_of_machine_fault(event);
    }
    if (event.what == What::disk_fault || event.what == What::disk_replaced) {
        return who + "'s " + text_of_disk_fault(event.code);
    }
    const std::string way = "from " + who + " to " + name_of(event.number);
    if (event.what == What::way_opened) {
        return way + " all arrives again";
    }
    return way + (event.code == 1 ? " everything waits" : " everything is lost");
}

void Story::on_event(const test::SimEvent& event) noexcept {
    if (std::find(told.begin(), told.end(), event.what) != told.end()) {
        say(event.at, text_of(event));
    }
}

void Story::say(Instant at, const std::string& text) {
    std::array<char, 24> stamp;
    std::snprintf(stamp.data(), stamp.size(), "%9.3f s  ",
                  static_cast<double>(left_until(at, began_).ms) / 1000.0);
    lines_.push_back(stamp.data() + text);
    if (lines_.size() > lines_max) {
        lines_.pop_front();
        forgotten_ += 1;
    }
}

void Story::begin(Instant at) {
    lines_.clear();
    forgotten_ = 0;
    began_ = at;
}

std::string Story::tell(size_t most) const {
    const size_t first = lines_.size() > most ? lines_.size() - most : 0;
    std::string text;
    if (first + forgotten_ > 0) {
        text = "    … " + std::to_string(first + forgotten_) + " lines before\n";
    }
    for (size_t i = first; i < lines_.size(); ++i) {
        text += lines_[i] + "\n";
    }
    return text;
}

} // namespace grafos::testkit
