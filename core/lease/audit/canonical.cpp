// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/canonical.hpp"

namespace grafos::lease {
namespace {

static_assert(record_domain.size() == record_offset::previous_hash);
static_assert(limits::record_bytes_max < UINT32_MAX);

/// In "grafos-audit-v1\n" the digit is the version.
constexpr size_t version_at = 14;
static_assert(record_domain[version_at] == '1');

template <size_t Size>
void store_bytes(uint8_t* to, const std::array<uint8_t, Size>& bytes) noexcept {
    __builtin_memcpy(to, bytes.data(), Size);
}

template <typename Name>
[[nodiscard]] Name load_bytes(const uint8_t* from) noexcept {
    Name name;
    __builtin_memcpy(name.bytes.data(), from, Name::size_bytes);
    return name;
}

[[nodiscard]] Result<> check_domain(Bytes bytes) noexcept {
    for (size_t i = 0; i < record_domain.size(); ++i) {
        const auto expected = static_cast<uint8_t>(record_domain[i]);
        if (bytes[i] == expected) {
            continue;
        }
        if (i == version_at && bytes[i] > expected && bytes[i] <= '9') {
            return Error{ErrorCode::unsupported_version, Field::version,
                         static_cast<uint64_t>(bytes[i] - '0'), 1};
        }
        return Error{ErrorCode::corrupt, Field::magic, i, record_domain.size()};
    }
    return ok();
}

/// Where the two variable parts lie; both are inside the bytes and inside their limits.
struct Shape {
    size_t identity_size;
    size_t event_data_size;
    [[nodiscard]] size_t size() const noexcept {
        return limits::record_fixed_bytes + identity_size + event_data_size;
    }
};

[[nodiscard]] Result<Shape> shape_of(Bytes bytes) noexcept {
    if (bytes.size() < limits::record_fixed_bytes) {
        return Error{ErrorCode::corrupt, Field::record_length, bytes.size(),
                     limits::record_fixed_bytes};
    }
    const auto identity_size =
        load_big_endian<uint32_t>(bytes.data() + record_offset::identity_size);
    if (identity_size > limits::identity_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::identity, identity_size,
                     limits::identity_bytes_max};
    }
    if (bytes.size() < limits::record_fixed_bytes + identity_size) {
        return Error{ErrorCode::corrupt, Field::record_length, bytes.size(),
                     limits::record_fixed_bytes + identity_size};
    }
    const uint8_t* const rest = bytes.data() + record_offset::identity + identity_size;
    const auto event_data_size = load_big_endian<uint32_t>(rest + record_offset::event_data_size);
    if (event_data_size > limits::event_data_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::event_data, event_data_size,
                     limits::event_data_bytes_max};
    }
    const Shape shape{identity_size, event_data_size};
    if (bytes.size() < shape.size()) {
        return Error{ErrorCode::corrupt, Field::record_length, bytes.size(), shape.size()};
    }
    GRAFOS_ASSERT(shape.size() <= limits::record_bytes_max);
    return shape;
}

} // namespace

Result<> check_event(const AuditEvent& event) noexcept {
    if (event.identity.size() > limits::identity_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::identity, event.identity.size(),
                     limits::identity_bytes_max};
    }
    if (event.event_data.size() > limits::event_data_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::event_data, event.event_data.size(),
                     limits::event_data_bytes_max};
    }
    // The two questions are asked for every record, so they are inline; the answers are not.
    if (!is_event_kind(static_cast<uint16_t>(event.kind))) {
        return event_kind_of(static_cast<uint16_t>(event.kind)).error();
    }
    if (!is_reason(static_cast<uint16_t>(event.reason))) {
        return reason_of_code(static_cast<uint16_t>(event.reason)).error();
    }
    return ok();
}

