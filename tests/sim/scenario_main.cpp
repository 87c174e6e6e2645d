// SPDX-License-Identifier: Apache-2.0
/// The scenario as an executable of every board: prints the anchor, then the whole chain as JSON
/// lines.
#include "boards/parts/machine/machine.hpp"
#include "core/lease/audit/jsonl.hpp"
#include "tests/sim/scenario.hpp"

namespace grafos::board {
namespace {

alignas(64) constinit std::array<uint8_t, sizeof(test::Scenario::NodeType)> node_area{};
alignas(64) constinit std::array<uint8_t, sizeof(test::Scenario)> scenario_area{};

void say(Machine& machine, TextWriter& line) noexcept {
    line.put("\r\n");
    print(machine.console, line.text());
    line.clear();
}

/// Each record of the durable chain, then the signed head. Whether all of them came out.
[[nodiscard]] bool export_chain(Machine& machine, test::Scenario& scenario) noexcept {
    std::array<char, lease::jsonl_line_bytes_max + 2> buffer;
    node::Node& node = scenario.node();
    uint64_t count = 0;
    if (!node.start_export({0}).is_ok()) {
        return false;
    }
    for (;;) {
        const Result<node::ExportedRecord> record = node.next_exported();
        if (!record.is_ok() && record.error().code == ErrorCode::busy) {
            scenario.turn();
            continue;
        }
        if (!record.is_ok()) {
            if (record.error().code != ErrorCode::not_found) {
                std::array<char, 128> text_buffer;
                TextWriter text{text_buffer};
                put_error(text.put("export stopped: "), record.error());
                say(machine, text);
            }
            break;
        }
        const auto text =
            lease::encode_json_record(record.value().canonical, record.value().hash, buffer);
        if (!text.is_ok()) {
            return false;
        }
        print(machine.console, text.value());
        print(machine.console, "\r\n");
        count += 1;
    }
    const Result<lease::SignedHead> head = node.sign_head();
    if (!head.is_ok() || count != node.anchored_end().value) {
        return false;
    }
    const auto text = lease::encode_json_head(head.value(), buffer);
    print(machine.console, text.is_ok() ? text.value() : "");
    print(machine.console, "\r\n");
    return text.is_ok();
}

} // namespace

hal::ExitStatus board_main(Machine& machine) noexcept {
    std::array<char, 256> buffer;
    TextWriter line{buffer};
    if (machine.block_device == nullptr ||
        machine.block_device->geometry().sector_count < test::scenario_sectors ||
        machine.leasable.size() < test::scenario_memory_bytes) {
        line.put("scenario needs a disk of ").put(test::scenario_sectors).put(" sectors and ");
        line.put(uint64_t{test::scenario_memory_bytes}).put(" bytes of memory");
        say(machine, line);
        return hal::ExitStatus::refused;
    }
    const test::ScenarioOptions options{machine.arguments.seed, machine.arguments.operations,
                                        machine.arguments.restarts};
    auto& scenario = *new (scenario_area.data()) test::Scenario{
        options, *machine.block_device, machine.leasable.first(test::scenario_memory_bytes),
        node_area};
    const test::ScenarioOutcome outcome = scenario.run();
    line.put("scenario seed=").put(options.seed).put(" operations=").put(outcome.operations);
    line.put(" records=").put(outcome.records).put(" fences=").put(outcome.fences);
    say(machine, line);
    if (!outcome.is_good) {
        line.put("scenario failed at operation ").put(outcome.failed_at).put(": ");
        line.put(outcome.failure);
        say(machine, line);
        return hal::ExitStatus::failure;
    }
    line.put("anchor ").put(name_of(machine.kind)).put(' ');
    line.put_hex(outcome.anchor.hash.view());
    say(machine, line);
    return export_chain(machine, scenario) ? hal::ExitStatus::success : hal::ExitStatus::failure;
}

} // namespace grafos::board
