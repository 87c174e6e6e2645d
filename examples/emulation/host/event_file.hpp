// SPDX-License-Identifier: Apache-2.0
/// What happened in a run, one JSON object a line, for pictures and other readers.
///
/// Times are milliseconds since the start, letters are named by their number, actors by theirs
/// (0: main). The README lists every kind of line.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "examples/emulation/host/json.hpp"
#include "examples/emulation/observer.hpp"

namespace grafos::emulation_host {

namespace em = grafos::emulation;

/// Something that is planned to go wrong.
struct PlannedFault {
    Instant from{};
    Instant until{}; ///< equal to `from`: it has no end of its own
    std::string text;
};

class EventFile final : public em::Observer {
public:
    EventFile() = default;
    EventFile(const EventFile&) = delete;
    EventFile& operator=(const EventFile&) = delete;
    ~EventFile() { (void)close(); }

    /// False: it cannot be written.
    [[nodiscard]] bool open(const std::string& path);
    [[nodiscard]] bool is_open() const { return file_ != nullptr; }
    /// The first line, once all actors are there; what happened while they were started follows it.
    /// `settings` is JSON; actors by number; faults in order of time.
    void begin(const std::string& program, uint64_t seed, const std::string& settings,
               const std::vector<std::string>& actors, const std::vector<PlannedFault>& faults);
    /// A property fell.
    void put_break(Instant now, uint64_t actor, std::string_view property, std::string_view text);
    /// The last line.
    void end(Instant now, bool has_converged, uint64_t value, int exit_code);
    /// False: something of it could not be written.
    [[nodiscard]] bool close();

    void on_line(Instant now, const em::ActorView& actor, const em::Rule& rule,
                 std::string_view text) noexcept override;
    void on_sent(Instant now, const em::Letter& letter, const em::MessageWord& word,
                 Instant arrives) noexcept override;
    void on_arrived(Instant now, const em::Letter& letter) noexcept override;
    void on_lost(Instant now, const em::Letter& letter, em::LossReason reason) noexcept override;
    void on_timed_out(Instant now, const em::ActorView& actor, uint64_t order) noexcept override;
    void on_shown(Instant now, const em::ActorView& actor, std::string_view name,
                  uint64_t value) noexcept override;
    void on_stopped(Instant now, const em::ActorView& actor, const Error& why) noexcept override;

private:
    [[nodiscard]] static JsonObject event(const char* what, Instant now);
    void put(Instant now, const JsonObject& event);
    void put_line(const std::string& line);

    std::FILE* file_ = nullptr;
    bool has_failed_ = false;
    bool has_begun_ = false;
    std::string waiting_{};              ///< for the first line
    std::vector<PlannedFault> faults_{}; ///< not told yet
};

} // namespace grafos::emulation_host
