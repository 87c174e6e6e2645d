// SPDX-License-Identifier: Apache-2.0
/// Each layout is described once (`describe`) and walked by three codecs: one counts at compile
/// time, one writes, one reads. So what is written and what is read cannot drift apart.
#include "core/lease/audit/event_codec.hpp"

namespace grafos::lease {
namespace {

using event_codec::Counter;
using event_codec::Reader;
using event_codec::Writer;

template <typename C>
constexpr void describe(C& codec, BootData& data, uint8_t& has_epitaph) noexcept {
    codec.field(data.previous_boot);
    codec.field(data.wall_source);
    codec.field(has_epitaph);
    codec.field(data.epitaph.kind);
    codec.field(data.epitaph.cpu);
    codec.field(data.epitaph.boot);
    codec.field(data.epitaph.cause);
    codec.field(data.epitaph.pc);
    codec.field(data.epitaph.sp);
    codec.field(data.epitaph.fault_address);
    codec.field(data.epitaph.site);
}
/// What version 2 of a boot record adds.
template <typename C>
constexpr void describe_peers(C& codec, BootData& data, uint8_t& is_sealed) noexcept {
    codec.field(is_sealed);
    codec.field(data.peers);
}
template <typename C>
constexpr void describe(C& codec, AllocatedData& data) noexcept {
    codec.field(data.kind);
    codec.field(data.extent);
    codec.field(data.amount_bytes);
    codec.field(data.ttl);
}
template <typename C>
constexpr void describe(C& codec, RenewedData& data) noexcept {
    codec.field(data.generation);
    codec.field(data.ttl);
}
template <typename C>
constexpr void describe(C& codec, EndData& data) noexcept {
    codec.field(data.generation);
    codec.field(data.extent);
    codec.field(data.grace);
    codec.field(data.revoke_state);
}
template <typename C>
constexpr void describe(C& codec, FencedData& data) noexcept {
    codec.field(data.extent);
    codec.field(data.device_value);
}
template <typename C>
constexpr void describe(C& codec, ClearedData& data) noexcept {
    codec.field(data.fence);
    codec.field(data.extent);
}
template <typename C>
constexpr void describe(C& codec, RefusedData& data) noexcept {
    codec.field(data.operation);
    codec.field(data.field);
    codec.field(data.value);
    codec.field(data.expected);
    codec.field(data.count);
}
template <typename C>
constexpr void describe(C& codec, OverrunData& data) noexcept {
    codec.field(data.took);
    codec.field(data.allowed);
}
template <typename C>
constexpr void describe(C& codec, AdoptedData& data) noexcept {
    codec.field(data.epoch_floor);
}
template <typename C>
constexpr void describe(C& codec, TrimmedData& data) noexcept {
    codec.field(data.last);
    codec.field(data.hash);
}

/// What version 2 adds to a layout.
template <typename C, typename Data>
constexpr void describe_more(C&, Data&) noexcept {}
template <typename C>
constexpr void describe_more(C& codec, OverrunData& data) noexcept {
    codec.field(data.count);
}

/// Version byte included.
template <typename Data>
constexpr size_t encoded_bytes() noexcept {
    Counter counter;
    Data data{};
    if constexpr (std::is_same_v<Data, BootData>) {
        uint8_t has_epitaph = 0;
        describe(counter, data, has_epitaph);
    } else {
        describe(counter, data);
    }
    return 1 + counter.size();
}

template <typename Data>
constexpr size_t more_bytes() noexcept {
    Counter counter;
    Data data{};
    describe_more(counter, data);
    return counter.size();
}

constexpr size_t boot_peers_bytes = 1 + Digest::size_bytes;

// The sizes are the format: a change here is a new version.
static_assert(encoded_bytes<BootData>() == 59);
static_assert(encoded_bytes<AllocatedData>() == 35);
static_assert(encoded_bytes<RenewedData>() == 13);
static_assert(encoded_bytes<EndData>() == 30);
static_assert(encoded_bytes<FencedData>() == 25);
static_assert(encoded_bytes<ClearedData>() == 25);
static_assert(encoded_bytes<RefusedData>() == 24);
static_assert(encoded_bytes<OverrunData>() == 17);
static_assert(encoded_bytes<AdoptedData>() == 9);
static_assert(encoded_bytes<TrimmedData>() == 41);
static_assert(encoded_bytes<BootData>() + boot_peers_bytes <= limits::event_data_bytes_max);
static_assert(encoded_bytes<TrimmedData>() <= limits::event_data_bytes_max);

/// Version, then exact size, which is `more` in version 2: a newer layout may well be longer, and
/// its version is the better answer.
[[nodiscard]] Result<> check_frame(Bytes bytes, size_t size, size_t more, uint8_t newest) noexcept {
    if (bytes.empty()) {
        return Error{ErrorCode::invalid_argument, Field::event_data, 0, size};
    }
    if (bytes[0] > newest) {
        return Error{ErrorCode::unsupported_version, Field::version, bytes[0], newest};
    }
    if (bytes[0] == 0) {
        return Error{ErrorCode::invalid_argument, Field::version, 0, newest};
    }
    size += bytes[0] == event_data_version_newest ? more : 0;
    if (bytes.size() != size) {
        return Error{ErrorCode::invalid_argument, Field::event_data, bytes.size(), size};
    }
    return ok();
}

template <typename Enum>
[[nodiscard]] Result<> check_number(Enum value, Enum first, Enum last, Field field) noexcept {
    if (value < first || value > last) {
        return Error{ErrorCode::invalid_argument, field, static_cast<uint64_t>(value),
                     static_cast<uint64_t>(last)};
    }
    return ok();
}

// Every enum of a decoded struct is inside its closed set, so that others may switch on it.
[[nodiscard]] Result<> check(const AllocatedData& data) noexcept {
    return check_number(data.kind, ResourceKind::cpu, ResourceKind::gpu, Field::kind);
}
[[nodiscard]] Result<> check(const RefusedData& data) noexcept {
    GRAFOS_TRY(check_number(data.operation, Operation::grant, operation_last, Field::operation));
    return check_number(data.field, Field::none, field_last, Field::name);
}
template <typename Data>
[[nodiscard]] Result<> check(const Data&) noexcept {
    return ok();
}

} // namespace

bool operator==(const BootData& a, const BootData& b) noexcept {
    return a.previous_boot == b.previous_boot && a.wall_source == b.wall_source &&
           a.has_epitaph == b.has_epitaph && a.epitaph.kind == b.epitaph.kind &&
           a.epitaph.cpu == b.epitaph.cpu && a.epitaph.boot == b.epitaph.boot &&
           a.epitaph.cause == b.epitaph.cause && a.epitaph.pc == b.epitaph.pc &&
           a.epitaph.sp == b.epitaph.sp && a.epitaph.fault_address == b.epitaph.fault_address &&
           a.epitaph.site == b.epitaph.site && a.has_peers == b.has_peers &&
           a.is_sealed == b.is_sealed && a.peers == b.peers;
}

namespace {

/// The oldest version that can say it, so that whoever knows only that one can still read it.
template <typename Data>
[[nodiscard]] uint8_t version_of(const Data& data) noexcept {
    if constexpr (std::is_same_v<Data, RefusedData>) {
        return is_grantor_operation(data.operation) ? event_data_version
                                                    : event_data_version_newest;
    }
    if constexpr (std::is_same_v<Data, OverrunData>) {
        return data.count == 1 ? event_data_version : event_data_version_newest;
    }
    return event_data_version;
}

template <typename Data>
constexpr uint8_t newest_version =
    std::is_same_v<Data, RefusedData> || std::is_same_v<Data, OverrunData>
        ? event_data_version_newest
        : event_data_version;

} // namespace

template <typename Data>
EventData encode_data(const Data& data) noexcept {
    Data copy = data; // the codecs take references that can be written to; optimised away
    EventData encoded;
    encoded.bytes[0] = version_of(data);
    encoded.size = encoded_bytes<Data>();
    Writer writer{encoded.bytes + 1};
    describe(writer, copy);
    if (encoded.bytes[0] == event_data_version_newest) {
        encoded.size += more_bytes<Data>();
        describe_more(writer, copy);
    }
    GRAFOS_ASSERT(writer.end() == encoded.bytes + encoded.size);
    return encoded;
}

template <typename Data>
Result<Data> decode_data(Bytes bytes) noexcept {
    GRAFOS_TRY(check_frame(bytes, encoded_bytes<Data>(), more_bytes<Data>(), newest_version<Data>));
    Data data{};
    Reader reader{bytes.data() + 1};
    describe(reader, data);
    if (bytes[0] == event_data_version_newest) {
        describe_more(reader, data);
    }
    GRAFOS_ASSERT(reader.end() == bytes.data() + bytes.size());
    GRAFOS_TRY(check(data));
    if (bytes[0] != version_of(data)) { // one spelling of each value
        return Error{ErrorCode::invalid_argument, Field::version, bytes[0], version_of(data)};
    }
    return data;
}

template <>
EventData encode_data(const BootData& data) noexcept {
    BootData written = data;
    if (!data.has_epitaph) {
        written.epitaph = {};
        written.epitaph.kind = hal::EpitaphKind{0};
        written.epitaph.cpu = hal::EpitaphCpu{0};
    }
    uint8_t has_epitaph = data.has_epitaph ? 1 : 0;
    uint8_t is_sealed = data.is_sealed ? 1 : 0;
    EventData encoded;
    encoded.bytes[0] = data.has_peers ? event_data_version_newest : event_data_version;
    encoded.size = encoded_bytes<BootData>() + (data.has_peers ? boot_peers_bytes : 0);
    Writer writer{encoded.bytes + 1};
    describe(writer, written, has_epitaph);
    if (data.has_peers) {
        describe_peers(writer, written, is_sealed);
    }
    GRAFOS_ASSERT(writer.end() == encoded.bytes + encoded.size);
    return encoded;
}

template <>
Result<BootData> decode_data(Bytes bytes) noexcept {
    GRAFOS_TRY(
        check_frame(bytes, encoded_bytes<BootData>(), boot_peers_bytes, event_data_version_newest));
    BootData data{};
    uint8_t has_epitaph = 0;
    uint8_t is_sealed = 0;
    data.has_peers = bytes[0] == event_data_version_newest;
    Reader reader{bytes.data() + 1};
    describe(reader, data, has_epitaph);
    if (data.has_peers) {
        describe_peers(reader, data, is_sealed);
    }
    GRAFOS_ASSERT(reader.end() == bytes.data() + bytes.size());
    if (is_sealed > 1) {
        return Error{ErrorCode::invalid_argument, Field::event_data, is_sealed, 1};
    }
    data.is_sealed = is_sealed == 1;
    GRAFOS_TRY(
        check_number(data.wall_source, WallSource::none, WallSource::scenario, Field::time_base));
    if (has_epitaph > 1) {
        return Error{ErrorCode::invalid_argument, Field::event_data, has_epitaph, 1};
    }
    if (has_epitaph == 0) {
        constexpr size_t epitaph_at = 1 + 8 + 1 + 1; // version, previous boot, wall source, flag
        constexpr size_t epitaph_bytes = encoded_bytes<BootData>() - epitaph_at;
        if (!is_all_zero(bytes.subspan(epitaph_at, epitaph_bytes))) {
            return Error{ErrorCode::invalid_argument, Field::padding, 1, 0};
        }
        data.epitaph = {};
        return data;
    }
    data.has_epitaph = true;
    GRAFOS_TRY(check_number(data.epitaph.kind, hal::EpitaphKind::exception,
                            hal::EpitaphKind::assertion, Field::kind));
    GRAFOS_TRY(check_number(data.epitaph.cpu, hal::EpitaphCpu::x86_64, hal::EpitaphCpu::host,
                            Field::device));
    return data;
}

template EventData encode_data(const AllocatedData&) noexcept;
template Result<AllocatedData> decode_data(Bytes) noexcept;
template EventData encode_data(const RenewedData&) noexcept;
template Result<RenewedData> decode_data(Bytes) noexcept;
template EventData encode_data(const EndData&) noexcept;
template Result<EndData> decode_data(Bytes) noexcept;
template EventData encode_data(const FencedData&) noexcept;
template Result<FencedData> decode_data(Bytes) noexcept;
template EventData encode_data(const ClearedData&) noexcept;
template Result<ClearedData> decode_data(Bytes) noexcept;
template EventData encode_data(const RefusedData&) noexcept;
template Result<RefusedData> decode_data(Bytes) noexcept;
template EventData encode_data(const OverrunData&) noexcept;
template Result<OverrunData> decode_data(Bytes) noexcept;
template EventData encode_data(const AdoptedData&) noexcept;
template Result<AdoptedData> decode_data(Bytes) noexcept;
template EventData encode_data(const TrimmedData&) noexcept;
template Result<TrimmedData> decode_data(Bytes) noexcept;

namespace {

template <typename Data>
[[nodiscard]] Result<> check_as(Bytes bytes) noexcept {
    const Result<Data> decoded = decode_data<Data>(bytes);
    if (!decoded.is_ok()) {
        return decoded.error();
    }
    return ok();
}

} // namespace

Result<> check_event_data(EventKind kind, Bytes bytes) noexcept {
    switch (kind) {
    case EventKind::boot: return check_as<BootData>(bytes);
    case EventKind::lease_allocated: return check_as<AllocatedData>(bytes);
    case EventKind::lease_renewed: return check_as<RenewedData>(bytes);
    case EventKind::lease_released:
    case EventKind::lease_expired:
    case EventKind::lease_revoked:
    case EventKind::lease_preempted: return check_as<EndData>(bytes);
    case EventKind::resource_fenced: return check_as<FencedData>(bytes);
    case EventKind::fence_cleared: return check_as<ClearedData>(bytes);
    case EventKind::request_refused: return check_as<RefusedData>(bytes);
    case EventKind::edge_rewritten: return ok();
    case EventKind::turn_overrun: return check_as<OverrunData>(bytes);
    case EventKind::state_adopted: return check_as<AdoptedData>(bytes);
    case EventKind::log_trimmed: return check_as<TrimmedData>(bytes);
    }
    return Error{ErrorCode::invalid_argument, Field::kind_code, static_cast<uint64_t>(kind),
                 static_cast<uint64_t>(EventKind::log_trimmed)};
}

} // namespace grafos::lease
