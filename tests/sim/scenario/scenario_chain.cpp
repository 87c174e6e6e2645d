// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/scenario_chain.hpp"

namespace grafos::board {

void say(Machine& machine, TextWriter& line) noexcept {
    line.put("\r\n");
    print(machine.console, line.text());
    line.clear();
}

ChainStep export_next(Machine& machine, node::Node& node) noexcept {
    const Result<node::ExportedRecord> record = node.next_exported();
    if (!record.is_ok()) {
        if (record.error().code == ErrorCode::busy) {
            return ChainStep::wait;
        }
        if (record.error().code == ErrorCode::not_found) {
            return ChainStep::end;
        }
        std::array<char, 128> text_buffer;
        TextWriter text{text_buffer};
        put_error(text.put("export stopped: "), record.error());
        say(machine, text);
        return ChainStep::failed;
    }
    std::array<char, lease::jsonl_line_bytes_max + 2> buffer;
    const auto text =
        lease::encode_json_record(record.value().canonical, record.value().hash, buffer);
    if (!text.is_ok()) {
        return ChainStep::failed;
    }
    print(machine.console, text.value());
    print(machine.console, "\r\n");
    return ChainStep::more;
}

bool export_head(Machine& machine, const node::Node& node) noexcept {
    const Result<lease::SignedHead> head = node.sign_head();
    if (!head.is_ok()) {
        return false;
    }
    std::array<char, lease::jsonl_line_bytes_max + 2> buffer;
    const auto text = lease::encode_json_head(head.value(), buffer);
    print(machine.console, text.is_ok() ? text.value() : "");
    print(machine.console, "\r\n");
    return text.is_ok();
}

} // namespace grafos::board
