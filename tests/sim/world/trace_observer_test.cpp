// SPDX-License-Identifier: Apache-2.0
// One byte of anything that goes into the trace, changed, is another trace.
#include "tests/sim/world/trace_observer.hpp"

#include <vector>

#include "tests/sim/run/run.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using What = SimEvent::What;

constexpr std::array all_whats{
    What::power_on,      What::power_off,   What::crash,         What::turn_began,
    What::turn_ended,    What::anchored,    What::machine_fault, What::disk_fault,
    What::write_started, What::write_ended, What::flush_started, What::flush_ended,
    What::disk_replaced, What::sent,        What::delivered,     What::way_closed,
    What::way_opened,    What::program,     What::trick,         What::asked,
    What::disk_reset,
};

[[nodiscard]] bool is_traced(What what) {
    switch (what) {
    case What::power_on:
    case What::power_off:
    case What::crash:
    case What::anchored:
    case What::machine_fault:
    case What::disk_fault:
    case What::write_started:
    case What::flush_started:
    case What::disk_replaced:
    case What::delivered:
    case What::way_closed:
    case What::way_opened:
    case What::program:
    case What::trick: return true;
    case What::turn_began:
    case What::turn_ended:
    case What::write_ended:
    case What::flush_ended:
    case What::sent:
    case What::asked:
    case What::disk_reset: return false;
    }
    return false;
}

/// An event with everything that it can carry, in one piece, so that any byte can be changed.
struct Sample {
    SimEvent event{};
    ProgramEvent program{};
    Datagram datagram{};
    std::array<uint8_t, 32> bytes{};

    explicit Sample(What what) {
        event.what = what;
        event.machine = 1;
        event.at = Instant{1'000};
        event.code = 1;
        event.number = 77;
        for (size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<uint8_t>(i);
        }
        datagram.size = bytes.size();
        copy_bytes(datagram.bytes, bytes);
        program.ref.bytes.fill(7);
    }

    [[nodiscard]] Digest head() {
        const bool is_datagram = event.what == What::sent || event.what == What::delivered;
        const bool is_program = event.what == What::program;
        program.bytes = bytes;
        event.datagram = is_datagram ? &datagram : nullptr;
        event.program = is_program ? &program : nullptr;
        event.bytes = is_datagram || is_program ? Bytes{} : Bytes{bytes};
        Trace trace;
        TraceObserver observer{trace};
        observer.on_event(event);
        observer.on_event(Sample{What::power_on}.event); // what comes later covers nothing up
        return trace.head();
    }
};

template <typename Change>
void expect_another(What what, const char* part, const Change& change) {
    Sample usual{what};
    Sample changed{what};
    change(changed);
    EXPECT_EQ(usual.head() == changed.head(), !is_traced(what))
        << part << " of event " << static_cast<int>(what);
}

TEST(TraceObserver, Any_byte_of_any_traced_event_is_another_trace) {
    for (const What what : all_whats) {
        expect_another(what, "machine", [](Sample& of) { of.event.machine = 2; });
        expect_another(what, "time", [](Sample& of) { of.event.at.ms += 1; });
        for (size_t i = 0; i < 32; ++i) {
            expect_another(what, "a byte", [&](Sample& of) {
                of.bytes[i] = static_cast<uint8_t>(of.bytes[i] ^ 0x80u);
                of.datagram.bytes[i] = of.bytes[i];
            });
        }
        if (what != What::program) {
            expect_another(what, "code", [](Sample& of) { of.event.code = 2; });
            expect_another(what, "number", [](Sample& of) { of.event.number += 1; });
        }
    }
}

TEST(TraceObserver, Any_part_of_an_answer_is_another_trace) {
    const auto expect_part = [](const char* part, const auto& change) {
        expect_another(What::program, part, [&](Sample& of) { change(of.program); });
    };
    expect_part("what", [](ProgramEvent& of) { of.what = ProgramEvent::What::used; });
    expect_part("operation", [](ProgramEvent& of) { of.operation = ProgramEvent::Operation::add; });
    expect_part("kind", [](ProgramEvent& of) { of.kind = lease::ResourceKind::block; });
    expect_part("program", [](ProgramEvent& of) { of.program += 1; });
    expect_part("home", [](ProgramEvent& of) { of.home += 1; });
    expect_part("ref", [](ProgramEvent& of) { of.ref.bytes[15] = 8; });
    expect_part("ttl", [](ProgramEvent& of) { of.ttl.ms += 1; });
    expect_part("tag", [](ProgramEvent& of) { of.tag += 1; });
    expect_part("number", [](ProgramEvent& of) { of.number += 1; });
    expect_part("offset", [](ProgramEvent& of) { of.offset += 1; });
    expect_part("error", [](ProgramEvent& of) { of.error.code = ErrorCode::io; });
    expect_part("its field", [](ProgramEvent& of) { of.error.field = Field::mac; });
    expect_part("its value", [](ProgramEvent& of) { of.error.value = 1; });
    expect_part("its expectation", [](ProgramEvent& of) { of.error.expected = 1; });
}

/// Keeps a trace of its own, in which one byte of the middle one of the events of a kind differs.
class Forger final : public SimObserver {
public:
    Forger(What what, uint64_t index) : what_{what}, index_{index} {}

