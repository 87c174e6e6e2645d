// SPDX-License-Identifier: Apache-2.0
// Addresses and principals as text.
#include <array>

#include "core/base/ipv4.hpp"
#include "tools/cli/config.hpp"

namespace grafos::cli {

std::optional<hal::DatagramAddress> parse_address(std::string_view text) {
    const Result<Ipv4Port> parsed = parse_ipv4_port(text, Field::address);
    if (!parsed.is_ok() || parsed.value().ipv4 == 0 || parsed.value().port == 0) {
        return std::nullopt;
    }
    return hal::DatagramAddress{parsed.value().ipv4, parsed.value().port};
}

std::string text_of(const hal::DatagramAddress& address) {
    std::array<char, sizeof "255.255.255.255:65535"> text{};
    TextWriter out{text};
    put_ipv4(out, address.ipv4);
    out.put(':').put(uint64_t{address.port});
    return std::string{out.text()};
}

std::string peer_word(const wire::Principal& principal) {
    std::array<char, 2 * 32> hex{};
    TextWriter key{hex};
    key.put_hex(principal.exchange_key.view());
    std::string out{principal.name_view()};
    out += ",key=" + std::string{key.text()};
    std::string roles;
    for (const wire::Role role : wire::every_role) {
        if (principal.roles.has(role)) {
            roles += (roles.empty() ? "" : "+") + std::string{name_of(role)};
        }
    }
    out += ",roles=" + (roles.empty() ? "none" : roles);
    out += ",tenant=" +
           (principal.has_tenant ? std::to_string(principal.tenant.value) : std::string{"any"});
    if (principal.quota_bytes > 0) {
        out += ",bytes=" + std::to_string(principal.quota_bytes);
    }
    if (principal.quota_leases > 0) {
        out += ",leases=" + std::to_string(principal.quota_leases);
    }
    if (principal.ttl_max < limits::lease_ttl_max) {
        out += ",ttl=" + std::to_string(principal.ttl_max.ms);
    }
    return out;
}

} // namespace grafos::cli
