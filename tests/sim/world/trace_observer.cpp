// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/trace_observer.hpp"

namespace grafos::test {

void TraceObserver::on_event(const SimEvent& event) noexcept {
    trace_.set_now(event.at);
    switch (event.what) {
    case SimEvent::What::delivered: add(Trace::Kind::delivery, event); return;
    case SimEvent::What::write_started: add(Trace::Kind::device_write, event); return;
    case SimEvent::What::flush_started: add(Trace::Kind::device_flush, event); return;
    case SimEvent::What::anchored: add(Trace::Kind::record, event); return;
    case SimEvent::What::program: add_program(event); return;
    case SimEvent::What::trick: add(Trace::Kind::result, event); return;
    case SimEvent::What::crash:
    case SimEvent::What::machine_fault:
    case SimEvent::What::disk_fault:
    case SimEvent::What::disk_replaced:
    case SimEvent::What::way_closed:
    case SimEvent::What::way_opened: add(Trace::Kind::fault, event); return;
    case SimEvent::What::power_on:
    case SimEvent::What::power_off: add(Trace::Kind::mark, event); return;
    case SimEvent::What::turn_began: // what a turn does is in the trace, and that nothing is to do
    case SimEvent::What::turn_ended: // is not an event
    case SimEvent::What::write_ended:
    case SimEvent::What::flush_ended:
    case SimEvent::What::disk_reset:
    case SimEvent::What::asked:
    case SimEvent::What::sent: return;
    }
    GRAFOS_UNREACHABLE();
}

void TraceObserver::add(Trace::Kind kind, const SimEvent& event) noexcept {
    std::array<uint8_t, 2 + 8> head;
    head[0] = static_cast<uint8_t>(event.what);
    head[1] = event.code;
    store_big_endian<uint64_t>(head.data() + 2, event.number);
    trace_.add(kind, event.machine, head,
               event.datagram != nullptr ? event.datagram->view() : event.bytes);
}

void TraceObserver::add_program(const SimEvent& event) noexcept {
    const ProgramEvent& program = *event.program;
    std::array<uint8_t, 4 + 4 + 4 + 4 + 8 * 6 + 16> head;
    head[0] = static_cast<uint8_t>(program.what);
    head[1] = static_cast<uint8_t>(program.operation);
    store_big_endian<uint16_t>(head.data() + 2, static_cast<uint16_t>(program.kind));
    store_big_endian<uint32_t>(head.data() + 4, program.program);
    store_big_endian<uint32_t>(head.data() + 8, program.home);
    store_big_endian<uint16_t>(head.data() + 12, static_cast<uint16_t>(program.error.code));
    store_big_endian<uint16_t>(head.data() + 14, static_cast<uint16_t>(program.error.field));
    store_big_endian<uint64_t>(head.data() + 16, program.error.value);
    store_big_endian<uint64_t>(head.data() + 24, program.tag);
    store_big_endian<uint64_t>(head.data() + 32, program.number);
    store_big_endian<uint64_t>(head.data() + 40, program.offset);
    store_big_endian<uint64_t>(head.data() + 48, program.error.expected);
    store_big_endian<uint64_t>(head.data() + 56, program.ttl.ms);
    copy_bytes(MutableBytes{head}.subspan(64), program.ref.view());
    trace_.add(Trace::Kind::result, event.machine, head, program.bytes);
}

} // namespace grafos::test