    void on_event(const SimEvent& event) noexcept override {
        counts_[static_cast<size_t>(event.what)] += 1;
        if (event.what != what_ || counts_[static_cast<size_t>(what_)] != index_) {
            observer_.on_event(event);
            return;
        }
        SimEvent forged = event;
        Datagram datagram;
        ProgramEvent program;
        std::vector<uint8_t> bytes{event.bytes.begin(), event.bytes.end()};
        if (event.datagram != nullptr) {
            datagram = *event.datagram;
            datagram.bytes[datagram.size / 2] =
                static_cast<uint8_t>(datagram.bytes[datagram.size / 2] ^ 1u);
            forged.datagram = &datagram;
        } else if (event.program != nullptr) {
            program = *event.program;
            program.offset ^= 1u;
            forged.program = &program;
        } else if (!bytes.empty()) {
            bytes[bytes.size() / 2] = static_cast<uint8_t>(bytes[bytes.size() / 2] ^ 1u);
            forged.bytes = bytes;
        } else {
            forged.number ^= 1u;
        }
        observer_.on_event(forged);
    }
    [[nodiscard]] uint64_t count(What what) const { return counts_[static_cast<size_t>(what)]; }
    /// What is heard later (power goes off) does not count.
    void end() { head_ = trace_.head(); }
    [[nodiscard]] const Digest& head() const { return head_; }

private:
    What what_;
    uint64_t index_;
    Trace trace_{};
    TraceObserver observer_{trace_};
    Digest head_{};
    std::array<uint64_t, all_whats.size()> counts_{};
};

alignas(RunOf<>) std::array<uint8_t, sizeof(RunOf<>)> area;

constexpr RunPlan plan{.seed = 3, .profile = Profile::swarm, .length = Duration{30'000}};

Digest run_with(Forger& forger) {
    auto& run = *new (area.data()) RunOf<>{plan};
    run.world().observers().add(forger);
    const Digest trace = run.run().trace;
    forger.end();
    run.~RunOf();
    return trace;
}

TEST(TraceObserver, One_byte_of_one_event_of_a_whole_run_is_another_trace) {
    Forger first{What::power_on, 0};
    const Digest trace = run_with(first);
    EXPECT_TRUE(trace == first.head());
    size_t kinds = 0;
    for (const What what : all_whats) {
        if (first.count(what) == 0 || !is_traced(what)) {
            continue;
        }
        kinds += 1;
        Forger forger{what, (first.count(what) + 1) / 2};
        EXPECT_TRUE(run_with(forger) == trace) << "the same run";
        EXPECT_FALSE(forger.head() == trace) << "event " << static_cast<int>(what);
    }
    EXPECT_GE(kinds, 8u);
}

} // namespace
} // namespace grafos::test
