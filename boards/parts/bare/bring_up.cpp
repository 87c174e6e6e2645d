// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/bare/bring_up.hpp"

#include "boards/parts/epitaph/last_words.hpp"
#include "boards/parts/virtio/interrupt.hpp"

namespace grafos::board {

namespace {

constexpr std::string_view arguments_file = "opt/grafos/args";

/// What the devices have in common: find, start, connect.
template <typename Device>
Device* start_device(const VirtioSlots& slots, VirtioDeviceKind kind, std::string_view name,
                     RouteSlot route, Device& device) noexcept {
    const auto slot = find_virtio(slots, kind);
    if (!slot.has_value()) {
        return nullptr;
    }
    const Result<> started = device.start(slot->base);
    if (!started.is_ok()) {
        std::array<char, 200> buffer;
        TextWriter text{buffer};
        text.put("grafos goes on without ").put(name).put(": ");
        put_error(text, started.error());
        emergency_print(text.put("\r\n").text());
        return nullptr;
    }
    if (watch_virtio(slot->base)) {
        route(slot->index);
    }
    return &device;
}

} // namespace

void refuse(std::string_view what) noexcept {
    emergency_print("grafos refuses to boot: ");
    emergency_print(what);
    emergency_print("\r\n");
    emergency_power_off(hal::ExitStatus::refused);
}

void refuse(std::string_view what, const Error& error) noexcept {
    std::array<char, 200> buffer;
    TextWriter text{buffer};
    text.put(what).put(": ");
    put_error(text, error);
    refuse(text.text());
}

void read_arguments(const FwCfgPort& port, Arguments& to) noexcept {
    std::array<uint8_t, arguments_bytes_max> bytes;
    const Result<size_t> size = read_fw_cfg_file(port, arguments_file, bytes);
    if (!size.is_ok() && size.error().code != ErrorCode::not_found) {
        refuse("arguments", size.error());
    }
    const std::string_view line = size.is_ok() ? text_of(Bytes{bytes}.first(size.value())) : "";
    const auto problem = parse_arguments(line, to);
    if (problem.has_value()) {
        std::array<char, 400> buffer;
        TextWriter text{buffer};
        put_problem(text, *problem);
        refuse(text.text());
    }
}

void set_clocks(const Arguments& arguments, CounterClock& clock,
                ArgumentWallClock& wall_clock) noexcept {
    clock.restart_at(arguments.start_time);
    if (arguments.unix_ms.has_value()) {
        wall_clock.start(*arguments.unix_ms, arguments.start_time,
                         hal::WallClockSource::boot_argument);
    }
}

MutableBytes leasable_memory(std::span<const MemoryRange> ram, MemoryRange used) noexcept {
    const MemoryRange reserved[] = {used};
    const MemoryRange span = largest_free_span(ram, reserved);
    return {reinterpret_cast<uint8_t*>(span.begin), span.size()};
}

hal::BlockDevice* start_block(const VirtioSlots& slots, RouteSlot route,
                              VirtioBlock& device) noexcept {
    return start_device(slots, VirtioDeviceKind::block, "a disk", route, device);
}

hal::Entropy* start_entropy(const VirtioSlots& slots, RouteSlot route,
                            VirtioEntropy& device) noexcept {
    return start_device(slots, VirtioDeviceKind::entropy, "entropy", route, device);
}

hal::DatagramLink* start_link(const VirtioSlots& slots, RouteSlot route, const Arguments& arguments,
                              hal::Clock& clock, VirtioNet& device, LwipLink& link) noexcept {
    if (start_device(slots, VirtioDeviceKind::network, "a network", route, device) == nullptr) {
        return nullptr;
    }
    LwipSettings settings;
    settings.own = arguments.address.value_or(settings.own);
    settings.netmask = arguments.netmask;
    settings.gateway = arguments.gateway;
    const Result<> started = link.start(device, clock, settings);
    if (!started.is_ok()) {
        refuse("arguments address, netmask and gateway", started.error());
    }
    return &link;
}

} // namespace grafos::board
