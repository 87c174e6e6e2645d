// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/figures.hpp"

#include "core/base/assert.hpp"

namespace grafos::wire {

std::string_view name_of(SessionDrop drop) noexcept {
    constexpr std::string_view names[] = {
        "kind_unexpected",     "hello_malformed",     "init_malformed",        "cookie_wrong",
        "init_repeated",       "queue_full",          "key_refused",           "principal_unknown",
        "init_payload",        "table_full",          "session_unknown",       "address_foreign",
        "kind_refused",        "counter_old",         "counter_repeated",      "tag_wrong",
        "message_malformed",   "request_below_floor", "request_beyond_window", "request_executing",
        "request_over_budget", "fragment_refused",
    };
    static_assert(sizeof(names) / sizeof(names[0]) == session_drop_count);
    GRAFOS_ASSERT(static_cast<size_t>(drop) < session_drop_count);
    return names[static_cast<size_t>(drop)];
}

std::string_view name_of(SessionEnd end) noexcept {
    switch (end) {
    case SessionEnd::replaced: return "replaced";
    case SessionEnd::displaced: return "displaced";
    case SessionEnd::idle: return "idle";
    case SessionEnd::exhausted: return "exhausted";
    case SessionEnd::closed: return "closed";
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::wire