size_t encode_record(const AuditEvent& event, const RecordPlace& place, MutableBytes to) noexcept {
    namespace at = record_offset;
    const size_t size = record_bytes(event);
    GRAFOS_ASSERT(event.identity.size() <= limits::identity_bytes_max);
    GRAFOS_ASSERT(event.event_data.size() <= limits::event_data_bytes_max);
    GRAFOS_ASSERT(to.size() >= size);

    uint8_t* const out = to.data();
    __builtin_memcpy(out, record_domain.data(), record_domain.size());
    store_bytes(out + at::previous_hash, place.previous_hash.bytes);
    store_big_endian<uint64_t>(out + at::sequence, place.sequence.value);
    store_big_endian<uint64_t>(out + at::timestamp, event.timestamp.ms);
    store_bytes(out + at::node_id, place.node_id.bytes);
    store_big_endian<uint64_t>(out + at::boot, place.boot.value);
    store_big_endian<uint16_t>(out + at::kind, static_cast<uint16_t>(event.kind));
    store_big_endian<uint32_t>(out + at::identity_size,
                               static_cast<uint32_t>(event.identity.size()));
    copy_bytes(to.subspan(at::identity), event.identity);

    uint8_t* const rest = out + at::identity + event.identity.size();
    store_big_endian<uint32_t>(rest + at::tenant, event.tenant.value);
    store_bytes(rest + at::lease_ref, event.lease_ref.bytes);
    store_bytes(rest + at::resource_id, event.resource_id.bytes);
    store_big_endian<uint64_t>(rest + at::epoch, event.epoch.value);
    store_big_endian<uint16_t>(rest + at::reason, static_cast<uint16_t>(event.reason));
    store_big_endian<uint32_t>(rest + at::event_data_size,
                               static_cast<uint32_t>(event.event_data.size()));
    copy_bytes({rest + at::event_data, event.event_data.size()}, event.event_data);
    return size;
}

Result<size_t> measure_record(Bytes bytes) noexcept {
    const Result<Shape> shape = shape_of(bytes);
    if (!shape.is_ok()) {
        return shape.error();
    }
    return shape.value().size();
}

Result<RecordView> decode_record(Bytes bytes) noexcept {
    namespace at = record_offset;
    if (bytes.size() < record_domain.size()) {
        return Error{ErrorCode::corrupt, Field::record_length, bytes.size(),
                     limits::record_fixed_bytes};
    }
    GRAFOS_TRY(check_domain(bytes));
    GRAFOS_TRY_ASSIGN(const Shape shape, shape_of(bytes));
    if (bytes.size() != shape.size()) {
        return Error{ErrorCode::corrupt, Field::record_length, bytes.size(), shape.size()};
    }
    const uint8_t* const in = bytes.data();
    const uint8_t* const rest = in + at::identity + shape.identity_size;
    GRAFOS_TRY_ASSIGN(const EventKind kind,
                      event_kind_of(load_big_endian<uint16_t>(in + at::kind)));
    GRAFOS_TRY_ASSIGN(const Reason reason,
                      reason_of_code(load_big_endian<uint16_t>(rest + at::reason)));
    RecordView view;
    view.place.previous_hash = load_bytes<Digest>(in + at::previous_hash);
    view.place.sequence.value = load_big_endian<uint64_t>(in + at::sequence);
    view.place.node_id = load_bytes<NodeId>(in + at::node_id);
    view.place.boot.value = load_big_endian<uint64_t>(in + at::boot);
    view.event.kind = kind;
    view.event.timestamp.ms = load_big_endian<uint64_t>(in + at::timestamp);
    view.event.identity = bytes.subspan(at::identity, shape.identity_size);
    view.event.tenant.value = load_big_endian<uint32_t>(rest + at::tenant);
    view.event.lease_ref = load_bytes<LeaseRef>(rest + at::lease_ref);
    view.event.resource_id = load_bytes<ResourceId>(rest + at::resource_id);
    view.event.epoch.value = load_big_endian<uint64_t>(rest + at::epoch);
    view.event.reason = reason;
    view.event.event_data = bytes.last(shape.event_data_size);
    return view;
}

} // namespace grafos::lease
