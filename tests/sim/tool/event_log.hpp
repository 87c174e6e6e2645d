// SPDX-License-Identifier: Apache-2.0
/// Every event of a run as one line of JSON, for people and for the tools that draw and compare.
///
///     {"grafos_trace":1,"plan":{…},"machines":["east","west"]}       first line
///     {"n":17,"at":5200,"machine":"east","what":"write_started",…,"text":"east writes …"}
///     {"outcome":{…}}                                                last line: the run is whole
///
/// Whatever carries bytes carries their size and the front of their SHA-256: so two files are equal
/// exactly if what happened is.
#pragma once

#include <cstdio>
#include <string>

#include "tests/sim/tool/event_words.hpp"

namespace grafos::sim_tool {

class EventLog final : public test::SimObserver {
public:
    EventLog() = default;
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;
    ~EventLog() { (void)finish({}); }

    /// `plan` is a JSON value. Whether the file could be opened; why not is in errno.
    [[nodiscard]] bool start(const std::string& path, const std::string& plan, Names names);
    [[nodiscard]] bool is_on() const noexcept { return file_ != nullptr; }
    void on_event(const test::SimEvent& event) noexcept override;
    /// `outcome` is a JSON value, or empty if there is none. False: something could not be written.
    [[nodiscard]] bool finish(const std::string& outcome);

private:
    void put(const std::string& line) noexcept;

    std::FILE* file_ = nullptr;
    bool is_cut_ = false; ///< a line could not be written
    Names names_{};
    uint64_t count_ = 0;
};

/// As a JSON string, with its quotes.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace grafos::sim_tool
