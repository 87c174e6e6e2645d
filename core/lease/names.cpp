// SPDX-License-Identifier: Apache-2.0
/// Names of the closed sets that the doors declare.
#include "core/lease/grantor.hpp"

namespace grafos::lease {

std::string_view name_of(ResourceKind kind) noexcept {
    switch (kind) {
    case ResourceKind::cpu: return "cpu";
    case ResourceKind::memory: return "memory";
    case ResourceKind::block: return "block";
    case ResourceKind::network: return "network";
    case ResourceKind::gpu: return "gpu";
    }
    GRAFOS_UNREACHABLE();
}

std::string_view name_of(Operation operation) noexcept {
    switch (operation) {
    case Operation::grant: return "grant";
    case Operation::renew: return "renew";
    case Operation::release: return "release";
    case Operation::revoke: return "revoke";
    case Operation::report_checkpoint: return "report_checkpoint";
    case Operation::clear_fence: return "clear_fence";
    case Operation::request_token: return "request_token";
    case Operation::refresh_token: return "refresh_token";
    case Operation::attach: return "attach";
    case Operation::look: return "look";
    case Operation::set_time: return "set_time";
    case Operation::read_log: return "read_log";
    case Operation::trim_log: return "trim_log";
    case Operation::other: return "other";
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::lease
