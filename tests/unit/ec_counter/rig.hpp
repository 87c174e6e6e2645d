// SPDX-License-Identifier: Apache-2.0
/// One run of ec-counter in static memory, and a recorder of its lines.
#pragma once

#include <new>

#include "examples/ec_counter/properties.hpp"
#include "examples/ec_counter/rules.hpp"

namespace grafos::test::ec {

using namespace grafos::ec_counter;
namespace em = grafos::emulation;

/// Keeps the first lines of a run whole, and counts all of them by their rule.
class Recorder final : public em::Observer {
public:
    static constexpr size_t text_bytes_max = 16'384;

    void on_line(Instant now, const em::ActorView&, const em::Rule& rule,
                 std::string_view text) noexcept override {
        last_at_ = now;
        text_.put(text).put('\n');
        for (size_t i = 0; i < rules::all.size(); ++i) {
            counts_[i] += rules::all[i] == &rule ? 1u : 0u;
        }
    }
    void on_shown(Instant, const em::ActorView&, std::string_view name,
                  uint64_t value) noexcept override {
        timed_out_shown_ = name == "timed out" ? value : timed_out_shown_;
    }
    [[nodiscard]] uint64_t count(const em::Rule& rule) const noexcept {
        for (size_t i = 0; i < rules::all.size(); ++i) {
            if (rules::all[i] == &rule) {
                return counts_[i];
            }
        }
        return 0;
    }
    /// What was printed, from the start; cut at text_bytes_max.
    [[nodiscard]] std::string_view text() const noexcept { return text_.text(); }
    [[nodiscard]] bool has(std::string_view line) const noexcept {
        return text().find(line) != std::string_view::npos;
    }
    [[nodiscard]] uint64_t timed_out_shown() const noexcept { return timed_out_shown_; }
    [[nodiscard]] Instant last_at() const noexcept { return last_at_; }

private:
    std::array<char, text_bytes_max> buffer_;
    TextWriter text_{buffer_};
    std::array<uint64_t, rules::all.size()> counts_{};
    uint64_t timed_out_shown_ = 0;
    Instant last_at_{};
};

/// A run in the memory that it is given.
template <EcCounterLimits limits>
struct Play {
    explicit Play(const Settings& settings, Break planted = Break::none) noexcept
        : run{settings, planted}, properties{settings} {
        run.system().add(recorder);
        run.system().add(properties);
    }
    /// To its end, on virtual time. False: it could not be started, or has no end.
    [[nodiscard]] bool play() noexcept { return begin() && go_on(); }
    [[nodiscard]] bool begin() noexcept {
        if (!run.start().is_ok()) {
            return false;
        }
        properties.meet(cast_of(run));
        return true;
    }
    void go_until(Instant until) noexcept {
        for (uint64_t i = 0; i < ticks_max && run.system().next_deadline() <= until; ++i) {
            static_cast<void>(run.system().tick(run.system().next_deadline()));
        }
    }
    [[nodiscard]] bool go_on() noexcept {
        for (uint64_t i = 0; i < ticks_max && !run.is_over(); ++i) {
            static_cast<void>(run.system().tick(run.system().next_deadline()));
        }
        properties.end_with(run.director().value());
        properties.finish(run.system().now());
        return run.is_over();
    }
    [[nodiscard]] std::string_view fallen() const noexcept {
        return properties.is_kept() ? std::string_view{} : properties.first().property;
    }
    [[nodiscard]] std::string_view what() const noexcept {
        return properties.is_kept() ? std::string_view{} : properties.first().text;
    }
    static constexpr uint64_t ticks_max = 1'000'000;
    EcCounterOf<limits> run;
    PropertiesOf<limits> properties;
    Recorder recorder{};
};

using SmallPlay = Play<small>;
inline constinit std::array<uint8_t, sizeof(SmallPlay) + 64> small_area{};

[[nodiscard]] inline SmallPlay& small_play(const Settings& settings,
                                           Break planted = Break::none) noexcept {
    void* at = small_area.data() + (64 - reinterpret_cast<uintptr_t>(small_area.data()) % 64) % 64;
    return *new (at) SmallPlay{settings, planted};
}

} // namespace grafos::test::ec
