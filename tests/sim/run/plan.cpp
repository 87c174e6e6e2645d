// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/plan.hpp"

namespace grafos::test {
namespace {

constexpr std::array<std::string_view, profile_count> names{
    "calm", "net", "disk", "power", "clock", "pressure", "hostile", "swarm"};

} // namespace

std::string_view name_of(Profile profile) noexcept {
    return names[static_cast<size_t>(profile)];
}

Result<Profile> profile_of(std::string_view text) noexcept {
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) {
            return static_cast<Profile>(i);
        }
    }
    return Error{ErrorCode::not_found, Field::name, 0, profile_count};
}

void put_profile_names(TextWriter& out) noexcept {
    for (size_t i = 0; i < names.size(); ++i) {
        out.put(i == 0 ? "" : ", ").put(names[i]);
    }
}

} // namespace grafos::test
