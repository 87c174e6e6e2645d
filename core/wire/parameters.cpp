// SPDX-License-Identifier: Apache-2.0
#include "core/wire/parameters.hpp"

namespace grafos::wire {
namespace {

using Parameter = Tagged<uint16_t>;

constexpr size_t affinity_fixed_bytes = 5;
constexpr uint8_t category_last = 5;
constexpr uint8_t strength_last = 3;

template <typename Class>
[[nodiscard]] Result<> read_class(const Parameter& parameter, Class last,
                                  std::optional<Class>& to) noexcept {
    if (to.has_value()) {
        return Error{ErrorCode::invalid_argument, Field::parameter, parameter.tag, 1};
    }
    if (parameter.value.size() != 1) {
        return Error{ErrorCode::invalid_argument, Field::length, parameter.value.size(), 1};
    }
    if (parameter.value[0] > static_cast<uint8_t>(last)) {
        return Error{ErrorCode::invalid_argument, Field::parameter, parameter.value[0],
                     static_cast<uint64_t>(last)};
    }
    to = static_cast<Class>(parameter.value[0]);
    return ok();
}

[[nodiscard]] Result<> check_code(uint8_t code, uint8_t last) noexcept {
    if (code == 0 || code > last) {
        return Error{ErrorCode::invalid_argument, Field::parameter, code, last};
    }
    return ok();
}

[[nodiscard]] Result<> read_affinity(const Parameter& parameter, LeaseParameters& to) noexcept {
    if (to.affinity_count == affinities_max) {
        return Error{ErrorCode::capacity_exceeded, Field::parameter, affinities_max + 1,
                     affinities_max};
    }
    const Bytes value = parameter.value;
    if (value.size() < affinity_fixed_bytes) {
        return Error{ErrorCode::invalid_argument, Field::length, value.size(),
                     affinity_fixed_bytes};
    }
    const size_t target_bytes = load_big_endian<uint16_t>(value.data() + 3);
    if (value.size() != affinity_fixed_bytes + target_bytes) {
        return Error{ErrorCode::invalid_argument, Field::length, value.size(),
                     affinity_fixed_bytes + target_bytes};
    }
    GRAFOS_TRY(check_code(value[0], category_last));
    GRAFOS_TRY(check_code(value[1], strength_last));
    to.affinities[to.affinity_count] = {value[0], value[1], value[2],
                                        value.subspan(affinity_fixed_bytes)};
    to.affinity_count = static_cast<uint8_t>(to.affinity_count + 1);
    return ok();
}

[[nodiscard]] Result<> read_one(const Parameter& parameter, LeaseParameters& to) noexcept {
    switch (parameter.tag) {
    case parameter_tag::intent: return read_class(parameter, Intent::kv_cache, to.intent);
    case parameter_tag::cpu_isolation:
        return read_class(parameter, CpuIsolation::strictly_isolated, to.cpu_isolation);
    case parameter_tag::gpu_exclusivity:
        return read_class(parameter, GpuExclusivity::partition, to.gpu_exclusivity);
    case parameter_tag::affinity: return read_affinity(parameter, to);
    }
    return ok(); // unknown: skipped
}

} // namespace

Result<LeaseParameters> read_parameters(Bytes parameters) noexcept {
    LeaseParameters read;
    ParameterReader reader{parameters};
    for (auto parameter = reader.next(); parameter.has_value(); parameter = reader.next()) {
        GRAFOS_TRY(read_one(*parameter, read));
    }
    if (!reader.is_ok()) {
        return Error{ErrorCode::corrupt, Field::parameter, reader.offset(), parameters.size()};
    }
    return read;
}

} // namespace grafos::wire
